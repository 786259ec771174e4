/** A robot's data: everything its firmware needs to know that is not wiring. SI units. */
export interface RobotConfig {
    /** Lower case, also the name of its directory. */
    readonly name: string
    /** Period of the control loop, ms (whole). */
    readonly tickPeriodMs: number
    /** The robot stops when no newer setpoint came for this long, ms. */
    readonly commandTimeoutMs: number
    /** A sensor that gave no valid sample for this long is a fault, ms. */
    readonly sensorTimeoutMs: number
    readonly i2c: {
        /** Hz */
        readonly frequency: number
    }
    /** In the order of the motor controller's outputs. */
    readonly joints: readonly JointConfig[]
    readonly imu?: ImuConfig
    /** Present when current and voltage of the motor supply are measured at every tick. */
    readonly power?: PowerConfig
    /** Present when two joints are the wheels of a differential drive. */
    readonly drive?: {
        /** Joint names. Both turn positive when the robot drives forward. */
        readonly left: string
        readonly right: string
        /** m */
        readonly wheelRadius: number
        /** Between the wheels' contact points, m. */
        readonly trackWidth: number
    }
}

export interface JointConfig {
    readonly name: string
    readonly kind: 'continuous' | 'revolute'
    /** Largest speed a setpoint may ask for, rad/s. */
    readonly velocityLimit: number
    /** Largest motor duty, 0 to 1. */
    readonly effortLimit: number
    /** Range of position setpoints, rad (revolute). */
    readonly positionMin?: number
    readonly positionMax?: number
    readonly encoder: {
        /** +1 when the reading grows as the joint turns positive, else -1. */
        readonly direction: 1 | -1
        /** Reading at joint position 0, rad. */
        readonly zeroOffset: number
        /** Turns of the encoder for a turn of the joint. */
        readonly ratio: number
        /** Bandwidth of the velocity observer, rad/s. */
        readonly observerBandwidth: number
        /** Counts for one turn of the encoder: what a reading's step is worth. For the bench. */
        readonly countsPerRevolution?: number
    }
    readonly motor: {
        /** +1 when positive duty turns the joint positive, else -1. */
        readonly direction: 1 | -1
        /** What the maker says of it, at the joint. For the bench. */
        readonly rated?: MotorRating
    }
    readonly gains: JointGains
}

/** Gains of the position and velocity loops. Output is duty (1: full supply). */
export interface JointGains {
    /** Position loop: rad/s for each rad of error. */
    readonly kpPosition: number
    /** Velocity loop: duty for each rad/s of error. */
    readonly kp: number
    /** Duty a second for each rad/s of error. */
    readonly ki: number
    /** Duty that overcomes static friction. */
    readonly ks: number
    /** Duty for each rad/s of setpoint. */
    readonly kv: number
}

/** A motor's published figures, at the joint's shaft. */
export interface MotorRating {
    /** V */
    readonly voltage: number
    /** rad/s */
    readonly freeSpeed: number
    /** A */
    readonly freeCurrent: number
    /** A */
    readonly stallCurrent: number
}

export interface PowerConfig {
    readonly part: string
    /** Ω */
    readonly shunt: number
}

export interface ImuConfig {
    readonly part: string
    /** Hz */
    readonly outputDataRate: number
    /** Full scale, m/s² per g is applied by the driver: g. */
    readonly accelerationRange: 2 | 4 | 8 | 16
    /** Full scale, degrees per second (the datasheet's unit). */
    readonly angularVelocityRange: 125 | 250 | 500 | 1000 | 2000
}
