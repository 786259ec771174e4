/** State of the robot's state machine, as it travels in telemetry (u8). */
export enum RobotMode {
    /** Sensors or motor drivers could not be started. */
    Unconfigured = 0,
    /** Motors off until every sensor has proved itself and every joint has stood still for a while. */
    Calibrating = 1,
    /** Motors off, ready to be armed. */
    Idle = 2,
    /** Setpoints move the motors. */
    Armed = 3,
    /** Motors off because of a fault; latched until disarmed with its cause gone. */
    Fault = 4,
    /**
     * No setpoint came before its deadline; latched until re-armed. Motors off, or ramped down and held; a robot that balances
     * stands still.
     */
    Timeout = 5,
    /** Motors off by an emergency stop; latched until disarmed. */
    Estop = 6,
}

/** Names of {@link RobotMode}, by value. */
export const MODE_NAMES = ['unconfigured', 'calibrating', 'idle', 'armed', 'fault', 'timeout', 'estop']

/** Faults, one bit each: u16 in telemetry, and the low half of the answer to `arm`. docs/safety.md says what raises each. */
export enum Fault {
    /** A driver did not start (not found, wrong part, not ready), or the motor driver cannot stop a joint as its data says. */
    Startup = 1,
    /** An encoder delivered no valid sample for longer than the sensor timeout. */
    Encoder = 2,
    /** The IMU delivered no valid sample for longer than the sensor timeout. */
    Imu = 4,
    /** The motor controller did not acknowledge, or reports an error (over-current, too hot, …). */
    Motor = 8,
    /** Emergency stop is latched. */
    Estop = 16,
    /** The motor supply is missing or too low. */
    Supply = 32,
    /** A joint is outside its range. */
    Position = 64,
    Velocity = 128,
    Acceleration = 256,
    /** A joint is driven hard for too long. */
    Effort = 512,
    /** A joint does not have the velocity that it is to have. */
    Following = 1024,
    /** A joint is driven and does not turn. */
    Stall = 2048,
    /** A joint is driven and its encoder's reading does not change by a bit. */
    Frozen = 4096,
    /** The motors take too much. */
    Current = 8192,
    /** The robot leans too far; one that balances is not caught by full effort, or is not held upright and still for arming. */
    Tilt = 16384,
    /** The control loop does not keep its time. */
    Late = 32768,
}

/** Names of the {@link Fault} bits, lowest bit first. */
export const FAULT_NAMES = [
    'startup',
    'encoder',
    'imu',
    'motor',
    'estop',
    'supply',
    'position',
    'velocity',
    'acceleration',
    'effort',
    'following',
    'stall',
    'frozen',
    'current',
    'tilt',
    'late',
]

/** What else blocks arming: bits of the answer to `arm` above the faults'. */
export enum Block {
    Calibrating = 0x10000,
    /** The emergency stop's input is active. */
    EstopInput = 0x20000,
}

/** Names of all bits in the answer to `arm`. */
export const BLOCK_NAMES = [...FAULT_NAMES, 'calibrating', 'estop-input']

/** In the second half of the answer to `arm`, above the monitors' warnings: what the robot armed in spite of. */
export enum ArmWarning {
    /** The motor driver goes on driving when the program, the board or the bus dies. */
    NoSelfStop = 0x10000,
}

/** Names of all warning bits. */
export const WARNING_NAMES = [...FAULT_NAMES, 'motors-do-not-stop-by-themselves']

/** How a joint's setpoint is understood (u8 in a setpoint). */
export enum JointMode {
    /** Not controlled: the driver brakes it or lets it coast, as the joint's stop action says. */
    Off = 0,
    /** Effort: motor duty, -1 to 1. */
    Effort = 1,
    /** Velocity, rad/s. */
    Velocity = 2,
    /** Position, rad. */
    Position = 3,
}
