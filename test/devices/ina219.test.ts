import { describe, expect, it } from 'vitest'
import { Ina219 } from '../../devices/power/ina219'
import type { Ina226 } from '../../devices/power/ina226'
import { Ina219 as Chip } from '../../src/sim/chips/ina219'
import { Ina226 as OtherChip } from '../../src/sim/chips/ina226'
import { Pca9685 as ServoChip } from '../../src/sim/chips/pca9685'
import { SimulatedI2cBus } from '../../src/sim/i2c/simulated-i2c-bus'
import { Random } from '../../src/sim/random'
import { refusal, ScriptedBus } from './scripted-bus'

// Register numbers and values retyped from SBOS448G, table 2 and section 8.6.
const [CONFIGURATION, SHUNT, BUS] = [0x00, 0x01, 0x02]

async function started(bus: ScriptedBus, shunt = 0.1): Promise<Ina219> {
    bus.read([CONFIGURATION], [0x39, 0x9f]).write(CONFIGURATION, 0x39, 0xcf).read([CONFIGURATION], [0x39, 0xcf])
    const sensor = new Ina219(bus, shunt)
    await sensor.init()
    return sensor
}

describe('INA219', () => {
    it('identifies the part, configures it and reads both voltages', async () => {
        const bus = new ScriptedBus(0x40)
        // Section 9.2.2.1: 10 A through 2 mΩ at 11.98 V are 07D0h and 5D98h; CNVR is bit 1 of the latter.
        const sensor = await started(bus, 0.002)
        bus.read([BUS], [0x5d, 0x9a]).read([SHUNT], [0x07, 0xd0])
        expect(sensor.sample()).toBe(true)
        expect(sensor.currentRaw * sensor.amperePerCount).toBeCloseTo(10, 12)
        expect(sensor.supplyRaw * sensor.voltPerCount).toBeCloseTo(11.98, 12)
        bus.finish()
    })

    it.each([
        // Section 8.6.3.1: ±320 mV are 7D00h and 8300h.
        ['full scale', [0x7d, 0x00], 3.2],
        ['negative full scale', [0x83, 0x00], -3.2],
        ['zero', [0, 0], 0],
        ['minus one count', [0xff, 0xff], -1e-4],
    ])('current at %s', async (_, bytes, current) => {
        const bus = new ScriptedBus(0x40)
        const sensor = await started(bus)
        bus.read([BUS], [0xfa, 0x02]).read([SHUNT], bytes)
        expect(sensor.sample()).toBe(true)
        expect(sensor.currentRaw * sensor.amperePerCount).toBeCloseTo(current, 12)
        // Section 8.6.3.2: 32 V are 1F40h, three bits higher FA00h.
        expect(sensor.supplyRaw * sensor.voltPerCount).toBeCloseTo(32, 12)
    })

    it('drops a sample that was not acknowledged, or not measured, and keeps the last', async () => {
        const bus = new ScriptedBus(0x40)
        const sensor = await started(bus)
        bus.read([BUS], [0x00, 0x4a]).read([SHUNT], [0x00, 0x07])
        expect(sensor.sample()).toBe(true)
        bus.nackRead([BUS], 2).read([BUS], [0x55, 0x02]).nackWrite([SHUNT], 2).read([BUS], [0x55, 0x00])
        expect([sensor.sample(), sensor.sample(), sensor.sample()]).toEqual([false, false, false])
        expect(sensor).toMatchObject({ currentRaw: 7, supplyRaw: 9, errors: 3 })
        bus.finish()
    })

    it('says why it could not be started, having written nothing to another part', async () => {
        const start = (bus: ScriptedBus, shunt = 0.1) => refusal(new Ina219(bus, shunt).init())
        expect(await start(new ScriptedBus(0x40).nackWrite([CONFIGURATION], 2))).toMatchObject({
            device: 'INA219@0x40',
            code: 'not-found',
        })
        expect((await start(new ScriptedBus(0x40).read([CONFIGURATION], [0x41, 0x27]))).code).toBe('wrong-part')
        expect((await start(new ScriptedBus(0x40), NaN)).message).toMatch(/shunt NaN ohm, allowed above 0/)
        const write = [CONFIGURATION, 0x39, 0xcf]
        const lost = new ScriptedBus(0x40).read([CONFIGURATION], [0x39, 0x9f]).nackWrite(write)
        expect((await start(lost)).code).toBe('bus')
        const deaf = new ScriptedBus(0x40).read([CONFIGURATION], [0x39, 0x9f]).write(...write)
        expect((await start(deaf.read([CONFIGURATION], [0x39, 0x9f]))).code).toBe('bus')
    })

    it('has the interface of the INA226', () => {
        type Interface = Pick<Ina226, keyof Ina226>
        const sensor: Interface = new Ina219(new ScriptedBus(0x40), 0.1)
        expect(sensor.amperePerCount).toBeCloseTo(1e-4, 12)
    })
})

describe('INA219 on the simulated chip', () => {
    const setUp = (random?: Random) => {
        const state = { time: 0, current: -1.5, voltage: 11.4 }
        const now = () => state.time
        const bus = new SimulatedI2cBus({ frequency: 400_000, now })
        const chip = new Chip({ current: () => state.current, voltage: () => state.voltage, shunt: 0.1, now, random })
        bus.attach(0x40, chip)
        return { state, bus, chip, sensor: new Ina219(bus, 0.1) }
    }

    it('reads what flows, within offset, gain error and noise', async () => {
        const { state, sensor } = setUp(new Random(3))
        await sensor.init()
        for (let i = 0; i < 100; i++) {
            state.time += 0.01
            expect(sensor.sample()).toBe(true)
            // At most 200 µV offset are 2 mA, 0.5 % gain 7.5 mA, 4 deviations of 40 µV noise 1.6 mA.
            expect(Math.abs(sensor.currentRaw * sensor.amperePerCount + 1.5)).toBeLessThan(0.0111)
            // 0.5 % gain 57 mV, 4 deviations of 2 mV and half a count.
            expect(Math.abs(sensor.supplyRaw * sensor.voltPerCount - 11.4)).toBeLessThan(0.067)
        }
    })

    it('has no sample before the first cycle is over, also when started anew, and a new one each 1.8 ms', async () => {
        const { state, sensor } = setUp()
        await sensor.init()
        expect(sensor.sample()).toBe(false)
        state.time += 0.0018
        expect(sensor.sample()).toBe(true)
        state.current = 2
        state.time += 0.0018
        expect(sensor.sample()).toBe(true)
        expect(sensor.currentRaw * sensor.amperePerCount).toBeCloseTo(2, 9)
        await sensor.init()
        expect(sensor.sample()).toBe(false)
    })

    it('goes on with the same counts after a dip of its supply', async () => {
        const { state, sensor, chip } = setUp()
        await sensor.init()
        chip.reset()
        expect(sensor.sample()).toBe(false)
        state.time += 0.002
        expect(sensor.sample()).toBe(true)
        expect(sensor.currentRaw * sensor.amperePerCount).toBeCloseTo(-1.5, 9)
        expect(sensor.supplyRaw * sensor.voltPerCount).toBeCloseTo(11.4, 9)
    })

    it('refuses an INA226 and a PCA9685 at its address, and leaves both as they are', async () => {
        const now = () => 0
        const parts = [new OtherChip({ current: () => 0, voltage: () => 0, shunt: 0.1, now }), new ServoChip({ now })]
        for (const part of parts) {
            const bus = new SimulatedI2cBus({ frequency: 400_000, now })
            bus.attach(0x40, part)
            const written: number[] = []
            bus.onTransaction = (_, write) => written.push(write?.length ?? 0)
            expect((await refusal(new Ina219(bus, 0.1).init())).code).toBe('wrong-part')
            expect(written).toEqual([1])
        }
    })
})
