/** Numbers of the `robot` Jacdac service, as in `services/robot.md` (a test compares the two). */

/** Service class of the robot service. */
export const ROBOT_SERVICE_CLASS = 0x1bb5f0a3

/** Most bytes that one packet carries (Jacdac, JD_SERIAL_PAYLOAD_SIZE). */
export const MAX_PAYLOAD = 236

/** Command codes of the robot service. Reports that answer carry the same code. */
export enum RobotCommand {
    Setpoint = 0x80,
    Arm = 0x81,
    Disarm = 0x82,
    Stop = 0x83,
    Describe = 0x84,
    Timing = 0x85,
    Faults = 0x86,
    Probe = 0x8e,
    Trajectory = 0x8f,
    Parameters = 0x90,
    SetParameter = 0x91,
    StoreParameters = 0x92,
    ResetParameters = 0x93,
}

/** Register codes of the robot service. */
export enum RobotRegister {
    Telemetry = 0x180,
}
