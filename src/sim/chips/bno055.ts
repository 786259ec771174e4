// BNO055 nine-axis sensor with its own fusion, Bosch Sensortec BST-BNO055-DS000-14 Rev 1.4. What could not be read in a primary
// source is named in devices/imus/bno055.ts.
import type { I2cDevice } from '../i2c/i2c-device'
import type { Random } from '../random'
import type { ImuMotion } from './lsm6dsox'

enum Register {
    CHIP_ID = 0x00,
    SW_REV_ID_LSB = 0x04,
    PAGE_ID = 0x07,
    ACC_DATA_X_LSB = 0x08,
    MAG_DATA_X_LSB = 0x0e,
    GYR_DATA_X_LSB = 0x14,
    QUA_DATA_W_LSB = 0x20,
    CALIB_STAT = 0x35,
    ST_RESULT = 0x36,
    SYS_STATUS = 0x39,
    UNIT_SEL = 0x3b,
    OPR_MODE = 0x3d,
    PWR_MODE = 0x3e,
    SYS_TRIGGER = 0x3f,
    AXIS_MAP_CONFIG = 0x41,
    AXIS_MAP_SIGN = 0x42,
    ACC_OFFSET_X_LSB = 0x55,
    MAG_RADIUS_MSB = 0x6a,
}

const CONFIGMODE = 0
/** Of fusion modes (table 3-5). */
const FIRST_FUSION_MODE = 0x08
const LAST_MODE = 0x0c
/** Modes whose fusion uses the magnetometer, which is off in the others. */
const WITH_MAGNETOMETER = [0x02, 0x04, 0x06, 0x07, 0x09, 0x0a, 0x0b, 0x0c]
/** From power-on or reset to the first acknowledge, s (table 0-2), and switching times, s (table 3-6). */
const START_UP_TIME = 0.65
const FROM_CONFIG_TIME = 0.007
const TO_CONFIG_TIME = 0.019
const FUSION_RATE = 100
const COUNTS_PER_TESLA = 16e6
const QUATERNION_ONE = 16384
/** RMS noise after its filters, as orders of size: m/s², rad/s, T. */
const ACCELERATION_NOISE = 0.015
const RATE_NOISE = 0.002
const FIELD_NOISE = 0.3e-6
const RESET = 0x20

export interface Bno055Options {
    /** Along the chip's axes. Called once for each new sample; may return the same object every time. */
    motion: () => ImuMotion
    /** Turns vectors from the chip's axes to the world's: unit quaternion w, x, y, z. Default: they are the same. */
    orientation?: () => ArrayLike<number>
    /** Magnetic field along the chip's axes, T. Default: none. */
    field?: () => ArrayLike<number>
    /** Simulated time, s */
    now: () => number
    /** Noise; without it the chip is ideal. Its fusion has no error either way. */
    random?: Random
    /** 7-bit address, for messages only. Default 0x28. */
    address?: number
    /** Told of accesses that the datasheet does not allow, and of functions that are not modelled. */
    warn?: (message: string) => void
}

/**
 * The sensor hub as the bus sees it. Its fusion is taken to be right: the orientation is that of the plant. Not modelled: learning of
 * offsets, interrupts, page 1, low-power modes, clock stretching, the temperature, Euler angles, gravity and linear acceleration.
 */
export class Bno055 implements I2cDevice {
    /** ST_RESULT as its self-test finds it after the next reset. */
    selfTest = 0x0f
    private readonly options: Bno055Options
    private readonly name: string
    private readonly registers = new Uint8Array(128)
    private pointer = 0
    private startsAt = -Infinity
    /** When the mode that was written takes effect, s. */
    private modeAt = -Infinity
    private mode = CONFIGMODE
    private next = Infinity

    constructor(options: Bno055Options) {
        this.options = options
        this.name = `BNO055@0x${(options.address ?? 0x28).toString(16)}`
        this.restore()
    }

    /** Power-on: silent for a while, then in CONFIGMODE with everything at its default. */
    reset(): void {
        this.restore()
        this.startsAt = this.options.now() + START_UP_TIME
    }

    private restore(): void {
        this.registers.fill(0)
        this.registers.set([0xa0, 0xfb, 0x32, 0x0f, 0x11, 0x03], Register.CHIP_ID)
        this.registers[Register.ST_RESULT] = this.selfTest
        this.registers[Register.UNIT_SEL] = 0x80
        this.registers[Register.OPR_MODE] = 0x10
        this.registers[Register.AXIS_MAP_CONFIG] = 0x24
        this.pointer = 0
        this.mode = CONFIGMODE
        this.modeAt = -Infinity
        this.next = Infinity
    }

    /** Switches its mode and takes the sample that is due. */
    advance(): void {
        const now = this.options.now()
        if (this.modeAt <= now) this.switchMode()
        if (now < this.next) return
        this.sample(this.options.motion())
        this.next += (Math.floor((now - this.next) * FUSION_RATE) + 1) / FUSION_RATE
    }

    write(bytes: Uint8Array): boolean {
        if (this.options.now() < this.startsAt) return false
        this.advance()
        if (bytes.length > 0) this.pointer = bytes[0] & 0x7f
        for (let i = 1; i < bytes.length; i++) {
            this.writeRegister(this.pointer, bytes[i])
            this.pointer = (this.pointer + 1) & 0x7f
        }
        return true
    }

    read(into: Uint8Array): boolean {
        if (this.options.now() < this.startsAt) return false
        this.advance()
        for (let i = 0; i < into.length; i++) {
            if (this.registers[Register.PAGE_ID] !== 0 && this.pointer !== Register.PAGE_ID) {
                this.complain('reads page 1, which is not modelled')
            }
            into[i] = this.registers[this.pointer]
            this.pointer = (this.pointer + 1) & 0x7f
        }
        return true
    }

    private writeRegister(register: number, value: number): void {
        if (register === Register.PAGE_ID) this.registers[register] = value & 1
        else if (this.registers[Register.PAGE_ID] !== 0) this.complain('writes page 1, which is not modelled')
        else if (register === Register.SYS_TRIGGER) {
            if ((value & RESET) !== 0) this.reset()
            else if (value !== 0)
                this.complain(`asks for 0x${value.toString(16)} in SYS_TRIGGER, which is not modelled`)
        } else if (register === Register.OPR_MODE) this.setMode(value)
        else if (!isSetting(register))
            this.complain(`writes register 0x${register.toString(16)}, which is read-only or reserved`)
        // Only in CONFIGMODE (section 3.3.1).
        else if (this.mode !== CONFIGMODE || this.modeAt !== Infinity) {
            this.complain(`writes register 0x${register.toString(16)} outside CONFIGMODE, which is lost`)
        } else if (register === Register.AXIS_MAP_CONFIG && !isPermutation(value)) {
            this.complain(`maps axes by 0x${value.toString(16)}, which is not taken`)
        } else this.registers[register] = value
    }

    private setMode(value: number): void {
        const mode = value & 0x0f
        if (mode > LAST_MODE) return this.complain(`sets mode ${mode}`)
        if (mode !== CONFIGMODE && mode < FIRST_FUSION_MODE) this.complain(`sets mode ${mode}, which has no fusion`)
        this.registers[Register.OPR_MODE] = 0x10 | mode
        this.modeAt = this.options.now() + (mode === CONFIGMODE ? TO_CONFIG_TIME : FROM_CONFIG_TIME)
    }

    private switchMode(): void {
        this.mode = this.registers[Register.OPR_MODE] & 0x0f
        // All outputs are zero in CONFIGMODE (section 3.3.1).
        this.registers.fill(0, Register.ACC_DATA_X_LSB, Register.CALIB_STAT)
        const running = this.mode >= FIRST_FUSION_MODE
        this.registers[Register.SYS_STATUS] = running ? 5 : this.mode === CONFIGMODE ? 0 : 6
        this.next = this.mode === CONFIGMODE ? Infinity : Math.max(this.modeAt, 0) + 1 / FUSION_RATE
        this.modeAt = Infinity
    }

    private sample(motion: ImuMotion): void {
        const [perAcceleration, perRate] = this.scales()
        const axes = this.axes()
        const magnetic = WITH_MAGNETOMETER.includes(this.mode)
        const field = this.options.field?.() ?? [0, 0, 0]
        axes.forEach(({ source, sign }, i) => {
            const acceleration = sign * motion.specificForce[source] + this.noise(ACCELERATION_NOISE)
            const rate = sign * motion.angularVelocity[source] + this.noise(RATE_NOISE)
            const flux = magnetic ? sign * field[source] + this.noise(FIELD_NOISE) : 0
            this.show(Register.ACC_DATA_X_LSB + 2 * i, acceleration * perAcceleration)
            this.show(Register.GYR_DATA_X_LSB + 2 * i, rate * perRate)
            this.show(Register.MAG_DATA_X_LSB + 2 * i, flux * COUNTS_PER_TESLA)
        })
        const orientation = product(this.options.orientation?.() ?? [1, 0, 0, 0], quaternionOf(axes))
        orientation.forEach((part, i) => this.show(Register.QUA_DATA_W_LSB + 2 * i, part * QUATERNION_ONE))
    }

    /** Counts per m/s² and per rad/s, as UNIT_SEL says (tables 3-17 and 3-22). */
    private scales(): [number, number] {
        const units = this.registers[Register.UNIT_SEL]
        return [(units & 1) !== 0 ? 1000 / 9.80665 : 100, (units & 2) !== 0 ? 900 : 16 * (180 / Math.PI)]
    }

    /** Which of the chip's axes each output is of (section 3.4). */
    private axes(): { source: number; sign: number }[] {
        const map = this.registers[Register.AXIS_MAP_CONFIG]
        const signs = this.registers[Register.AXIS_MAP_SIGN]
        return [0, 1, 2].map(i => ({ source: (map >> (2 * i)) & 3, sign: (signs & (4 >> i)) !== 0 ? -1 : 1 }))
    }

    /** Low byte first; what is beyond 16 bits stays at its end. */
    private show(register: number, counts: number): void {
        const value = Math.max(-32768, Math.min(32767, Math.round(counts)))
        this.registers[register] = value & 0xff
        this.registers[register + 1] = (value >> 8) & 0xff
    }

    private noise(deviation: number): number {
        return this.options.random?.gaussian(0, deviation) ?? 0
    }

    private complain(what: string): void {
        this.options.warn?.(`${this.name}: the program ${what}`)
    }
}

function isSetting(register: number): boolean {
    return (
        (register >= Register.UNIT_SEL && register <= Register.AXIS_MAP_SIGN) ||
        (register >= Register.ACC_OFFSET_X_LSB && register <= Register.MAG_RADIUS_MSB)
    )
}

function isPermutation(map: number): boolean {
    return [0, 1, 2].every(axis => [0, 2, 4].some(shift => ((map >> shift) & 3) === axis))
}

/** Turns vectors from the mapped axes to the chip's: w, x, y, z of a rotation by right angles. */
function quaternionOf(axes: { source: number; sign: number }[]): number[] {
    // Column i of the matrix is mapped axis i in the chip's axes.
    const at = (row: number, column: number) => (axes[column].source === row ? axes[column].sign : 0)
    const trace = at(0, 0) + at(1, 1) + at(2, 2)
    const parts = [
        trace,
        at(0, 0) - at(1, 1) - at(2, 2),
        at(1, 1) - at(0, 0) - at(2, 2),
        at(2, 2) - at(0, 0) - at(1, 1),
    ]
    const largest = parts.indexOf(Math.max(...parts))
    const s = 2 * Math.sqrt(1 + parts[largest])
    const differences = [at(2, 1) - at(1, 2), at(0, 2) - at(2, 0), at(1, 0) - at(0, 1)]
    if (largest === 0) return [s / 4, ...differences.map(difference => difference / s)]
    const i = largest - 1
    const sums = [0, 1, 2].map(j => (j === i ? s / 4 : (at(i, j) + at(j, i)) / s))
    return [differences[i] / s, ...sums]
}

function product(a: ArrayLike<number>, b: ArrayLike<number>): number[] {
    return [
        a[0] * b[0] - a[1] * b[1] - a[2] * b[2] - a[3] * b[3],
        a[0] * b[1] + a[1] * b[0] + a[2] * b[3] - a[3] * b[2],
        a[0] * b[2] - a[1] * b[3] + a[2] * b[0] + a[3] * b[1],
        a[0] * b[3] + a[1] * b[2] - a[2] * b[1] + a[3] * b[0],
    ]
}
