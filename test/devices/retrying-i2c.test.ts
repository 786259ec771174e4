import { describe, expect, it } from 'vitest'
import { RetryingI2c } from '../../devices/buses/retrying-i2c'
import { Icm20948 } from '../../devices/imus/icm20948'
import { Ina226 } from '../../devices/power/ina226'
import { again } from '../../src/hal/i2c-bus'
import { Icm20948 as SimulatedIcm20948 } from '../../src/sim/chips/icm20948'
import { Ina226 as SimulatedIna226 } from '../../src/sim/chips/ina226'
import { SimulatedI2cBus } from '../../src/sim/i2c/simulated-i2c-bus'
import { Random } from '../../src/sim/random'

const POINTER = Buffer.from([0x22])

/** A bus whose transfers fail as many times as told. */
function setUp(addresses: number[], retries?: number) {
    const state = { now: 0, fails: 0, tries: 0, lines: [] as string[] }
    const transfer = () => {
        state.tries++
        return state.fails-- > 0 ? -1 : 0
    }
    const clock = { millis: () => state.now, sleep: async () => {} }
    const bus = new RetryingI2c({ transfer }, clock, addresses, retries, line => state.lines.push(line))
    /** One transfer as a driver makes it. */
    const use = (address: number, fails: number) => {
        state.fails = fails
        if (bus.transfer(address, POINTER, undefined) === 0) return true
        return again(bus, address, POINTER, undefined) === 0
    }
    const of = (address: number) => bus.faults.find(faults => faults.address === address)!
    return { state, bus, use, of, transfer }
}

describe('a bus with retries', () => {
    it('is the bus itself while transfers succeed', () => {
        const { bus, transfer, use, of, state } = setUp([0x36, 0x6a])
        expect(bus.transfer).toBe(transfer)
        expect(use(0x36, 0)).toBe(true)
        expect(state.tries).toBe(1)
        expect(of(0x36)).toMatchObject({ failed: 0, saved: 0, lost: 0 })
    })

    it.each([
        [1, true, 2, { failed: 1, saved: 1, lost: 0 }],
        [2, true, 3, { failed: 1, saved: 1, lost: 0 }],
        [3, false, 3, { failed: 1, saved: 0, lost: 1 }],
    ])('tries twice more: %i failures give %s after %i tries', (fails, success, tries, counts) => {
        const { use, of, state } = setUp([0x36, 0x6a])
        expect(use(0x36, fails)).toBe(success)
        expect(state.tries).toBe(tries)
        expect(of(0x36)).toMatchObject(counts)
        expect(of(0x6a)).toMatchObject({ failed: 0 })
    })

    it('counts each address by itself, also those that it was not told of, and takes no retries', () => {
        const { use, of } = setUp([0x36], 0)
        for (let i = 0; i < 5; i++) expect(use(0x36, 1)).toBe(false)
        expect(use(0x44, 1)).toBe(false)
        expect(of(0x36)).toMatchObject({ failed: 5, saved: 0, lost: 5 })
        expect(of(0x44)).toMatchObject({ failed: 1, saved: 0, lost: 1 })
    })

    it('tells people of the 1st, 2nd, 4th and 8th loss, not of each', () => {
        const { use, state } = setUp([0x36, 0x6a])
        for (let i = 0; i < 10; i++) {
            state.now += 100
            use(0x36, 3)
        }
        expect(state.lines).toEqual([
            'I2C 0x36: 1 not acknowledged, 0 saved, 1 lost',
            'I2C 0x36: 2 not acknowledged, 0 saved, 2 lost',
            'I2C 0x36: 4 not acknowledged, 0 saved, 4 lost',
            'I2C 0x36: 8 not acknowledged, 0 saved, 8 lost',
        ])
    })

    it('takes it for a stuck bus when all parts are silent within a few ticks, once for each time', () => {
        const { bus, use, state } = setUp([0x10, 0x36, 0x6a])
        for (let tick = 0; tick < 5; tick++) {
            state.now += 10
            for (const address of [0x10, 0x36, 0x6a]) use(address, 3)
        }
        expect(bus.stuck).toBe(1)
        expect(state.lines).toContain('I2C: all 3 parts are silent: a line held down, or no supply')
        // One of them is heard again.
        use(0x36, 1)
        for (const address of [0x10, 0x36, 0x6a]) use(address, 3)
        expect(bus.stuck).toBe(2)
    })

    it('does not take it for one when a part is heard, or their losses lie apart', () => {
        const { bus, use, state } = setUp([0x10, 0x36])
        for (let tick = 0; tick < 20; tick++) {
            state.now += 10
            use(0x10, 0)
            use(0x36, 3)
        }
        state.now += 60
        use(0x10, 3)
        expect(bus.stuck).toBe(0)
        const alone = setUp([0x10])
        alone.use(0x10, 3)
        expect(alone.bus.stuck).toBe(0)
    })

    it('without it a failure stands', () => {
        expect(again({ transfer: () => 0 }, 0x36, POINTER, undefined)).toBeLessThan(0)
    })
})

describe('drivers on a bus with noise', () => {
    it('lose no sample where each tenth transfer fails once, and few where a third does', async () => {
        const state = { time: 0 }
        const wire = new SimulatedI2cBus({ frequency: 400_000, now: () => state.time })
        const random = new Random(8)
        const motion = { specificForce: [0, 0, 9.8], angularVelocity: [0, 0, 0] }
        const chip = new SimulatedIcm20948({ motion: () => motion, now: () => state.time, random: random.fork('imu') })
        chip.attachTo(wire)
        const source = { current: () => 1, voltage: () => 12, shunt: 0.01 }
        wire.attach(0x40, new SimulatedIna226({ ...source, now: () => state.time, random: random.fork('power') }))
        const clock = {
            millis: () => state.time * 1000,
            sleep: async (ms: number) => {
                state.time += ms / 1000
            },
        }
        const noise = random.fork('noise')
        let probability = 0.1
        wire.fault = () => (noise.uniform() < probability ? 'nack' : undefined)
        const transfer: SimulatedI2cBus['transfer'] = (...transaction) => wire.transfer(...transaction)
        const bus = new RetryingI2c({ transfer }, clock, [0x68, 0x40], 4)
        const imu = new Icm20948(bus, { magnetometer: false })
        const power = new Ina226(bus, 0.01)
        await imu.init(clock)
        await power.init()
        let lost = 0
        const run = () => {
            lost = 0
            for (let i = 0; i < 1000; i++) {
                state.time += 0.01
                chip.advance()
                if (!imu.sample()) lost++
                if (!power.sample()) lost++
            }
        }
        run()
        expect(lost).toBeLessThan(5)
        const [before] = bus.faults
        expect(before.saved).toBeGreaterThan(150)
        probability = 0.3
        run()
        expect(lost).toBeGreaterThan(0)
        expect(lost).toBeLessThan(150)
        expect(bus.faults.reduce((sum, { lost }) => sum + lost, 0)).toBe(imu.errors + power.errors)
        // Two parts may be silent together by chance, where every second transfer fails.
        expect(bus.stuck).toBeLessThanOrEqual(1)
    })
})
