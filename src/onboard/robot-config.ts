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
    /** After start-up, arming is blocked until every sensor was good and every joint at rest for so long, ms; 0 by default. */
    readonly calibrationMs?: number
    /** A pin that stops the robot. */
    readonly estopInput?: EstopInputConfig
    /** What is watched of the robot as a whole. */
    readonly monitors?: RobotMonitors
    readonly i2c: {
        /** Hz */
        readonly frequency: number
    }
    /** In the order of the motor controller's outputs. */
    readonly joints: readonly JointConfig[]
    readonly imu?: ImuConfig
    /** Present when current and voltage of the motor supply are measured at every tick. */
    readonly power?: PowerConfig
    /** Present when the robot stands on the two wheels of its drive and must balance; it needs the IMU. */
    readonly balance?: BalanceConfig
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

/** How a robot on two wheels keeps upright. Pitch is positive when it leans forward. */
export interface BalanceConfig {
    /** It is armed only while it leans by less than this, rad, and turns slower than this, rad/s: held upright by hand. */
    readonly armTilt: number
    readonly armRate: number
    /** Leaning farther it disarms itself, rad. */
    readonly tiltLimit: number
    /** Of the setpoints' mean, rad/s² of the wheels: a jump of the command is followed at this. */
    readonly acceleration: number
    /** How far the wheels may be from where the command would have them, before that is forgotten, rad. */
    readonly travelLimit: number
    /** Largest duty for turning. */
    readonly turnLimit: number
    readonly gains: BalanceGains
}

export interface BalanceGains {
    /** Duty for each rad of pitch, and for each rad/s of it. */
    readonly kPitch: number
    readonly kRate: number
    /** Duty for each rad/s that the wheels are faster than asked, over the ground, and for each rad that they are ahead. */
    readonly kSpeed: number
    readonly kTravel: number
    /** Turning: duty for each rad/s of half the wheels' difference, and a second. */
    readonly kpTurn: number
    readonly kiTurn: number
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
    /** How it is stopped when the setpoint's deadline passes; `brake` by default. */
    readonly stop?: StopConfig
    /** What is watched. A monitor that is not given does not watch: `tendon build` says so when there are none at all. */
    readonly monitors?: JointMonitors
}

/**
 * `brake` shorts the motor, `coast` lets it run out, `hold` ramps its velocity down and holds the position that it has then,
 * with the motors still driven. A fault or an emergency stop does not ramp: there, `hold` brakes. What a motor driver cannot
 * do is refused (`MotorController.coasting`).
 */
export interface StopConfig {
    readonly action: 'brake' | 'coast' | 'hold'
    /** Of the ramp, rad/s² (`hold`). */
    readonly deceleration?: number
}

export interface EstopInputConfig {
    /** Number of the GPIO. `main.ts` names the same when it configures the pin. */
    readonly gpio: number
    /** Level that stops. The pin has a pull-up, so with 1 a contact that opens stops, and so does a broken wire. */
    readonly stopsAt: 0 | 1
}

/**
 * A threshold, how long it must be exceeded, and what happens then. Joints are looked at in turn, so both are found out at the
 * end of a turn: docs/safety.md has the worst case.
 */
export interface Monitor {
    readonly limit: number
    /** Beyond this it acts at the first look, without the delay. */
    readonly hard?: number
    /** ms */
    readonly delayMs: number
    /** `stop` is a fault: the motors go off and stay so. `warn` is told in telemetry. */
    readonly action: 'warn' | 'stop'
}

export interface JointMonitors {
    /** How far beyond the range of setpoints the joint is, rad. */
    readonly position?: Monitor
    /** rad/s */
    readonly velocity?: Monitor
    /** Mean of a turn of looks, rad/s². */
    readonly acceleration?: Monitor
    /** Duty. */
    readonly effort?: Monitor
    /** Difference between the velocity that the loop wants and the measured one, rad/s. */
    readonly following?: Monitor
    /** Duty with which a joint must turn. */
    readonly stall?: Monitor & {
        /** Slower than this is not turning, rad/s. */
        readonly speed: number
    }
    /** Duty with which the encoder's reading must change, by as little as a bit. */
    readonly frozen?: Monitor
    /**
     * A reading further than this from where the joint is expected, rad, is impossible: dropped, and after the sensor timeout a
     * fault. The joint's greatest acceleration times the period squared, and some.
     */
    readonly jump?: number
}

/** Looked at in housekeeping. */
export interface RobotMonitors {
    /** Least motor supply, V. Needs a motor controller that measures it. */
    readonly supply?: Monitor
    /** Current of all motors, A. Needs a power sensor. */
    readonly current?: Monitor
    /** Between the vertical and z, rad, below π/2. Needs an IMU. */
    readonly tilt?: Monitor
    /** Ticks from one housekeeping to the next that started late. */
    readonly late?: Monitor
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
