import { describe, expect, it } from 'vitest'
import { Ina226 } from '../../devices/power/ina226'
import { signed16 } from '../../src/hal/bytes'
import { SimulatedI2cBus } from '../../src/sim/i2c/simulated-i2c-bus'
import { Ina226 as Chip } from '../../src/sim/chips/ina226'
import { Random } from '../../src/sim/random'
import { ScriptedBus } from './scripted-bus'

// Register numbers and values retyped from SBOS547A, table 4 and section 7.6.
const [CONFIGURATION, SHUNT, BUS, MANUFACTURER, DIE] = [0x00, 0x01, 0x02, 0xfe, 0xff]

async function started(bus: ScriptedBus): Promise<Ina226> {
    bus.read([MANUFACTURER], [0x54, 0x49])
        .read([DIE], [0x22, 0x60])
        .write(CONFIGURATION, 0x40, 0xa7)
        .read([CONFIGURATION], [0x40, 0xa7])
    const sensor = new Ina226(bus, 0.01)
    await sensor.init()
    return sensor
}

describe('INA226', () => {
    it('identifies the part, configures it and reads both voltages', async () => {
        const bus = new ScriptedBus(0x40)
        const sensor = await started(bus)
        bus.read([SHUNT], [0x01, 0x00]).read([BUS], [0x25, 0x80])
        expect(sensor.sample()).toBe(true)
        // 256 × 2.5 µV across 10 mΩ are 64 mA; 9600 × 1.25 mV are 12 V.
        expect(sensor.currentRaw * sensor.amperePerCount).toBeCloseTo(0.064, 12)
        expect(sensor.supplyRaw * sensor.voltPerCount).toBeCloseTo(12, 12)
        bus.finish()
    })

    it('reads a negative current', () => {
        expect([signed16(0, 0), signed16(0x7f, 0xff), signed16(0x80, 0), signed16(0xff, 0xff)]).toEqual([
            0, 32767, -32768, -1,
        ])
    })

    it('refuses another part', async () => {
        const bus = new ScriptedBus(0x40).read([MANUFACTURER], [0x54, 0x49]).read([DIE], [0x22, 0x70])
        await expect(new Ina226(bus, 0.01).init()).rejects.toMatchObject({ code: 'wrong-part' })
    })

    it('drops a sample that was not acknowledged and keeps the last', async () => {
        const bus = new ScriptedBus(0x40)
        const sensor = await started(bus)
        bus.read([SHUNT], [0x00, 0x07]).read([BUS], [0x00, 0x09]).nackRead([SHUNT], 2)
        expect([sensor.sample(), sensor.sample()]).toEqual([true, false])
        expect(sensor).toMatchObject({ currentRaw: 7, supplyRaw: 9, errors: 1 })
        bus.finish()
    })

    it('reads from the simulated chip what flows, within its offset, gain error and noise', async () => {
        let now = 0
        const bus = new SimulatedI2cBus({ frequency: 400_000, now: () => now })
        const options = { current: () => -1.5, voltage: () => 11.4, shunt: 0.01, now: () => now }
        bus.attach(0x40, new Chip({ ...options, random: new Random(3) }))
        const sensor = new Ina226(bus, 0.01)
        await sensor.init()
        for (let i = 0; i < 100; i++) {
            now += 0.01
            sensor.sample()
            // 10 µV offset at most are 1 mA; 0.1 % gain at most; 3 counts of noise.
            expect(Math.abs(sensor.currentRaw * sensor.amperePerCount + 1.5)).toBeLessThan(0.0033)
            expect(Math.abs(sensor.supplyRaw * sensor.voltPerCount - 11.4)).toBeLessThan(0.016)
        }
    })
})
