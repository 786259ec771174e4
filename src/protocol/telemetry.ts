import { readI16, readI32, readU16, readU32 } from './bytes'

/*
 * A telemetry report: a header, then the samples of consecutive ticks. Little-endian. Bytes behind the last sample mean
 * nothing. The board adds half a step and cuts towards zero, so a negative value may read up to 1.5 steps high.
 *
 * | offset | field        | type | unit, scale a bit, range                                                   |
 * |-------:|--------------|------|----------------------------------------------------------------------------|
 * |      0 | tick         | u32  | index of the first sample's tick since the program started                  |
 * |      4 | boardTimeMs  | u32  | board clock at that tick's deadline, ms; sample k is k periods later        |
 * |      8 | sampleCount  | u8   | 1 … 127; bit 7: a monitor warns                                            |
 * |      9 | mode         | u8   | low 4 bits: `RobotMode`, high: `TrajectoryState`, at the last sample        |
 * |     10 | faults       | u16  | `Fault` bits that hold or are latched, at the last sample                   |
 * |     12 | setpoint     | u16  | sequence number of the last setpoint that was taken                         |
 * |     14 | report       | u16  | counts reports, wraps                                                      |
 * |     16 | lateTicks    | u16  | ticks that started more than half a period late, wraps                      |
 * |     18 | sensorErrors | u16  | sensor samples dropped, wraps                                               |
 * |     20 | x            | i32  | odometry at the last sample, 0.1 mm                                         |
 * |     24 | y            | i32  | 0.1 mm                                                                     |
 * |     28 | heading      | i32  | 0.1 mrad                                                                   |
 *
 * A sample (`sampleBytes(joints, imu)` bytes):
 *
 * | offset | field        | type    | unit, scale a bit, range                                                |
 * |-------:|--------------|---------|-------------------------------------------------------------------------|
 * |      0 | lateness     | u8      | start after the deadline, ms; 255 is 255 or more                         |
 * |      1 | valid        | u8      | bit i: joint i (0 … 6) was measured at this tick; bit 7: the IMU was     |
 * |      2 | joints       | 12 each | position i32 0.1 mrad · velocity i16 2 mrad/s, ±65.5 rad/s ·             |
 * |        |              |         | effort i16 1e-4, ±1 · setpoint i32 0.1 mrad, 0.1 mrad/s or 1e-4 by mode; |
 * |        |              |         | -2^31: off                                                              |
 * |      … | imu          | 12      | gyroscope x y z, accelerometer x y z: i16 counts as the chip gave them,  |
 * |        |              |         | scale in the description                                                |
 * |      … | power        | 4       | motor supply's current i16, -2^15: not measured · voltage u16; counts,   |
 * |        |              |         | scale in the description                                                |
 */

export const HEADER_BYTES = 32
export const JOINT_BYTES = 12
export const IMU_BYTES = 12
export const POWER_BYTES = 4
/** Current of a sample whose measurement failed. */
export const POWER_FAILED = -0x8000
/** Length and time: m and rad a bit. */
export const POSITION_SCALE = 1e-4
/** rad/s a bit of a velocity. */
export const VELOCITY_SCALE = 2e-3
/** Duty a bit of an effort. */
export const EFFORT_SCALE = 1e-4
/** Setpoint of a joint that is off. */
export const SETPOINT_OFF = -0x80000000
/** In `valid`: the bits that belong to joints. A bit without a joint means nothing. */
export const JOINTS_VALID = 0x7f
/** In `valid`: the IMU was measured. */
export const IMU_VALID = 0x80

/** In `sampleCount`: a monitor that only warns does so, at the last sample. */
export const WARNING = 0x80

/** Bytes of one sample. */
export function sampleBytes(joints: number, imu: boolean, power = false): number {
    return 2 + joints * JOINT_BYTES + (imu ? IMU_BYTES : 0) + (power ? POWER_BYTES : 0)
}

/** One report, decoded to SI units. */
export interface TelemetryReport {
    tick: number
    /** ms */
    boardTimeMs: number
    mode: number
    trajectory: number
    faults: number
    /** A monitor that only warns does so. */
    warning: boolean
    setpoint: number
    report: number
    lateTicks: number
    sensorErrors: number
    /** m, m, rad */
    odometry: { x: number; y: number; heading: number }
    samples: TelemetrySample[]
}

export interface TelemetrySample {
    /** ms */
    latenessMs: number
    joints: { valid: boolean; position: number; velocity: number; effort: number; setpoint: number }[]
    /** Counts: gyroscope x, y, z, accelerometer x, y, z. Undefined when the sample was dropped. */
    imu: number[] | undefined
    /** Counts of the motor supply's current and voltage. Absent when they are not measured or that failed. */
    power?: { current: number; voltage: number }
}

/** Decodes a report. Returns undefined when it is shorter than its sample count says. */
export function decodeTelemetry(
    payload: Buffer,
    joints: number,
    imu: boolean,
    power = false,
): TelemetryReport | undefined {
    const bytes = sampleBytes(joints, imu, power)
    const count = payload.length < HEADER_BYTES ? 0 : payload[8] & ~WARNING
    if (count === 0 || payload.length < HEADER_BYTES + count * bytes) return undefined
    const samples: TelemetrySample[] = []
    for (let k = 0; k < count; k++) samples.push(decodeSample(payload, HEADER_BYTES + k * bytes, joints, imu, power))
    return {
        tick: readU32(payload, 0),
        boardTimeMs: readU32(payload, 4),
        mode: payload[9] & 15,
        trajectory: payload[9] >> 4,
        faults: readU16(payload, 10),
        warning: (payload[8] & WARNING) !== 0,
        setpoint: readU16(payload, 12),
        report: readU16(payload, 14),
        lateTicks: readU16(payload, 16),
        sensorErrors: readU16(payload, 18),
        odometry: {
            x: readI32(payload, 20) * POSITION_SCALE,
            y: readI32(payload, 24) * POSITION_SCALE,
            heading: readI32(payload, 28) * POSITION_SCALE,
        },
        samples,
    }
}

function decodeSample(payload: Buffer, start: number, joints: number, imu: boolean, power: boolean): TelemetrySample {
    const valid = payload[start + 1]
    const sample: TelemetrySample = { latenessMs: payload[start], joints: [], imu: undefined }
    let at = start + 2
    for (let i = 0; i < joints; i++) {
        const setpoint = readI32(payload, at + 8)
        sample.joints.push({
            valid: (valid & (1 << i)) !== 0,
            position: readI32(payload, at) * POSITION_SCALE,
            velocity: readI16(payload, at + 4) * VELOCITY_SCALE,
            effort: readI16(payload, at + 6) * EFFORT_SCALE,
            setpoint: setpoint === SETPOINT_OFF ? NaN : setpoint * POSITION_SCALE,
        })
        at += JOINT_BYTES
    }
    if (imu && (valid & IMU_VALID) !== 0) {
        const counts: number[] = []
        for (let axis = 0; axis < 6; axis++) counts.push(readI16(payload, at + axis * 2))
        sample.imu = counts
    }
    if (power) {
        if (imu) at += IMU_BYTES
        const current = readI16(payload, at)
        if (current !== POWER_FAILED) sample.power = { current, voltage: readU16(payload, at + 2) }
    }
    return sample
}
