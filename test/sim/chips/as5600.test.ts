import { describe, expect, test } from 'vitest'
import { As5600, type As5600Options } from '../../../src/sim/chips/as5600'
import { SimulatedI2cBus } from '../../../src/sim/i2c/simulated-i2c-bus'
import { Random } from '../../../src/sim/random'

const setUp = (options: Partial<As5600Options> = {}) => {
    const state = { time: 0, angle: 0, warnings: [] as string[] }
    const bus = new SimulatedI2cBus({ frequency: 400_000, now: () => state.time })
    const chip = new As5600({
        angle: () => state.angle,
        now: () => state.time,
        warn: message => state.warnings.push(message),
        ...options,
    })
    bus.attach(0x36, chip)
    const read = (register: number | undefined, length: number) => {
        const into = new Uint8Array(length)
        const select = register === undefined ? undefined : Uint8Array.of(register)
        expect(bus.transfer(0x36, select, into)).toBe(0)
        return [...into]
    }
    const write = (...bytes: number[]) => bus.transfer(0x36, Uint8Array.from(bytes), undefined)
    const at = (angle: number) => {
        state.angle = angle
        state.time += 0.001
    }
    const counts = (register: number) => {
        const [high, low] = read(register, 2)
        return high * 256 + low
    }
    return { bus, chip, state, read, write, at, counts }
}

describe('AS5600 registers', () => {
    test('RAW ANGLE is 12 bits at 0x0C, high byte first: 4096 counts a turn', () => {
        const { at, counts, read } = setUp()
        const cases: [number, number][] = [
            [0, 0],
            [Math.PI / 2 + 1e-9, 1024],
            [Math.PI + 1e-9, 2048],
            [2 * Math.PI - 1e-6, 4095],
            [2 * Math.PI + 1e-6, 0],
            [-1e-6, 4095],
            [-7 * Math.PI + 1e-6, 2048],
            [(2 * Math.PI * 1.5) / 4096, 1],
        ]
        for (const [angle, expected] of cases) {
            at(angle)
            expect(counts(0x0c)).toBe(expected)
        }
        at((2 * Math.PI * 0xabc + 0.001) / 4096)
        expect(read(0x0c, 2)).toEqual([0x0a, 0xbc])
    })

    test('the pointer stays on the high byte of an angle, so the pair is read again without selecting it', () => {
        const { at, read } = setUp()
        at((2 * Math.PI * 0x123 + 0.001) / 4096)
        expect(read(0x0c, 2)).toEqual([0x01, 0x23])
        at((2 * Math.PI * 0x456 + 0.001) / 4096)
        expect(read(undefined, 2)).toEqual([0x04, 0x56])
        expect(read(undefined, 4)).toEqual([0x04, 0x56, 0x04, 0x56])
        expect(read(0x0e, 2)).toEqual(read(undefined, 2))
    })

    test('elsewhere the pointer moves on, within a read and from one to the next', () => {
        const { at, read } = setUp()
        at((2 * Math.PI * 0x123 + 0.001) / 4096)
        // STATUS, RAW ANGLE, ANGLE in one go: the pointer was not set to the high byte, it arrived there.
        expect(read(0x0b, 5)).toEqual([0x20, 0x01, 0x23, 0x01, 0x23])
        expect(read(0x0b, 1)).toEqual([0x20])
        expect(read(undefined, 2)).toEqual([0x01, 0x23])
        expect(read(0x0d, 2)).toEqual([0x23, 0x01])
    })

    test('high and low byte of one read belong to one measurement', () => {
        let calls = 0
        // Moves by 256 counts every time it is looked at: two looks would mix the bytes.
        const { read } = setUp({ angle: () => (2 * Math.PI * (0x0ff + 0x101 * calls++) + 0.001) / 4096 })
        expect(read(0x0c, 2)).toEqual([0x00, 0xff])
        expect(calls).toBe(1)
    })

    test('an invalid register is refused, read as zero, and reported with chip and address', () => {
        const { bus, write, state } = setUp()
        expect(write(0x20)).toBe(-1)
        const into = Uint8Array.of(9, 9)
        expect(bus.transfer(0x36, undefined, into)).toBe(0)
        expect([...into]).toEqual([0, 0])
        expect(write(0x0c, 1)).toBe(0)
        expect(state.warnings.length).toBeGreaterThanOrEqual(3)
        expect(state.warnings[0]).toMatch(/AS5600@0x36.*0x20/)
    })

    test('a reset brings the power-up configuration back', () => {
        const { chip, write, read } = setUp()
        write(0x07, 0x03, 0x04)
        expect(read(0x07, 2)).toEqual([0x03, 0x04])
        chip.reset()
        expect(read(0x07, 2)).toEqual([0, 0])
    })

    test('burned angles survive a reset, three times and only with a magnet', () => {
        const { chip, write, read } = setUp()
        chip.field = 0
        write(0x01, 0x02, 0x34)
        write(0xff, 0x80)
        expect(read(0x00, 1)).toEqual([0])
        chip.field = 50
        for (let i = 0; i < 4; i++) write(0xff, 0x80)
        chip.reset()
        expect(read(0x00, 3)).toEqual([3, 0x02, 0x34])
    })
})

describe('AS5600 ANGLE', () => {
    const turn = (counts: number) => (2 * Math.PI * counts + 0.001) / 4096

    test('counts from ZPOS', () => {
        const { at, counts, write } = setUp()
        write(0x01, 0x01, 0x00)
        at(turn(300))
        expect(counts(0x0c)).toBe(300)
        expect(counts(0x0e)).toBe(44)
        at(turn(200))
        expect(counts(0x0e)).toBe(4040)
    })

    test('stays at the nearer end outside a range set by MANG or MPOS', () => {
        for (const range of [
            [0x05, 0x04, 0x00],
            [0x03, 0x04, 0x00],
        ]) {
            const { at, counts, write } = setUp()
            write(...range)
            for (const [raw, expected] of [
                [1000, 1000],
                [1500, 1024],
                [2500, 1024],
                [2700, 0],
                [4000, 0],
            ]) {
                at(turn(raw))
                expect(counts(0x0e)).toBe(expected)
            }
        }
    })

    test('has 10 counts of hysteresis at the end of a full turn, RAW ANGLE has none', () => {
        const { at, counts } = setUp()
        at(turn(4000))
        counts(0x0e)
        for (const [raw, expected] of [
            [4095, 4095],
            [3, 4095],
            [9, 4095],
            [10, 10],
            [4090, 0],
            [4080, 4080],
        ]) {
            at(turn(raw))
            expect(counts(0x0e)).toBe(expected)
            expect(counts(0x0c)).toBe(raw)
        }
    })

    test('HYST holds it within 1 to 3 counts', () => {
        const { at, counts, write } = setUp()
        write(0x08, 0x0c) // HYST = 3
        at(turn(100))
        counts(0x0e)
        for (const [raw, expected] of [
            [103, 100],
            [104, 104],
            [102, 104],
            [100, 100],
        ]) {
            at(turn(raw))
            expect(counts(0x0e)).toBe(expected)
        }
    })
})

describe('AS5600 magnet', () => {
    test.each([
        // [mT, MD | ML | MH at bits 5, 4, 3]
        [0, 0x10],
        [20, 0x30],
        [50, 0x20],
        [100, 0x28],
    ])('a field of %i mT gives STATUS %i', (field, status) => {
        const { chip, read } = setUp()
        chip.field = field
        expect(read(0x0b, 1)).toEqual([status])
    })

    test('the gain falls with the field and ends at 128 at 3.3 V, 255 at 5 V', () => {
        const weak = setUp({ field: 10 })
        const strong = setUp({ field: 10, supply: 5 })
        expect(weak.read(0x1a, 1)).toEqual([128])
        expect(strong.read(0x1a, 1)).toEqual([255])
        const gains = [30, 40, 60, 90].map(field => setUp({ field }).read(0x1a, 1)[0])
        expect(gains).toEqual([...gains].sort((a, b) => b - a))
        expect(gains[3]).toBe(0)
        expect(weak.counts(0x1b)).toBeLessThan(setUp().counts(0x1b))
    })
})

describe('AS5600 measurement', () => {
    const deviation = (sf: number) => {
        const { state, counts, write } = setUp({ random: new Random(5).fork('encoder') })
        write(0x07, sf)
        state.angle = Math.PI
        let sum = 0
        let squares = 0
        const n = 8000
        for (let i = 0; i < n; i++) {
            state.time += 0.001
            const value = counts(0x0c) - 2048
            sum += value
            squares += value * value
        }
        return Math.sqrt(squares / n - (sum / n) ** 2)
    }

    test.each([
        // [SF, RMS noise of the datasheet, degrees]
        [0, 0.015],
        [1, 0.021],
        [2, 0.03],
        [3, 0.043],
    ])('with slow filter %i the noise is %f degrees and the rounding', (sf, degrees) => {
        const noise = (degrees / 360) * 4096
        // At a transition point floor() of the noise: half the samples one count below for small noise.
        const counts: number[] = []
        let mean = 0
        for (let k = -10; k < 10; k++) {
            const p = normal((k + 1) / noise) - normal(k / noise)
            counts.push(p * k * k)
            mean += p * k
        }
        const expected = Math.sqrt(counts.reduce((a, b) => a + b) - mean * mean)
        expect(deviation(sf)).toBeCloseTo(expected, 1)
    })

    test('between two samples the value stands: 150 µs, or 100 ms in LPM3', () => {
        const { state, counts, write } = setUp()
        state.time = 1000.2 * 150e-6
        counts(0x0c)
        state.angle = 1
        state.time += 50e-6
        expect(counts(0x0c)).toBe(0)
        state.time += 150e-6
        expect(counts(0x0c)).toBe(651) // 4096 / 2π = 651.9
        write(0x08, 0x03)
        state.time = 2.001
        counts(0x0c)
        state.angle = 2
        state.time = 2.09
        expect(counts(0x0c)).toBe(651)
        state.time = 2.11
        expect(counts(0x0c)).toBe(1303)
    })

    test('same seed, same readings; without a magnet they are noise', () => {
        const readings = (seed: number, field: number) => {
            const { state, counts } = setUp({ random: new Random(seed), field })
            return Array.from({ length: 50 }, () => {
                state.time += 0.01
                return counts(0x0c)
            })
        }
        expect(readings(1, 50)).toEqual(readings(1, 50))
        expect(readings(1, 50)).not.toEqual(readings(2, 50))
        expect(Math.max(...readings(1, 0)) - Math.min(...readings(1, 0))).toBeGreaterThan(2000)
    })

    test('a badly centred magnet bends the scale by one sine a turn', () => {
        const { at, counts } = setUp({ nonlinearity: Math.PI / 180 })
        at(Math.PI / 2 + 1e-6)
        expect(counts(0x0c)).toBe(1024 + 11) // 1° is 11.4 counts
        at((3 * Math.PI) / 2 + 1e-6)
        expect(counts(0x0c)).toBe(3072 - 12)
    })
})

/** Standard normal distribution function, by Simpson's rule. */
function normal(x: number): number {
    if (x < -8) return 0
    if (x > 8) return 1
    const n = 2000
    const h = (x + 8) / n
    let sum = 0
    for (let i = 0; i <= n; i++) {
        const t = -8 + i * h
        sum += (i === 0 || i === n ? 1 : i % 2 === 0 ? 2 : 4) * Math.exp((-t * t) / 2)
    }
    return (sum * h) / 3 / Math.sqrt(2 * Math.PI)
}
