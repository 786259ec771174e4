/**
 * A robot's self-description: what a host needs to know to talk to it, sent by the board as JSON. A host binds by name,
 * so fields may be added without breaking older hosts.
 */
export interface RobotDescription {
    /** Version of this protocol; a host refuses one it does not know. */
    protocol: number
    /** Robot's name, for example `rover`. */
    name: string
    /**
     * Hash of the robot's data (hex): changes when any configured value changes in its first six digits. The board writes no
     * more of a number into JSON, here and in every other field.
     */
    configHash: string
    /** Period of the control loop, ms. */
    tickPeriodMs: number
    /** Samples that one telemetry report holds when full. */
    samplesPerReport: number
    /** Deadline of a setpoint that names none, ms. */
    commandTimeoutMs: number
    joints: JointDescription[]
    /** What drives the motors. Absent from boards whose program is older than this field. */
    motors?: MotorDescription
    /** Present when the robot has an IMU. */
    imu?: ImuDescription
    /** Present when every sample has the motor supply's current and voltage. */
    power?: PowerDescription
    /** Present when two wheel joints drive the robot differentially. */
    drive?: DifferentialDriveDescription
}

export interface JointDescription {
    name: string
    /** `continuous` turns without end; `revolute` has `positionMin` and `positionMax`. */
    kind: 'continuous' | 'revolute'
    /** Largest speed a setpoint may ask for, rad/s. */
    velocityLimit: number
    /** Largest motor duty, 0 to 1. */
    effortLimit: number
    /** Lowest position a setpoint may ask for, rad (revolute joints). */
    positionMin?: number
    /** Highest position a setpoint may ask for, rad (revolute joints). */
    positionMax?: number
    /** Joint radians for a count of the encoder. Absent when the robot's data does not say. */
    radiansPerCount?: number
    /** Bandwidth of the observer that the estimate comes from, rad/s. */
    observerBandwidth?: number
    /** The motor's published figures at the joint: V, rad/s, A, A. */
    rated?: { voltage: number; freeSpeed: number; freeCurrent: number; stallCurrent: number }
}

export interface MotorDescription {
    /** Part, for example `Motoron`. */
    part: string
    /** Its outputs are off at most this long after the last command, ms, whatever becomes of the board; 0: never. */
    selfStopMs: number
}

export interface ImuDescription {
    /** Part number, for example `LSM6DSOX`. */
    part: string
    /** m/s² for each count of an accelerometer axis in telemetry. */
    accelerationPerCount: number
    /** rad/s for each count of a gyroscope axis in telemetry. */
    angularVelocityPerCount: number
    /** What the gyroscope reads at rest, rad/s on each axis; to be subtracted. */
    gyroBias?: number[]
}

export interface PowerDescription {
    /** Part number, for example `INA226`. */
    part: string
    /** A for each count of the current in telemetry. */
    amperePerCount: number
    /** V for each count of the voltage in telemetry. */
    voltPerCount: number
}

export interface DifferentialDriveDescription {
    /** Name of the left wheel's joint. Both wheels turn positive when the robot drives forward. */
    left: string
    /** Name of the right wheel's joint. */
    right: string
    /** m */
    wheelRadius: number
    /** Distance between the wheels' contact points, m. */
    trackWidth: number
}

/** The {@link RobotDescription.protocol} that this code speaks. */
export const PROTOCOL_VERSION = 1
