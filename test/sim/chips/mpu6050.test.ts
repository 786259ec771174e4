import { describe, expect, test } from 'vitest'
import { Mpu6050, type Mpu6050Options } from '../../../src/sim/chips/mpu6050'
import { SimulatedI2cBus } from '../../../src/sim/i2c/simulated-i2c-bus'
import { Random } from '../../../src/sim/random'

const G = 9.80665
const DEGREE = Math.PI / 180
const ACCEL = 0x3b
const TEMP = 0x41
const GYRO = 0x43

const setUp = (options: Partial<Mpu6050Options> = {}) => {
    const state = { time: 0, warnings: [] as string[] }
    const motion = { specificForce: [0, 0, G], angularVelocity: [0, 0, 0] }
    const bus = new SimulatedI2cBus({ frequency: 400_000, now: () => state.time })
    const chip = new Mpu6050({
        motion: () => motion,
        now: () => state.time,
        warn: message => state.warnings.push(message),
        ...options,
    })
    bus.attach(0x68, chip)
    const read = (register: number, length = 1) => {
        const into = new Uint8Array(length)
        expect(bus.transfer(0x68, Uint8Array.of(register), into)).toBe(0)
        return [...into]
    }
    const write = (...bytes: number[]) => expect(bus.transfer(0x68, Uint8Array.from(bytes), undefined)).toBe(0)
    const words = (register: number, count: number) => {
        const bytes = read(register, 2 * count)
        return Array.from({ length: count }, (_, i) => ((bytes[2 * i] << 24) >> 16) | bytes[2 * i + 1])
    }
    const wait = (seconds: number) => (state.time += seconds)
    return { chip, state, motion, read, write, words, wait }
}

describe('MPU-6050 registers', () => {
    test('starts asleep, every register 0 but PWR_MGMT_1 and WHO_AM_I', () => {
        const { read, wait, chip } = setUp()
        wait(1)
        expect(read(0x75)).toEqual([0x68])
        expect(read(0x6b)).toEqual([0x40])
        expect(read(0x19, 4)).toEqual([0, 0, 0, 0])
        expect(read(ACCEL, 14)).toEqual(new Array(14).fill(0))
        expect(chip.nextSample).toBe(Infinity)
    })

    test('DEVICE_RESET restores the defaults, reads as 1 for 100 ms, and loses what is written meanwhile', () => {
        const { read, write, wait, state } = setUp()
        write(0x6b, 0x01)
        write(0x1b, 0x18)
        write(0x6b, 0x80)
        expect(read(0x6b)).toEqual([0xc0])
        write(0x6b, 0x01)
        expect(state.warnings).toHaveLength(1)
        expect(state.warnings[0]).toMatch(/MPU6050@0x68.*during reset.*0x6b/)
        wait(0.101)
        expect(read(0x6b)).toEqual([0x40])
        expect(read(0x1b)).toEqual([0x00])
    })

    test('warns of reserved, read-only and write-only registers and of what is not modelled', () => {
        const { read, write, state } = setUp()
        read(0x00)
        write(0x75, 1)
        expect(read(0x68)).toEqual([0])
        write(0x6a, 0x40)
        write(0x1b, 0x80)
        expect(state.warnings).toHaveLength(5)
        expect(state.warnings[0]).toMatch(/MPU6050@0x68.*0x00/)
        expect(state.warnings[3]).toMatch(/not modelled.*0x6a/)
        expect(read(0x75)).toEqual([0x68])
    })
})

describe('MPU-6050 scales', () => {
    test.each([
        [0, 2, 16384],
        [1, 4, 8192],
        [2, 8, 4096],
        [3, 16, 2048],
    ])('accelerometer AFS_SEL %i: ±%i g, %i counts a g', (code, full, perG) => {
        const { motion, write, words, wait } = setUp()
        write(0x6b, 0x01)
        write(0x1c, code << 3)
        motion.specificForce = [G, -G, 0.5 * G]
        wait(0.01)
        expect(words(ACCEL, 3)).toEqual([perG, -perG, perG / 2])
        motion.specificForce = [1.2 * full * G, -1.2 * full * G, 0]
        wait(0.01)
        expect(words(ACCEL, 3)).toEqual([32767, -32768, 0])
    })

    test.each([
        [0, 250, 131],
        [1, 500, 65.5],
        [2, 1000, 32.8],
        [3, 2000, 16.4],
    ])('gyroscope FS_SEL %i: ±%i °/s, %f counts a °/s', (code, full, perDegree) => {
        const { motion, write, words, wait } = setUp()
        write(0x6b, 0x01)
        write(0x1b, code << 3)
        motion.angularVelocity = [100 * DEGREE, -100 * DEGREE, 0]
        wait(0.01)
        const hundred = Math.round(100 * perDegree)
        expect(words(GYRO, 3)).toEqual([hundred, -hundred, 0])
        motion.angularVelocity = [0, 1.2 * full * DEGREE, -1.2 * full * DEGREE]
        wait(0.01)
        expect(words(GYRO, 3)).toEqual([0, 32767, -32768])
    })

    // RM, registers 65 and 66: °C = counts / 340 + 36.53.
    test.each([-40, 25, 36.53, 85])('temperature of %f °C', degrees => {
        const { write, words, wait } = setUp({ temperature: () => degrees })
        write(0x6b, 0x01)
        wait(0.01)
        expect(Math.abs(words(TEMP, 1)[0] / 340 + 36.53 - degrees)).toBeLessThan(0.005)
    })
})

describe('MPU-6050 sampling', () => {
    test.each([
        // [DLPF_CFG, SMPLRT_DIV, Hz]
        [0, 7, 1000],
        [0, 255, 31.25],
        [1, 0, 1000],
        [3, 4, 200],
        [6, 9, 100],
        [2, 255, 3.90625],
    ])('DLPF_CFG %i and SMPLRT_DIV %i give %f samples a second', (filter, divider, rate) => {
        const { chip, read, write, state } = setUp()
        write(0x38, 0x01)
        write(0x19, divider, filter)
        write(0x6b, 0x01)
        let samples = 0
        const polls = Math.ceil(2.5 * rate)
        for (let i = 1; i <= polls; i++) {
            state.time = i / polls + 1e-6
            chip.advance()
            samples += read(0x3a)[0] & 1
        }
        expect(samples).toBe(Math.floor(rate))
    })

    test('INT_STATUS tells of data only when INT_ENABLE asks for it, and is cleared by reading', () => {
        const { read, write, wait } = setUp()
        write(0x6b, 0x01)
        wait(0.01)
        expect(read(0x3a)).toEqual([0])
        write(0x38, 0x01)
        wait(0.01)
        expect(read(0x3a)).toEqual([1])
        expect(read(0x3a)).toEqual([0])
    })

    test('a sample stands until the next one; asleep, the last one stands', () => {
        const { motion, write, words, wait } = setUp()
        write(0x19, 9, 1) // 100 Hz
        write(0x6b, 0x01)
        wait(0.0101)
        expect(words(ACCEL + 4, 1)).toEqual([16384])
        motion.specificForce = [0, 0, 0]
        wait(0.009)
        expect(words(ACCEL + 4, 1)).toEqual([16384])
        wait(0.001)
        expect(words(ACCEL + 4, 1)).toEqual([0])
        write(0x6b, 0x41)
        motion.specificForce = [0, 0, G]
        wait(1)
        expect(words(ACCEL + 4, 1)).toEqual([0])
    })

    test('advance takes the sample at its instant, however late it is read', () => {
        const { chip, motion, write, words, state } = setUp()
        write(0x19, 9, 1)
        write(0x6b, 0x01)
        expect(chip.nextSample).toBeCloseTo(0.01, 9)
        state.time = 0.0101
        chip.advance()
        motion.specificForce = [0, 0, 0]
        state.time = 0.015
        expect(words(ACCEL + 4, 1)).toEqual([16384])
    })
})

describe('MPU-6050 noise', () => {
    const measure = (filter: number, register: number, count: number) => {
        const { chip, write, words, state } = setUp({ random: new Random(9).fork('imu') })
        write(0x19, 0, filter)
        write(0x6b, 0x01)
        let sum = 0
        let squares = 0
        for (let i = 0; i < count; i++) {
            state.time = chip.nextSample
            chip.advance()
            const value = words(register, 1)[0]
            sum += value
            squares += value * value
        }
        return Math.sqrt(squares / count - (sum / count) ** 2)
    }

    test('gyroscope: the specification’s 0.05 °/s RMS at DLPF_CFG 2', () => {
        expect(measure(2, GYRO, 8000) / 131 / 0.05).toBeCloseTo(1, 1)
    })

    test.each([
        [1, 184],
        [3, 44],
    ])('accelerometer at DLPF_CFG %i: 400 µg/√Hz over %i Hz', (filter, bandwidth) => {
        expect(measure(filter, ACCEL, 8000) / 16384 / (400e-6 * Math.sqrt(bandwidth))).toBeCloseTo(1, 1)
    })

    test('offsets are within tolerance and belong to the seed', () => {
        const offsets = (seed: number) => {
            const { write, words, wait, motion } = setUp({ random: new Random(seed) })
            motion.specificForce = [0, 0, 0]
            write(0x19, 0, 6) // 5 Hz: least noise
            write(0x6b, 0x01)
            wait(0.1)
            return [...words(ACCEL, 3).map(counts => counts / 16.384), ...words(GYRO, 3).map(counts => counts / 131)]
        }
        expect(offsets(1)).toEqual(offsets(1))
        expect(offsets(1)).not.toEqual(offsets(2))
        const all = Array.from({ length: 40 }, (_, seed) => offsets(seed))
        ;[50, 50, 80, 20, 20, 20].forEach((tolerance, axis) => {
            const values = all.map(row => row[axis])
            // Five standard deviations of noise on top: 4.5 mg and 0.06 °/s.
            for (const value of values) expect(Math.abs(value)).toBeLessThan(tolerance + (axis < 3 ? 4.5 : 0.06))
            expect(Math.max(...values)).toBeGreaterThan(tolerance / 2)
            expect(Math.min(...values)).toBeLessThan(-tolerance / 2)
        })
    })

    test('offsets drift with temperature within the specified variation', () => {
        const at = (degrees: number) => {
            const { write, words, wait, motion } = setUp({ random: new Random(4), temperature: () => degrees })
            motion.specificForce = [0, 0, 0]
            write(0x19, 0, 6)
            write(0x6b, 0x01)
            wait(0.1)
            return [...words(ACCEL, 3).map(counts => counts / 16.384), ...words(GYRO, 3).map(counts => counts / 131)]
        }
        const cool = at(25)
        const hot = at(70)
        ;[35, 35, 60, 20, 20, 20].forEach((variation, axis) => {
            const drift = Math.abs(hot[axis] - cool[axis])
            expect(drift).toBeLessThan(variation + 1)
            expect(drift).toBeGreaterThan(0)
        })
    })
})
