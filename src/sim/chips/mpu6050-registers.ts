// MPU-6050: InvenSense product specification PS-MPU-6000A-00 Rev 3.4 ("PS") and register map RM-MPU-6000A-00 Rev 4.2
// ("RM").

/** Addresses, RM section 3; the registers that the simulation gives a meaning. */
export enum Mpu6050Register {
    SMPLRT_DIV = 0x19,
    CONFIG = 0x1a,
    GYRO_CONFIG = 0x1b,
    ACCEL_CONFIG = 0x1c,
    INT_ENABLE = 0x38,
    INT_STATUS = 0x3a,
    ACCEL_XOUT_H = 0x3b,
    TEMP_OUT_H = 0x41,
    GYRO_XOUT_H = 0x43,
    PWR_MGMT_1 = 0x6b,
    WHO_AM_I = 0x75,
}

export const WHO_AM_I_VALUE = 0x68 // RM, register 117

/** Bits of PWR_MGMT_1 (RM, register 107). CLKSEL's choice changes nothing here. */
export enum Power1 {
    TEMP_DIS = 0x08,
    SLEEP = 0x40,
    DEVICE_RESET = 0x80,
}

/** Bit of INT_ENABLE and INT_STATUS. */
export const DATA_RDY = 0x01

/** How long DEVICE_RESET reads as 1, s. RM names no time for I²C; on SPI it asks to wait 100 ms (register 107). */
export const RESET_TIME = 0.1

/** Gyroscope's output rate by DLPF_CFG, Hz: 8 kHz with the filter off (0 or 7), else 1 kHz (RM, registers 25 and 26). */
export function outputRate(filter: number): number {
    return filter === 0 || filter === 7 ? 8000 : 1000
}

/** Bandwidths by DLPF_CFG, Hz (RM, register 26); 7 is reserved, taken as 0. */
export const RATE_BANDWIDTH = [256, 188, 98, 42, 20, 10, 5, 256]
export const ACCELERATION_BANDWIDTH = [260, 184, 94, 44, 21, 10, 5, 260]

/** By FS_SEL: 250, 500, 1000, 2000 °/s (PS, 6.1). */
export const COUNTS_PER_DEG_PER_SEC = [131, 65.5, 32.8, 16.4]
/** By AFS_SEL: 2, 4, 8, 16 g (PS, 6.2). */
export const COUNTS_PER_G = [16384, 8192, 4096, 2048]

/** °/s/√Hz (PS, 6.1: 0.05 °/s RMS at DLPF_CFG = 2) and g/√Hz (PS, 6.2: 400 µg/√Hz). */
export const RATE_NOISE_DENSITY = 0.005
export const ACCELERATION_NOISE_DENSITY = 400e-6

/** Initial tolerance: ±20 °/s (PS, 6.1); ±50 mg for X and Y, ±80 mg for Z (PS, 6.2). */
export const ZERO_RATE_OUTPUT = 20
export const ZERO_G_OUTPUT = [0.05, 0.05, 0.08]
/** Change from 25 °C, per °C: ±20 °/s to -40 °C (PS, 6.1); ±35 mg for X and Y, ±60 mg for Z to 70 °C (PS, 6.2). */
export const ZERO_RATE_DRIFT = 20 / 65
export const ZERO_G_DRIFT = [0.035 / 45, 0.035 / 45, 0.06 / 45]
export const REFERENCE_TEMPERATURE = 25

/** PS, 6.3: -521 counts at 35 °C, 340 counts/°C. */
export function temperatureCounts(celsius: number): number {
    return 340 * (celsius - 35) - 521
}

/** First and last address of each run of registers, and whether they may be read and written (RM, section 3). */
export const REGISTER_RUNS: readonly (readonly [first: number, last: number, readable: boolean, writable: boolean])[] =
    [
        [0x0d, 0x10, true, true], // SELF_TEST
        [0x19, 0x1c, true, true], // SMPLRT_DIV to ACCEL_CONFIG
        [0x1f, 0x1f, true, true], // MOT_THR
        [0x23, 0x35, true, true], // FIFO_EN, I2C_MST_CTRL, I2C_SLV0 to I2C_SLV4
        [0x36, 0x36, true, false], // I2C_MST_STATUS
        [0x37, 0x38, true, true], // INT_PIN_CFG, INT_ENABLE
        [0x3a, 0x60, true, false], // INT_STATUS, outputs, EXT_SENS_DATA
        [0x63, 0x67, true, true], // I2C_SLV_DO, I2C_MST_DELAY_CTRL
        [0x68, 0x68, false, true], // SIGNAL_PATH_RESET
        [0x69, 0x6c, true, true], // MOT_DETECT_CTRL, USER_CTRL, PWR_MGMT_1, PWR_MGMT_2
        [0x72, 0x74, true, true], // FIFO
        [0x75, 0x75, true, false], // WHO_AM_I
    ]

/** Bits of a writable register that ask for something that is not modelled. */
export function notModelled(register: number): number {
    switch (register) {
        case Mpu6050Register.SMPLRT_DIV:
            return 0
        case Mpu6050Register.CONFIG:
            return 0x38 // EXT_SYNC_SET
        case Mpu6050Register.GYRO_CONFIG:
        case Mpu6050Register.ACCEL_CONFIG:
            return 0xe7 // self-test
        case Mpu6050Register.INT_ENABLE:
            return 0xff & ~DATA_RDY
        case Mpu6050Register.PWR_MGMT_1:
            return 0x20 // CYCLE
        default:
            return 0xff
    }
}
