import type { Mounting } from '../hal/mounting'

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
    /** Least motor supply, V, for a motor controller that measures it: below it for longer than the delay is a fault. */
    readonly supplyMonitor?: Monitor
    /** What is watched of the robot as a whole: a monitor that is not given does not watch. */
    readonly monitors?: RobotMonitors
    /** An input that stops the robot: its level while it does. */
    readonly estopInput?: EstopInput
    readonly i2c: {
        /** Hz */
        readonly frequency: number
    }
    /** Present when some of its sensors are on SPI. */
    readonly spi?: {
        /** SCK, Hz */
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

/**
 * A contact between a pin of the board and ground; the pin has a pull-up. One that opens when it is pressed stops the robot
 * also when its wire breaks or nothing is connected: `stopsAt` 1.
 */
export interface EstopInput {
    /** The board's name of the pin (`boards/`). */
    readonly pin: string
    readonly stopsAt: 0 | 1
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
    /** What it does when no newer setpoint came in time: it brakes, unless said otherwise. */
    readonly stop?: JointStop
    /** What is watched while it runs: a monitor that is not given does not watch. */
    readonly monitors?: JointMonitors
}

/**
 * `brake`: its motor is shorted. `coast`: it runs out; a motor controller may be able to do so with all motors only. `hold`: it
 * slows down and is then held where it stands; `park`: it slows down and goes to a place and is held there. Both with its motor
 * driven, in mode `timeout`. A fault, an emergency stop and a disarm brake at once, or let run out what coasts.
 */
export interface JointStop {
    readonly action: 'brake' | 'coast' | 'hold' | 'park'
    /** With which it slows down, rad/s² (`hold`, `park`). */
    readonly deceleration?: number
    /** Where it is parked, rad, and its fastest on the way there, rad/s (`park`). */
    readonly position?: number
    readonly speed?: number
}

/** A limit, and how long it must be passed until the robot stops and latches a fault. */
export interface Monitor {
    readonly limit: number
    /** Whether it stops the robot, which is the default, only says so, or waits for its parameter to say that it shall watch. */
    readonly action?: MonitorAction
    /** ms; a joint is looked at whenever as many reports as the robot has joints have gone out (docs/safety.md). */
    readonly delayMs: number
    /** How far its parameters may loosen it: what is not given, not at all. */
    readonly loosest?: {
        readonly limit?: number
        readonly delayMs?: number
        readonly action?: MonitorAction
    }
}

export type MonitorAction = 'stop' | 'warn' | 'off'

/** Looked at with each upkeep (`tick-loop.ts`): each 12 ticks, and sooner while ticks are skipped. */
export interface RobotMonitors {
    /** How far it leans by the IMU's accelerometer, rad: of a robot that does not balance. */
    readonly tilt?: Monitor
    /** Of all motors together, A: of a robot with a power sensor. */
    readonly current?: Monitor
    /** Ticks that were late since the look before. */
    readonly late?: Monitor
}

export interface JointMonitors {
    /** rad/s */
    readonly velocity?: Monitor
    /** How far beyond the range of setpoints, rad (revolute). */
    readonly position?: Monitor
    /** Of a velocity setpoint: its difference from the measured velocity, rad/s. */
    readonly following?: Monitor
    /** Duty with which the joint must turn. */
    readonly stall?: Monitor & {
        /** Slower than this is not turning, rad/s. */
        readonly speed: number
    }
    /** Duty with which the encoder's reading must change, by as little as a bit. */
    readonly frozen?: Monitor
    /** Change of the velocity from look to look, rad/s². */
    readonly acceleration?: Monitor
    /** How far off the prediction a reading may be, rad: farther, it is dropped and counted, and a fault when that goes on. */
    readonly jump?: Monitor
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
    /** Where its axes point when they are not the robot's: `main.ts` then puts a `MountedImu` around the driver. */
    readonly mounting?: Mounting
    /** What it reads at rest along its own axes, rad/s and m/s², when that is known: likewise. */
    readonly angularVelocityBias?: readonly number[]
    readonly accelerationBias?: readonly number[]
}
