/** State of the robot's state machine, as it travels in telemetry (u8). */
export enum RobotMode {
    /** Sensors or motor drivers could not be started. */
    Unconfigured = 0,
    /** Start-up measurements are running. */
    Calibrating = 1,
    /** Motors off, ready to be armed. */
    Idle = 2,
    /** Setpoints move the motors. */
    Armed = 3,
    /** Motors off because of a fault; latched until disarmed with its cause gone. */
    Fault = 4,
    /**
     * No setpoint came before its deadline; latched until re-armed. Motors off, but for a robot that balances, which stands still,
     * and for joints that its data says are held or parked (`JointStop`).
     */
    Timeout = 5,
    /** Motors off by an emergency stop; latched until disarmed. */
    Estop = 6,
}

/** Names of {@link RobotMode}, by value. */
export const MODE_NAMES = ['unconfigured', 'calibrating', 'idle', 'armed', 'fault', 'timeout', 'estop']

/** Faults, one bit each: u16 in telemetry, and the low half of the answer to `arm`. docs/safety.md says what raises each. */
export enum Fault {
    /** A driver did not start (not found, wrong part, not ready). */
    Startup = 1,
    /** An encoder delivered no valid sample for longer than the sensor timeout. */
    Encoder = 2,
    /** The IMU delivered no valid sample for longer than the sensor timeout. */
    Imu = 4,
    /** The motor controller did not acknowledge, or reports an error. */
    Motor = 8,
    /** Emergency stop is latched. */
    Estop = 16,
    /** The motor supply is missing or too low. */
    Supply = 32,
    /** A robot that balances leans too far or is not caught by full effort, or is not held upright and still for arming. */
    Tilt = 64,
    /** A joint is outside its range. */
    Position = 128,
    /** A joint is too fast. */
    Velocity = 256,
    /** A joint does not have the velocity that it is to have. */
    Following = 512,
    /** A joint is driven and does not turn. */
    Stall = 1024,
    /** A joint is driven and its encoder's reading does not change by a bit. */
    Frozen = 2048,
    /** A joint's speed changes faster than it can. */
    Acceleration = 4096,
    /** The motors take too much current. */
    Current = 8192,
    /** Too many ticks are late. */
    Late = 16384,
}

/** Names of the {@link Fault} bits, lowest bit first. */
export const FAULT_NAMES = [
    'startup',
    'encoder',
    'imu',
    'motor',
    'estop',
    'supply',
    'tilt',
    'position',
    'velocity',
    'following',
    'stall',
    'frozen',
    'acceleration',
    'current',
    'late',
]

/** What else blocks arming: bits of the answer to `arm` above the faults'. */
export enum Block {
    /** Start-up measurements are running. */
    Calibrating = 0x10000,
}

/** The name of each bit in the answer to `arm` that is set, lowest bit first. */
export function blockNames(blocked: number): string[] {
    const names = FAULT_NAMES.filter((_, bit) => blocked & (1 << bit))
    if ((blocked & Block.Calibrating) !== 0) names.push('calibrating')
    return names
}

/** How a joint's setpoint is understood (u8 in a setpoint). */
export enum JointMode {
    /** Actuator off (coast). */
    Off = 0,
    /** Effort: motor duty, -1 to 1. */
    Effort = 1,
    /** Velocity, rad/s. */
    Velocity = 2,
    /** Position, rad. */
    Position = 3,
}
