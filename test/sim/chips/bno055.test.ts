import { describe, expect, it } from 'vitest'
import { Bno055, type Bno055Options } from '../../../src/sim/chips/bno055'

// BST-BNO055-DS000-14, section 4.2.1.
const ACC_DATA = 0x08
const MAG_DATA = 0x0e
const QUA_DATA = 0x20
const SYS_STATUS = 0x39
const UNIT_SEL = 0x3b
const OPR_MODE = 0x3d
const SYS_TRIGGER = 0x3f
const AXIS_MAP_CONFIG = 0x41

function setUp(options: Partial<Bno055Options> = {}) {
    const state = { time: 0, warnings: [] as string[] }
    const chip = new Bno055({
        motion: () => ({ specificForce: [1, 2, 3], angularVelocity: [0.1, 0.2, 0.3] }),
        field: () => [10e-6, 20e-6, 30e-6],
        now: () => state.time,
        warn: message => state.warnings.push(message),
        ...options,
    })
    const write = (...bytes: number[]) => chip.write(Uint8Array.from(bytes))
    const read = (register: number, length: number) => {
        const into = new Uint8Array(length)
        return write(register) && chip.read(into) ? [...into] : undefined
    }
    const words = (register: number, count: number) => {
        const bytes = Buffer.from(read(register, 2 * count)!)
        return Array.from({ length: count }, (_, i) => bytes.readInt16LE(2 * i))
    }
    /** Sets axes and units, then the mode, and waits for a sample. */
    const run = (mode: number, units = 0x82, map = 0x24, signs = 0) => {
        write(UNIT_SEL, units)
        write(AXIS_MAP_CONFIG, map, signs)
        write(OPR_MODE, mode)
        state.time += 0.02
        chip.advance()
    }
    return { state, chip, write, read, words, run }
}

describe('the simulated BNO055', () => {
    it('starts in CONFIGMODE with outputs of zero, and tells who it is', () => {
        const { read, state } = setUp()
        expect(read(0x00, 4)).toEqual([0xa0, 0xfb, 0x32, 0x0f])
        expect(read(0x36, 1)).toEqual([0x0f])
        expect(read(AXIS_MAP_CONFIG, 2)).toEqual([0x24, 0x00])
        state.time = 1
        expect(read(ACC_DATA, 45)).toEqual(new Array(45).fill(0))
    })

    it('does not acknowledge for 0.65 s after a reset', () => {
        const { state, write, read } = setUp()
        write(SYS_TRIGGER, 0x20)
        state.time += 0.64
        expect(write(0x00)).toBe(false)
        state.time += 0.02
        expect(read(OPR_MODE, 1)).toEqual([0x10])
    })

    it.each([
        [0x82, [100, 200, 300], [90, 180, 270]],
        [0x80, [100, 200, 300], [92, 183, 275]],
        [0x83, [102, 204, 306], [90, 180, 270]],
    ])('measures in the units of UNIT_SEL 0x%x', (units, acceleration, rate) => {
        const { words, run } = setUp()
        run(0x08, units)
        expect(words(ACC_DATA, 3)).toEqual(acceleration)
        expect(words(0x14, 3)).toEqual(rate)
        expect(words(QUA_DATA, 4)).toEqual([16384, 0, 0, 0])
    })

    it('has its magnetometer off in the IMU mode, and on in NDOF', () => {
        const imu = setUp()
        imu.run(0x08)
        expect(imu.words(MAG_DATA, 3)).toEqual([0, 0, 0])
        const ndof = setUp()
        ndof.run(0x0c)
        expect(ndof.words(MAG_DATA, 3)).toEqual([160, 320, 480])
        expect(ndof.read(SYS_STATUS, 1)).toEqual([5])
    })

    // Section 3.4: value of the new X in bits 1 and 0, of Y in 3 and 2, of Z in 5 and 4.
    it.each([
        [0x24, 0x00, [100, 200, 300]],
        [0x21, 0x01, [200, 100, -300]],
        [0x24, 0x06, [-100, -200, 300]],
        [0x12, 0x00, [300, 100, 200]],
    ])('maps axes by 0x%x and 0x%x', (map, signs, acceleration) => {
        const { words, run } = setUp()
        run(0x08, 0x82, map, signs)
        expect(words(ACC_DATA, 3)).toEqual(acceleration)
    })

    it('turns the orientation with the axes: a right angle to the left', () => {
        const { words, run } = setUp({ orientation: () => [Math.SQRT1_2, 0, 0, Math.SQRT1_2] })
        // The new x is the old y, the new y the old -x.
        run(0x08, 0x82, 0x21, 0x02)
        expect(words(QUA_DATA, 4)).toEqual([0, 0, 0, 16384])
    })

    it('refuses what it takes only in CONFIGMODE, and axes that are used twice', () => {
        const { state, read, write, run } = setUp()
        write(AXIS_MAP_CONFIG, 0x20)
        expect(read(AXIS_MAP_CONFIG, 1)).toEqual([0x24])
        run(0x08)
        write(UNIT_SEL, 0)
        expect(read(UNIT_SEL, 1)).toEqual([0x82])
        expect(state.warnings).toHaveLength(2)
        // 19 ms back to CONFIGMODE.
        write(OPR_MODE, 0)
        state.time += 0.018
        write(UNIT_SEL, 0)
        expect(state.warnings).toHaveLength(3)
        state.time += 0.002
        write(UNIT_SEL, 0)
        expect(state.warnings).toHaveLength(3)
        expect(read(ACC_DATA, 6)).toEqual(new Array(6).fill(0))
    })

    it('warns of what is not modelled', () => {
        const { state, write, read, run } = setUp()
        run(0x05)
        write(0x00, 1)
        write(SYS_TRIGGER, 0x01)
        write(0x07, 1)
        read(0x08, 1)
        expect(state.warnings).toHaveLength(4)
    })
})
