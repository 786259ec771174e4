// LSM6DSOX iNEMO inertial module: ST datasheet DS12814, Rev 4; application note AN5272. Registers are cited by the name of
// their description in the datasheet's section "Register description".

/** Addresses, section "Register mapping"; the registers that the simulation gives a meaning. */
export enum Lsm6dsoxRegister {
    FUNC_CFG_ACCESS = 0x01,
    WHO_AM_I = 0x0f,
    CTRL1_XL = 0x10,
    CTRL2_G = 0x11,
    CTRL3_C = 0x12,
    CTRL4_C = 0x13,
    CTRL5_C = 0x14,
    CTRL6_C = 0x15,
    CTRL7_G = 0x16,
    CTRL8_XL = 0x17,
    CTRL9_XL = 0x18,
    CTRL10_C = 0x19,
    STATUS_REG = 0x1e,
    OUT_TEMP_L = 0x20,
    OUTX_L_G = 0x22,
    OUTX_L_A = 0x28,
    OUTZ_H_A = 0x2d,
}

export const WHO_AM_I_VALUE = 0x6c // description of WHO_AM_I

/** Bits of CTRL3_C. */
export enum Control3 {
    SW_RESET = 0x01,
    IF_INC = 0x04,
    BDU = 0x40,
    BOOT = 0x80,
}

/** Bits of STATUS_REG. */
export enum StatusBit {
    XLDA = 0x01,
    GDA = 0x02,
    TDA = 0x04,
}

/** Output data rate by the upper four bits of CTRL1_XL and CTRL2_G, Hz (ODR selection tables there). 0 is power-down. */
export const OUTPUT_DATA_RATE = [0, 12.5, 26, 52, 104, 208, 416, 833, 1667, 3333, 6667, 1.6]
/** 1.6 Hz exists for the accelerometer only. */
export const ACCELEROMETER_ONLY_RATE = 11

/** Sensitivity by FS[1:0]_XL (CTRL1_XL bits 3:2), g per count; table 2: 2, 16, 4, 8 g. */
export const ACCELERATION_SENSITIVITY = [0.061e-3, 0.488e-3, 0.122e-3, 0.244e-3]
/** Sensitivity by FS[1:0]_G (CTRL2_G bits 3:2), degrees/s per count; table 2: 250, 500, 1000, 2000 dps. */
export const RATE_SENSITIVITY = [8.75e-3, 17.5e-3, 35e-3, 70e-3]
/** The same when FS_125 (CTRL2_G bit 1) is set. */
export const RATE_SENSITIVITY_125 = 4.375e-3

/** Noise density by FS[1:0]_XL, high-performance mode, g/√Hz; table 2, An: 70, 110, 75, 80 µg/√Hz. */
export const ACCELERATION_NOISE_DENSITY = [70e-6, 110e-6, 75e-6, 80e-6]
/** RMS noise by FS[1:0]_XL, low-power and normal mode, g; table 2: 1.8, 3.0, 2.0, 2.4 mg. */
export const ACCELERATION_NOISE_LOW_POWER = [1.8e-3, 3e-3, 2e-3, 2.4e-3]
/** High-performance mode, degrees/s/√Hz; table 2, Rn. */
export const RATE_NOISE_DENSITY = 3.8e-3
/** Low-power and normal mode, degrees/s RMS; table 2, RnRMS. */
export const RATE_NOISE_LOW_POWER = 75e-3
/** Gyroscope bandwidth by ODR code with LPF1 off, Hz; table of LPF2 bandwidths. */
export const RATE_BANDWIDTH = [0, 4.2, 8.3, 16.6, 33, 66.8, 135.9, 295.5, 1108.1, 1320.7, 1441.8, 0]

/** Typical zero-g level offset, g, and zero-rate level, degrees/s; table 2: ±20 mg, ±1 dps. */
export const ZERO_G_OFFSET = 20e-3
export const ZERO_RATE_LEVEL = 1
/** Their change with temperature, g/°C and degrees/s/°C; table 2: ±0.1 mg/°C, ±0.01 dps/°C. */
export const ZERO_G_DRIFT = 0.1e-3
export const ZERO_RATE_DRIFT = 0.01

/** Temperature sensor: 256 counts/°C, 0 at 25 °C, refreshed at 52 Hz ("Temperature sensor characteristics"). */
export const TEMPERATURE_SENSITIVITY = 256
export const TEMPERATURE_ZERO = 25
export const TEMPERATURE_RATE = 52

/** How long SW_RESET and BOOT read as 1, s: software reset 50 µs typical, boot 10 ms at most (AN5272, reboot and software reset). */
export const RESET_TIME = 50e-6
export const BOOT_TIME = 10e-3

/** Values after reset that are not 0 ("Register mapping", column Default). */
export const RESET_VALUES: readonly (readonly [register: number, value: number])[] = [
    [0x02, 0x3f], // PIN_CTRL
    [Lsm6dsoxRegister.WHO_AM_I, WHO_AM_I_VALUE],
    [Lsm6dsoxRegister.CTRL3_C, Control3.IF_INC],
    [Lsm6dsoxRegister.CTRL9_XL, 0xe0],
]

/** First and last address of each run of registers that may be read, and whether they may be written ("Register mapping"). */
export const REGISTER_RUNS: readonly (readonly [first: number, last: number, writable: boolean])[] = [
    [0x01, 0x02, true],
    [0x04, 0x0e, true],
    [0x0f, 0x0f, false],
    [0x10, 0x19, true],
    [0x1a, 0x1e, false],
    [0x20, 0x2d, false],
    [0x35, 0x3b, false],
    [0x40, 0x43, false],
    [0x49, 0x55, false],
    [0x56, 0x62, true],
    [0x63, 0x63, false],
    [0x6f, 0x75, true],
    [0x78, 0x7e, false],
]
