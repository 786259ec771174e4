// BNO055 nine-axis sensor with its own fusion, Bosch Sensortec BST-BNO055-DS000-14 Rev 1.4. Start-up times (table 0-2), SYS_TRIGGER,
// ST_RESULT, SYS_STATUS and the quaternion's scale could not be read in a primary source: from memory, checked against published
// drivers. All else: the sections named.
//
// - It computes the orientation itself, 100 times a second (section 3.3.3), and takes the gyroscope's bias out in fusion modes
//   (3.6.5.3). `sample` reads accelerometer, magnetometer and gyroscope, 18 bytes, in one transaction: about 0.5 ms of bus at 400
//   kHz. `sampleOrientation` reads the quaternion, 8 bytes: about 0.25 ms.
// - It stretches the clock (section 4.6), for which the simulator has no time: on a board its transactions take longer.
// - Outputs stand still between its samples. Noise changes at least one of the six from one to the next, so `frozenLimit` equal
//   samples in a row count as a failure; in a loop of 100 Hz one in two may repeat. In CONFIGMODE, where a reset (a dip of its
//   supply) leaves it, all outputs are zero (3.3.1): dropped at once.
// - Its axes are turned by the chip (section 3.4), the quaternion's too: `mounting` costs nothing.
// - What it learnt about its offsets is lost with its supply. CALIB_STAT (`calibration`) tells how much it trusts them; the offsets can
//   be read and given back at start (section 3.11.4): `readOffsets`, `offsets`.
import { signed16 } from '../../src/hal/bytes'
import type { Clock } from '../../src/hal/clock'
import { again, type I2cBus } from '../../src/hal/i2c-bus'
import type { Mounting } from '../../src/hal/mounting'
import { DeviceRegisters } from '../device-registers'
import { MountedAxes } from './mounting'

/** Page 0, section 4.2.1. */
export enum Register {
    CHIP_ID = 0x00,
    PAGE_ID = 0x07,
    ACC_DATA_X_LSB = 0x08,
    QUA_DATA_W_LSB = 0x20,
    CALIB_STAT = 0x35,
    ST_RESULT = 0x36,
    SYS_STATUS = 0x39,
    SYS_ERR = 0x3a,
    UNIT_SEL = 0x3b,
    OPR_MODE = 0x3d,
    PWR_MODE = 0x3e,
    SYS_TRIGGER = 0x3f,
    AXIS_MAP_CONFIG = 0x41,
    ACC_OFFSET_X_LSB = 0x55,
}

/** Address with COM3 low; 0x29 with COM3 high (table 4-7). */
export const BNO055_ADDRESS = 0x28

/** CHIP_ID, ACC_ID, MAG_ID, GYR_ID (sections 4.3.1 to 4.3.4). */
export const IDENTITY = [0xa0, 0xfb, 0x32, 0x0f]
/** OPR_MODE (table 3-5). */
const CONFIGMODE = 0x00
/** Fusion without the magnetometer: the heading begins at 0 and drifts. */
const IMU = 0x08
/** Fusion of all three: the heading is that of the magnetic field. */
const NDOF = 0x0c
/** UNIT_SEL (tables 3-11 and 3-12): m/s², rad/s, radians, °C; Android's sense of rotation, which is right-handed. */
const UNITS = 0x86
const RESET = 0x20
/** ST_RESULT: MCU, gyroscope, magnetometer, accelerometer passed. */
const SELF_TEST_PASSED = 0x0f
/** SYS_STATUS: the fusion runs. */
const FUSION_RUNNING = 5

/** Until it answers after a reset: tries, 10 ms apart (650 ms, table 0-2, and margin for the self-test). */
const RESET_TRIES = 100
const RESET_STEP_MS = 10
/** From any mode to CONFIGMODE, and back (table 3-6), ms, with margin. */
const TO_CONFIG_MS = 25
const FROM_CONFIG_MS = 10
/** Tries, 1 ms apart, for the fusion to run and for its first sample. */
const FUSION_TRIES = 200

/** m/s², rad/s and T for a count (tables 3-17, 3-22 and 3-19). */
const ACCELERATION_PER_COUNT = 1 / 100
const ANGULAR_VELOCITY_PER_COUNT = 1 / 900
const TESLA_PER_COUNT = 1e-6 / 16
/** One, of a quaternion's parts (table 3-31). */
const QUATERNION_ONE = 16384
/** Square of the largest error that the length of a rounded quaternion may have: 1 %. */
const LEAST_LENGTH_2 = 0.98
const LARGEST_LENGTH_2 = 1.02
const OFFSET_BYTES = 22

export interface Bno055Config {
    /** 7-bit I2C address, 0x28 (default) or 0x29. */
    address?: number
    /** Whether the heading is the magnetic one; false by default: motors and iron of a robot disturb it. */
    magneticHeading?: boolean
    /** How it sits in the robot; as the robot's axes by default. */
    mounting?: Mounting
    /** What {@link Bno055.readOffsets} told at another time: 22 bytes. */
    offsets?: readonly number[]
    /** Equal samples in a row from which on the sensor counts as stopped, 3 or more; 8 by default. Noticed at most one later. */
    frozenLimit?: number
}

/** Orientation, angular velocity and acceleration, fused by the chip. Axes are the robot's. */
export class Bno055 {
    /** False until a sample succeeded, and after each one that was dropped. */
    valid = false
    /** Newest good sample: gyroscope X Y Z, accelerometer X Y Z, signed 16-bit little-endian. */
    readonly frame = Buffer.alloc(12)
    readonly angularVelocityPerCount = ANGULAR_VELOCITY_PER_COUNT
    readonly accelerationPerCount = ACCELERATION_PER_COUNT
    /** Samples dropped: no acknowledge, the sensor stopped, or it was reset. */
    errors = 0
    /** Samples in a row that were equal to the one before. */
    repeats = 0
    /** Newest good orientation, a unit quaternion w, x, y, z: turns vectors from the robot's axes to the world's. */
    readonly orientation = [1, 0, 0, 0]
    /** Orientations dropped: no acknowledge, or no unit quaternion. */
    orientationErrors = 0

    private readonly part: DeviceRegisters
    private readonly address: number
    private readonly frozenLimit: number
    private readonly pointer = Buffer.alloc(1)
    /** Accelerometer, magnetometer, gyroscope. */
    private readonly bytes = Buffer.alloc(18)
    private readonly orientationPointer = Buffer.alloc(1)
    private readonly orientationBytes = Buffer.alloc(8)
    /** Accelerometer X Y, gyroscope X Y and both Z of the last sample, to notice that it repeats. */
    private first = 0
    private second = 0
    private third = 0

    constructor(
        private readonly bus: I2cBus,
        private readonly config: Bno055Config = {},
    ) {
        this.address = config.address ?? BNO055_ADDRESS
        this.frozenLimit = config.frozenLimit ?? 8
        this.part = new DeviceRegisters(bus, 'BNO055', this.address)
        this.pointer[0] = Register.ACC_DATA_X_LSB
        this.orientationPointer[0] = Register.QUA_DATA_W_LSB
    }

    /**
     * Identifies the part, resets and configures it, looks at its self-test, starts its fusion and takes the first sample. It takes
     * about 0.8 s, and should stand still meanwhile.
     *
     * @throws DriverError
     */
    async init(clock: Clock): Promise<void> {
        this.valid = false
        const { part, config } = this
        const axes = this.axisRegisters()
        if (!(this.frozenLimit >= 3)) part.fail('config', 'frozenLimit ' + this.frozenLimit + ', allowed 3 or more')
        const offsets = config.offsets
        if (offsets && offsets.length !== OFFSET_BYTES) {
            part.fail('config', 'offsets has ' + offsets.length + ' bytes, allowed 22')
        }
        // A program that was interrupted may have left page 1.
        part.write(Register.PAGE_ID, [0], 'not-found')
        const identity = part.read(Register.CHIP_ID, IDENTITY.length)
        for (let i = 0; i < IDENTITY.length; i++) {
            if (identity[i] !== IDENTITY[i]) {
                part.fail('wrong-part', 'identity ' + i + ' is ' + identity[i] + ', not ' + IDENTITY[i])
            }
        }
        await this.reset(clock)
        const tested = part.read(Register.ST_RESULT, 1)[0]
        if ((tested & SELF_TEST_PASSED) !== SELF_TEST_PASSED) {
            part.fail('not-ready', 'self-test: ' + tested + ', not ' + SELF_TEST_PASSED)
        }
        part.set(Register.PWR_MODE, [0])
        part.set(Register.UNIT_SEL, [UNITS])
        part.set(Register.AXIS_MAP_CONFIG, axes)
        if (offsets) part.set(Register.ACC_OFFSET_X_LSB, offsets.slice())
        const mode = config.magneticHeading ? NDOF : IMU
        part.write(Register.OPR_MODE, [mode])
        await clock.sleep(FROM_CONFIG_MS)
        if ((part.read(Register.OPR_MODE, 1)[0] & 0x0f) !== mode)
            part.fail('bus', 'OPR_MODE does not hold what was written')
        await part.until(clock, Register.SYS_STATUS, 0xff, FUSION_RUNNING, FUSION_TRIES, 'its fusion does not run')
        this.repeats = 0
        for (let i = 0; i < FUSION_TRIES && !this.valid; i++) {
            await clock.sleep(1)
            this.sample()
        }
        this.errors = 0
        if (!this.valid) part.fail('not-ready', 'no data')
        if (!this.sampleOrientation()) part.fail('not-ready', 'no orientation')
    }

    /**
     * Reads gyroscope and accelerometer. One transaction.
     *
     * @returns {@link valid}
     *
     * @inline
     */
    sample(): boolean {
        const b = this.bytes
        if (this.bus.transfer(this.address, this.pointer, b) !== 0) {
            if (again(this.bus, this.address, this.pointer, b) !== 0) {
                this.errors++
                this.valid = false
                return false
            }
        }
        // Six words: accelerometer X Y Z, magnetometer X Y Z, gyroscope X Y Z.
        const first = b.getAt(0, 'u32')
        if (first !== this.first && first !== 0) {
            this.first = first
            this.repeats = 0
        } else if (this.isFrozen(first)) {
            this.errors++
            this.valid = false
            return false
        }
        this.frame.blitAt(0, b, 12, 6)
        this.frame.blitAt(6, b, 0, 6)
        this.valid = true
        return true
    }

    /** Counts samples of which nothing changed, and knows the zeros of a part that was reset. */
    private isFrozen(first: number): boolean {
        const second = this.bytes.getAt(12, 'u32')
        const third = this.bytes.getAt(4, 'u16') * 65536 + this.bytes.getAt(16, 'u16')
        if (first === this.first && second === this.second && third === this.third) this.repeats++
        else this.repeats = 0
        this.first = first
        this.second = second
        this.third = third
        if (first === 0 && second === 0 && third === 0) return true
        // The first of the equal samples was not a repetition.
        return this.repeats + 1 >= this.frozenLimit
    }

    /**
     * Reads the orientation. One transaction.
     *
     * @returns false when it was not acknowledged, or is no unit quaternion, as after a reset; {@link orientation} then keeps the last
     */
    sampleOrientation(): boolean {
        const b = this.orientationBytes
        if (this.bus.transfer(this.address, this.orientationPointer, b) !== 0) {
            if (again(this.bus, this.address, this.orientationPointer, b) !== 0) {
                this.orientationErrors++
                return false
            }
        }
        const w = b.getAt(0, 'i16') / QUATERNION_ONE
        const x = b.getAt(2, 'i16') / QUATERNION_ONE
        const y = b.getAt(4, 'i16') / QUATERNION_ONE
        const z = b.getAt(6, 'i16') / QUATERNION_ONE
        const length2 = w * w + x * x + y * y + z * z
        if (!(length2 > LEAST_LENGTH_2 && length2 < LARGEST_LENGTH_2)) {
            this.orientationErrors++
            return false
        }
        this.orientation[0] = w
        this.orientation[1] = x
        this.orientation[2] = y
        this.orientation[3] = z
        return true
    }

    /** Newest good count of an axis: 0 to 2 the gyroscope's x, y, z, 3 to 5 the accelerometer's. */
    raw(axis: number): number {
        return signed16(this.frame[2 * axis + 1], this.frame[2 * axis])
    }

    /** Newest magnetic field along axis 0 to 2, T: read with {@link sample}. */
    field(axis: number): number {
        return signed16(this.bytes[7 + 2 * axis], this.bytes[6 + 2 * axis]) * TESLA_PER_COUNT
    }

    /**
     * How far it trusts its offsets, 0 (not at all) to 3: of system, gyroscope, accelerometer and magnetometer.
     *
     * @throws DriverError
     */
    calibration(): number[] {
        const status = this.part.read(Register.CALIB_STAT, 1)[0]
        return [status >> 6, (status >> 4) & 3, (status >> 2) & 3, status & 3]
    }

    /**
     * The offsets that it has learnt, for `offsets` of a later start. It leaves the fusion for it, for 35 ms. @throws DriverError
     */
    async readOffsets(clock: Clock): Promise<number[]> {
        const { part } = this
        const mode = part.read(Register.OPR_MODE, 1)[0]
        part.write(Register.OPR_MODE, [CONFIGMODE])
        await clock.sleep(TO_CONFIG_MS)
        const bytes = part.read(Register.ACC_OFFSET_X_LSB, OFFSET_BYTES)
        part.write(Register.OPR_MODE, [mode])
        await clock.sleep(FROM_CONFIG_MS)
        const offsets: number[] = []
        for (let i = 0; i < OFFSET_BYTES; i++) offsets.push(bytes[i])
        return offsets
    }

    /** AXIS_MAP_CONFIG and AXIS_MAP_SIGN (section 3.4). */
    private axisRegisters(): number[] {
        const { source, sign } = new MountedAxes(this.config.mounting ?? { x: 'x', y: 'y', z: 'z' })
        const negative = (sign[0] < 0 ? 4 : 0) | (sign[1] < 0 ? 2 : 0) | (sign[2] < 0 ? 1 : 0)
        return [source[0] | (source[1] << 2) | (source[2] << 4), negative]
    }

    /** It does not acknowledge while it starts. */
    private async reset(clock: Clock): Promise<void> {
        const { part } = this
        part.write(Register.SYS_TRIGGER, [RESET])
        const pointer = Buffer.alloc(1)
        pointer[0] = Register.CHIP_ID
        const identity = Buffer.alloc(1)
        for (let i = 0; i < RESET_TRIES; i++) {
            await clock.sleep(RESET_STEP_MS)
            const answered = this.bus.transfer(this.address, pointer, identity) === 0
            if (answered && identity[0] === IDENTITY[0]) return
        }
        part.fail('not-ready', 'it does not come back from its reset')
    }
}
