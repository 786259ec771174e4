// Pololu Motoron Motor Controller User's Guide (docs 0J84): section 8 "Variable reference", section 9 "Command reference",
// section 11 "Cyclic redundancy check". Section numbers of the edition that covers the M2T256.

/** Command bytes, section 9. */
export enum Command {
    GET_FIRMWARE_VERSION = 0x87,
    SET_PROTOCOL_OPTIONS = 0x8b,
    READ_EEPROM = 0x93,
    WRITE_EEPROM = 0x95,
    REINITIALIZE = 0x96,
    RESET = 0x99,
    GET_VARIABLES = 0x9a,
    SET_VARIABLE = 0x9c,
    COAST_NOW = 0xa5,
    CLEAR_MOTOR_FAULT = 0xa6,
    CLEAR_LATCHED_STATUS_FLAGS = 0xa9,
    SET_LATCHED_STATUS_FLAGS = 0xac,
    SET_BRAKING = 0xb1,
    SET_BRAKING_NOW = 0xb2,
    SET_SPEED = 0xd1,
    SET_SPEED_NOW = 0xd2,
    SET_BUFFERED_SPEED = 0xd4,
    SET_ALL_SPEEDS = 0xe1,
    SET_ALL_SPEEDS_NOW = 0xe2,
    SET_ALL_BUFFERED_SPEEDS = 0xe4,
    SET_ALL_SPEEDS_USING_BUFFERS = 0xf0,
    SET_ALL_SPEEDS_NOW_USING_BUFFERS = 0xf3,
    RESET_COMMAND_TIMEOUT = 0xf5,
}

/** Bits of "Status flags", section 8. 0 to 9 are latched. */
export enum Status {
    PROTOCOL_ERROR = 1 << 0,
    CRC_ERROR = 1 << 1,
    COMMAND_TIMEOUT_LATCHED = 1 << 2,
    MOTOR_FAULT_LATCHED = 1 << 3,
    NO_POWER_LATCHED = 1 << 4,
    RESET = 1 << 9,
    COMMAND_TIMEOUT = 1 << 10,
    MOTOR_FAULTING = 1 << 11,
    NO_POWER = 1 << 12,
    ERROR_ACTIVE = 1 << 13,
    MOTOR_OUTPUT_ENABLED = 1 << 14,
    MOTOR_DRIVING = 1 << 15,
}

/** "Protocol options", section 8. */
export enum Option {
    CRC_FOR_COMMANDS = 1,
    CRC_FOR_RESPONSES = 2,
    GENERAL_CALL = 4,
}

/** Offsets of the general variables, section 8. */
export enum Variable {
    PROTOCOL_OPTIONS = 0,
    STATUS_FLAGS = 1,
    VIN_VOLTAGE = 3,
    COMMAND_TIMEOUT = 5,
    ERROR_RESPONSE = 7,
    ERROR_MASK = 8,
    JUMPER_STATE = 10,
}

/** Offsets of the motor variables, section 8. */
export enum MotorVariable {
    PWM_MODE = 1,
    TARGET_SPEED = 2,
    TARGET_BRAKE_AMOUNT = 4,
    CURRENT_SPEED = 6,
    BUFFERED_SPEED = 8,
    MAX_ACCEL_FORWARD = 10,
    MAX_ACCEL_REVERSE = 12,
    MAX_DECEL_FORWARD = 14,
    MAX_DECEL_REVERSE = 16,
    STARTING_SPEED_FORWARD = 18,
    STARTING_SPEED_REVERSE = 20,
    DIRECTION_CHANGE_DELAY_FORWARD = 22,
    DIRECTION_CHANGE_DELAY_REVERSE = 23,
}

export const LATCHED_FLAGS = 0x03ff
export const MAX_ERROR_MASK = 0x07ff
/** "Error mask" default: Command timeout and Reset. */
export const DEFAULT_ERROR_MASK = Status.COMMAND_TIMEOUT | Status.RESET
/** "Command timeout": default 375 (1500 ms), largest 16250, in units of 4 ms. */
export const DEFAULT_COMMAND_TIMEOUT = 375
export const MAX_COMMAND_TIMEOUT = 16250
export const COMMAND_TIMEOUT_UNIT = 0.004
/** Full speed and full braking, "Current speed" and "Target brake amount". */
export const MAX_SPEED = 800
/** What a read gives when no response is waiting, section 6 "I2C protocol". */
export const NO_RESPONSE = 0xaa

/**
 * Number of data bytes that follow a command byte, or -1 when no I2C Motoron knows it (0xF9 and 0xFA are for serial).
 *
 * @param motors number of channels: "Set all speeds" carries a speed for each
 */
export function dataLength(command: number, motors: number): number {
    switch (command) {
        case Command.GET_FIRMWARE_VERSION:
        case Command.REINITIALIZE:
        case Command.RESET:
        case Command.COAST_NOW:
        case Command.SET_ALL_SPEEDS_USING_BUFFERS:
        case Command.SET_ALL_SPEEDS_NOW_USING_BUFFERS:
        case Command.RESET_COMMAND_TIMEOUT:
            return 0
        case Command.CLEAR_MOTOR_FAULT:
            return 1
        case Command.SET_PROTOCOL_OPTIONS:
        case Command.READ_EEPROM:
        case Command.CLEAR_LATCHED_STATUS_FLAGS:
        case Command.SET_LATCHED_STATUS_FLAGS:
            return 2
        case Command.GET_VARIABLES:
        case Command.SET_BRAKING:
        case Command.SET_BRAKING_NOW:
        case Command.SET_SPEED:
        case Command.SET_SPEED_NOW:
        case Command.SET_BUFFERED_SPEED:
            return 3
        case Command.SET_VARIABLE:
            return 4
        case Command.WRITE_EEPROM:
            return 6
        case Command.SET_ALL_SPEEDS:
        case Command.SET_ALL_SPEEDS_NOW:
        case Command.SET_ALL_BUFFERED_SPEEDS:
            return 2 * motors
    }
    return -1
}

const CRC_TABLE = new Uint8Array(256).map((_, byte) => {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc ^ 0x91) >> 1 : crc >> 1
    return crc
})

/** CRC-7 of the first `length` bytes: polynomial 0x91, least significant bit first, start value 0 (section 11). */
export function crc7(bytes: Uint8Array, length: number): number {
    let crc = 0
    for (let i = 0; i < length; i++) crc = CRC_TABLE[crc ^ bytes[i]]
    return crc
}

/** Two data bytes of seven bits, low first. */
export function unsigned14(low: number, high: number): number {
    return low | (high << 7)
}

/** A speed: 14 bits, two's complement, brought to the nearest of -800 to 800 ("Set speed"). */
export function speed14(low: number, high: number): number {
    const value = low | (high << 7)
    return clampSpeed(value >= 0x2000 ? value - 0x4000 : value)
}

function clampSpeed(speed: number): number {
    return speed > MAX_SPEED ? MAX_SPEED : speed < -MAX_SPEED ? -MAX_SPEED : speed
}
