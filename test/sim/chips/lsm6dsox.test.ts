import { describe, expect, test } from 'vitest'
import { Lsm6dsox, type Lsm6dsoxOptions } from '../../../src/sim/chips/lsm6dsox'
import { SimulatedI2cBus } from '../../../src/sim/i2c/simulated-i2c-bus'
import { Random } from '../../../src/sim/random'

const G = 9.80665
const DEGREE = Math.PI / 180

const setUp = (options: Partial<Lsm6dsoxOptions> = {}) => {
    const state = { time: 0, warnings: [] as string[] }
    const motion = { specificForce: [0, 0, G], angularVelocity: [0, 0, 0] }
    const bus = new SimulatedI2cBus({ frequency: 400_000, now: () => state.time })
    const chip = new Lsm6dsox({
        motion: () => motion,
        now: () => state.time,
        warn: message => state.warnings.push(message),
        ...options,
    })
    bus.attach(0x6a, chip)
    const read = (register: number, length = 1) => {
        const into = new Uint8Array(length)
        expect(bus.transfer(0x6a, Uint8Array.of(register), into)).toBe(0)
        return [...into]
    }
    const write = (...bytes: number[]) => expect(bus.transfer(0x6a, Uint8Array.from(bytes), undefined)).toBe(0)
    const word = (register: number) => {
        const [low, high] = read(register, 2)
        return (((high << 8) | low) << 16) >> 16
    }
    const axes = (register: number) => [word(register), word(register + 2), word(register + 4)]
    const wait = (seconds: number) => (state.time += seconds)
    return { chip, state, motion, read, write, word, axes, wait }
}

describe('LSM6DSOX registers', () => {
    test('says who it is and starts with the documented values', () => {
        const { read } = setUp()
        expect(read(0x0f)).toEqual([0x6c])
        expect(read(0x12)).toEqual([0x04]) // CTRL3_C: IF_INC
        expect(read(0x18)).toEqual([0xe0]) // CTRL9_XL
        expect(read(0x10, 2)).toEqual([0, 0]) // both sensors off
        expect(read(0x1e)).toEqual([0])
    })

    test('IF_INC decides whether the address moves on', () => {
        const { read, write } = setUp()
        write(0x10, 0x40, 0x4c)
        expect(read(0x10, 2)).toEqual([0x40, 0x4c])
        write(0x12, 0x00)
        expect(read(0x10, 2)).toEqual([0x40, 0x40])
    })

    test('SW_RESET restores the defaults and reads as 1 for 50 µs', () => {
        const { read, write, wait } = setUp()
        write(0x10, 0x40)
        write(0x12, 0x45)
        expect(read(0x12)).toEqual([0x05])
        wait(60e-6)
        expect(read(0x12)).toEqual([0x04])
        expect(read(0x10)).toEqual([0x00])
    })

    test('BOOT reads as 1 for 10 ms and changes no setting', () => {
        const { read, write, wait } = setUp()
        write(0x12, 0xc4)
        wait(9e-3)
        expect(read(0x12)).toEqual([0xc4])
        wait(2e-3)
        expect(read(0x12)).toEqual([0x44])
    })

    test('warns of reserved and read-only registers and of what is not modelled', () => {
        const { read, write, state } = setUp()
        read(0x03)
        write(0x0f, 1)
        write(0x00, 1)
        write(0x0a, 6)
        expect(state.warnings).toHaveLength(4)
        expect(state.warnings[0]).toMatch(/LSM6DSOX@0x6a.*0x03/)
        expect(state.warnings[3]).toMatch(/not modelled.*0x0a/)
        expect(read(0x0f)).toEqual([0x6c])
    })
})

describe('LSM6DSOX scales', () => {
    test.each([
        // [FS bits, g full scale, mg per count]
        [0b00, 2, 0.061],
        [0b10, 4, 0.122],
        [0b11, 8, 0.244],
        [0b01, 16, 0.488],
    ])('accelerometer FS %i: ±%i g, %f mg a count', (bits, full, sensitivity) => {
        const { motion, write, axes, wait } = setUp()
        motion.specificForce = [G, -G, 0.001 * G]
        write(0x10, 0x40 | (bits << 2))
        wait(0.01)
        const one = Math.round(1000 / sensitivity)
        expect(axes(0x28)).toEqual([one, -one, Math.round(1 / sensitivity)])
        motion.specificForce = [1.2 * full * G, -1.2 * full * G, 0]
        wait(0.01)
        expect(axes(0x28)).toEqual([32767, -32768, 0])
    })

    test.each([
        // [CTRL2_G low bits, dps full scale, mdps per count]
        [0b0010, 125, 4.375],
        [0b0000, 250, 8.75],
        [0b0100, 500, 17.5],
        [0b1000, 1000, 35],
        [0b1100, 2000, 70],
    ])('gyroscope CTRL2_G low bits %i: ±%i dps, %f mdps a count', (bits, full, sensitivity) => {
        const { motion, write, axes, wait } = setUp()
        motion.angularVelocity = [100 * DEGREE, -100 * DEGREE, 0]
        write(0x11, 0x40 | bits)
        wait(0.01)
        const hundred = Math.round(100_000 / sensitivity)
        expect(axes(0x22)).toEqual([hundred, -hundred, 0])
        motion.angularVelocity = [0, 1.3 * full * DEGREE, -1.3 * full * DEGREE]
        wait(0.01)
        expect(axes(0x22)).toEqual([0, 32767, -32768])
    })

    test('temperature: 256 counts a degree, 0 at 25 °C', () => {
        const { write, word, wait } = setUp({ temperature: () => 35.5 })
        write(0x10, 0x40)
        wait(0.02)
        expect(word(0x20)).toBe(2688) // 10.5 * 256
    })
})

describe('LSM6DSOX sampling', () => {
    test.each([
        // [ODR code, Hz]
        [1, 12.5],
        [2, 26],
        [3, 52],
        [4, 104],
        [5, 208],
        [6, 416],
        [7, 833],
        [8, 1667],
        [10, 6667],
    ])('ODR code %i gives %f samples a second from both sensors', (code, rate) => {
        const { chip, read, write, state } = setUp()
        write(0x10, code << 4, code << 4)
        let acceleration = 0
        let angularRate = 0
        const polls = Math.ceil(2.5 * rate)
        for (let i = 1; i <= polls; i++) {
            state.time = i / polls + 1e-6
            chip.advance()
            const [status] = read(0x1e)
            if (status & 1) {
                acceleration++
                read(0x28, 6)
            }
            if (status & 2) {
                angularRate++
                read(0x22, 6)
            }
        }
        expect(acceleration).toBe(Math.floor(rate))
        expect(angularRate).toBe(Math.floor(rate))
    })

    test('a sample stands until the next one, which sets data-ready; reading its high byte clears it', () => {
        const { motion, read, write, word, wait } = setUp()
        write(0x10, 0x40) // 104 Hz: every 9.615 ms
        expect(read(0x1e)).toEqual([0])
        wait(0.0097)
        motion.specificForce = [0, 0, G]
        expect(read(0x1e)[0] & 1).toBe(1)
        expect(word(0x2c)).toBe(16393) // 1 g / 0.061 mg
        expect(read(0x1e)[0] & 1).toBe(0)
        motion.specificForce = [0, 0, 0]
        wait(0.009)
        expect(word(0x2c)).toBe(16393)
        wait(0.001)
        expect(read(0x1e)[0] & 1).toBe(1)
        read(0x2c) // the low byte alone does not clear it
        expect(read(0x1e)[0] & 1).toBe(1)
        expect(word(0x2c)).toBe(0)
        expect(read(0x1e)[0] & 1).toBe(0)
    })

    test('advance takes the sample at its instant, however late it is read', () => {
        const { chip, motion, write, word, state } = setUp()
        write(0x10, 0x40)
        expect(chip.nextSample).toBeCloseTo(1 / 104, 9)
        state.time = 0.0097
        motion.specificForce = [G, 0, 0]
        chip.advance()
        state.time = 0.015
        motion.specificForce = [0, 0, 0]
        expect(word(0x28)).toBe(16393)
    })

    test('with BDU a half-read word does not change under the reader; without it does', () => {
        for (const bdu of [0x44, 0x04]) {
            const { motion, read, write, wait } = setUp()
            write(0x12, bdu)
            write(0x10, 0x40)
            motion.specificForce = [0x0102 * 0.061e-3 * G, 0, 0]
            wait(0.01)
            const [low] = read(0x28)
            motion.specificForce = [0x0708 * 0.061e-3 * G, 0, 0]
            wait(0.01)
            const [high] = read(0x29)
            expect([low, high]).toEqual(bdu === 0x44 ? [0x02, 0x01] : [0x02, 0x07])
            expect(read(0x28, 2)).toEqual([0x08, 0x07])
        }
    })

    test('a sensor that is off does not sample', () => {
        const { chip, read, write, wait } = setUp()
        write(0x10, 0x40)
        write(0x10, 0x00)
        write(0x11, 0xb0) // 1.6 Hz is not for the gyroscope
        wait(10)
        expect(read(0x1e)).toEqual([0])
        expect(chip.nextSample).toBe(Infinity)
    })
})

describe('LSM6DSOX noise', () => {
    const measure = (control: number[], register: number, count: number) => {
        const { chip, write, word, state } = setUp({ random: new Random(9).fork('imu') })
        for (let i = 0; i < control.length; i += 2) write(control[i], control[i + 1])
        let sum = 0
        let squares = 0
        for (let i = 0; i < count; i++) {
            state.time = chip.nextSample
            chip.advance()
            const value = word(register)
            sum += value
            squares += value * value
        }
        return { mean: sum / count, deviation: Math.sqrt(squares / count - (sum / count) ** 2) }
    }

    test.each([
        // [CTRL1_XL, mg per count, µg/√Hz, Hz]
        [0x50, 0.061, 70, 208],
        [0x58, 0.122, 75, 208],
        [0x4c, 0.244, 80, 104],
        [0x74, 0.488, 110, 833],
    ])(
        'accelerometer CTRL1_XL = %i: density times the root of half the rate',
        (control, sensitivity, density, rate) => {
            const expected = (density * Math.sqrt(rate / 2)) / 1000 / sensitivity
            const rounding = 1 / 12
            const { deviation } = measure([0x10, control], 0x28, 8000)
            expect(deviation / Math.sqrt(expected ** 2 + rounding)).toBeCloseTo(1, 1)
        },
    )

    test('gyroscope: 3.8 mdps/√Hz over the bandwidth of LPF2, 75 mdps RMS in low power', () => {
        const fine = measure([0x11, 0x52], 0x22, 8000).deviation * 4.375
        expect(fine / (3.8 * Math.sqrt(66.8))).toBeCloseTo(1, 1)
        const coarse = measure([0x16, 0x80, 0x11, 0x52], 0x22, 8000).deviation * 4.375
        expect(coarse / 75).toBeCloseTo(1, 1)
    })

    test('offsets are of the typical size and belong to the seed', () => {
        const offsets = (seed: number) => {
            const { write, axes, wait, motion } = setUp({ random: new Random(seed) })
            motion.specificForce = [0, 0, 0]
            write(0x15, 0, 0) // high performance
            write(0x10, 0x10, 0x10) // 12.5 Hz: least noise
            wait(0.1)
            return [...axes(0x28).map(counts => counts * 0.061), ...axes(0x22).map(counts => counts * 8.75)]
        }
        expect(offsets(1)).toEqual(offsets(1))
        expect(offsets(1)).not.toEqual(offsets(2))
        const all = Array.from({ length: 40 }, (_, seed) => offsets(seed))
        for (let axis = 0; axis < 6; axis++) {
            const typical = axis < 3 ? 20 : 1000
            const values = all.map(row => row[axis])
            // Five standard deviations of noise on top: 0.88 mg and 39 mdps.
            for (const value of values) expect(Math.abs(value)).toBeLessThan(typical + (axis < 3 ? 0.9 : 40))
            expect(Math.max(...values)).toBeGreaterThan(typical / 2)
            expect(Math.min(...values)).toBeLessThan(-typical / 2)
        }
    })

    test('offsets drift with temperature by at most 0.1 mg and 0.01 dps a degree', () => {
        const at = (degrees: number) => {
            const { write, axes, wait } = setUp({ random: new Random(4), temperature: () => degrees })
            write(0x10, 0x10, 0x12)
            wait(0.1)
            return [...axes(0x28).map(counts => counts * 0.061), ...axes(0x22).map(counts => counts * 4.375)]
        }
        const cold = at(-15)
        const hot = at(65)
        for (let axis = 0; axis < 6; axis++) {
            const drift = Math.abs(hot[axis] - cold[axis]) / 80
            expect(drift).toBeLessThan(axis < 3 ? 0.101 : 10.1)
            expect(drift).toBeGreaterThan(0)
        }
    })
})
