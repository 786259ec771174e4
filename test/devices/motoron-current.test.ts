import { describe, expect, it } from 'vitest'
import { Motoron } from '../../devices/motors/motoron'
import {
    amperePerCount,
    limitFromCurrent,
    MotoronCurrent,
    VOLTS_PER_AMPERE_18V18_24V14 as FINE,
    VOLTS_PER_AMPERE_18V20_24V16 as COARSE,
} from '../../devices/motors/motoron-current'
import { Motoron as Chip } from '../../src/sim/chips/motoron'
import { SimulatedI2cBus } from '../../src/sim/i2c/simulated-i2c-bus'
import { refusal, ScriptedBus } from './scripted-bus'

const ADDRESS = 16

/** The guide's CRC-7 (section 11), bit by bit: apart from the driver's. */
function withCrc(...bytes: number[]): number[] {
    let crc = 0
    for (const byte of bytes) {
        for (let bit = 0; bit < 8; bit++) {
            const low = (crc ^ (byte >> bit)) & 1
            crc = (crc >> 1) ^ (low ? 0x48 : 0)
        }
    }
    return [...bytes, crc]
}

/** An M2S or M2H says who it is. */
function identified(bus: ScriptedBus, productId = 0xcd): ScriptedBus {
    return bus.write(...withCrc(0x87)).read([], withCrc(productId, 0x00, 0x03, 0x01))
}

function configured(bus: ScriptedBus, motor: number, limit: number, offset: number): ScriptedBus {
    return bus
        .write(...withCrc(0x9c, motor, 26, limit & 0x7f, limit >> 7))
        .write(...withCrc(0x9c, motor, 34, offset & 0x7f, offset >> 7))
        .write(...withCrc(0x9c, motor, 35, 25, 0))
        .write(...withCrc(0x9a, motor, 26, 2))
        .read([], withCrc(limit & 0xff, limit >> 8))
        .write(...withCrc(0x9a, motor, 34, 2))
        .read([], withCrc(offset, 25))
}

/** Init is synchronous: nothing of it waits. */
const start = async (sensor: MotoronCurrent) => sensor.init()

describe("a Motoron's current", () => {
    it('has the units of Pololu’s library: reference × type × 25/512 mA a count, cut to whole ones', () => {
        // currentSenseUnitsMilliamps of motoron-arduino's src/Motoron.h.
        const library = (type: 1 | 2, millivolts: number) => Math.floor((millivolts * type * 25) / 512)
        expect(Math.floor(1000 * amperePerCount(5, FINE))).toBe(library(1, 5000))
        expect(Math.floor(1000 * amperePerCount(3.3, FINE))).toBe(library(1, 3300))
        expect(Math.floor(1000 * amperePerCount(3.3, COARSE))).toBe(library(2, 3300))
        expect(library(2, 3300)).toBe(322)
    })

    it('has the limits of Pololu’s library: its calibration example’s 10 A with an offset of 10 at 5 V is 50', () => {
        // calculateCurrentLimit: (10 × 125 + 64) / 128 = 10, and 10000 × 20 / 5000 = 40.
        expect(limitFromCurrent(10, 10, 5, FINE)).toBe(50)
        // (15 × 125 + 64) / 128 = 15, and 20000 × 20 / (3300 × 2) = 60.
        expect(limitFromCurrent(20, 15, 3.3, COARSE)).toBe(75)
    })

    it('writes offset, minimum divisor and limit of both motors and reads them back', async () => {
        // 50 mV of 3.3 V in 10 bits is 16 counts (15.5); 5 A are 30.3 steps above 15.6.
        const bus = configured(configured(identified(new ScriptedBus(ADDRESS)), 1, 46, 16), 2, 46, 16)
        const sensor = new MotoronCurrent(bus, { voltsPerAmpere: FINE, limit: 5 })
        await start(sensor)
        bus.finish()
        expect(sensor.offsetRaw).toEqual([16, 16])
    })

    it('reads one motor: speed and processed current, its sign that of the speed', () => {
        const bus = new ScriptedBus(ADDRESS)
            .write(...withCrc(0x9a, 1, 30, 4))
            .read([], withCrc(0x90, 0x01, 10, 0)) // 400, 10 counts
            .write(...withCrc(0x9a, 2, 30, 4))
            .read([], withCrc(0x70, 0xfe, 0x00, 0x01)) // -400, 256 counts
        const sensor = new MotoronCurrent(bus, { voltsPerAmpere: COARSE })
        expect(sensor.read(0)).toBe(true)
        expect(sensor.read(1)).toBe(true)
        expect(sensor.current[0]).toBeCloseTo((10 * 3.3) / 1024 / 0.01, 12)
        expect(sensor.current[1]).toBeCloseTo((-256 * 3.3) / 1024 / 0.01, 12)
        bus.finish()
    })

    it('drops and counts a missing acknowledge, a wrong CRC, an overflow and the 0xAA of nothing to say', () => {
        const request = withCrc(0x9a, 1, 30, 4)
        const bus = new ScriptedBus(ADDRESS)
            .write(...request)
            .read([], withCrc(0x90, 0x01, 10, 0))
            .nackWrite(request)
            .write(...request)
            .nackRead([], 5)
            .write(...request)
            .read([], [0x90, 0x01, 11, 0, withCrc(0x90, 0x01, 10, 0)[4]])
            .write(...request)
            .read([], withCrc(0x01, 0x00, 0xff, 0xff))
            .write(...request)
            .read([], [0xaa, 0xaa, 0xaa, 0xaa, 0xaa])
        const sensor = new MotoronCurrent(bus, { voltsPerAmpere: COARSE })
        expect(sensor.read(0)).toBe(true)
        const good = sensor.current[0]
        for (let failures = 1; failures <= 5; failures++) {
            expect(sensor.read(0)).toBe(false)
            expect(sensor).toMatchObject({ valid: false, errors: failures })
            expect(sensor.current[0]).toBe(good)
        }
        bus.finish()
    })

    it('refuses a model that measures none, one that is absent, settings not taken and a wrong configuration', async () => {
        const small = identified(new ScriptedBus(ADDRESS), 0xce)
        expect(await refusal(start(new MotoronCurrent(small, { voltsPerAmpere: FINE })))).toMatchObject({
            code: 'wrong-part',
            device: 'Motoron@0x10',
        })
        small.finish()
        const absent = new ScriptedBus(0x11).nackWrite(withCrc(0x87))
        const other = { voltsPerAmpere: FINE, address: 0x11 }
        expect((await refusal(start(new MotoronCurrent(absent, other)))).code).toBe('bus')
        const deaf = identified(new ScriptedBus(ADDRESS))
            .write(...withCrc(0x9c, 1, 26, 0, 0))
            .write(...withCrc(0x9c, 1, 34, 16, 0))
            .write(...withCrc(0x9c, 1, 35, 25, 0))
            .write(...withCrc(0x9a, 1, 26, 2))
            .read([], withCrc(0, 0))
            .write(...withCrc(0x9a, 1, 34, 2))
            .read([], withCrc(0, 0))
        expect((await refusal(start(new MotoronCurrent(deaf, { voltsPerAmpere: FINE })))).code).toBe('bus')
        const wrongScale = new MotoronCurrent(new ScriptedBus(ADDRESS), { voltsPerAmpere: 0.03 })
        expect((await refusal(start(wrongScale))).message).toMatch(/voltsPerAmpere 0.03, allowed 0.02/)
        for (const limit of [0, -1, NaN, 200]) {
            const bus = identified(new ScriptedBus(ADDRESS))
            const error = await refusal(start(new MotoronCurrent(bus, { voltsPerAmpere: FINE, limit })))
            expect(error.code, String(limit)).toBe('config')
            expect(error.message).toContain(`limit ${limit} A, allowed above 0 up to 162`)
        }
    })
})

describe('on a simulated M2H18v18', () => {
    async function rig(offsetVolts: number) {
        const time = { now: 0 }
        const amperes = [2, 5]
        const bus = new SimulatedI2cBus({ frequency: 400_000, now: () => time.now })
        const chip = new Chip({
            now: () => time.now,
            supply: () => 12,
            productId: 0xcd,
            currentSense: { current: motor => amperes[motor - 1], voltsPerAmpere: FINE, offsetVolts },
        })
        bus.attach(ADDRESS, chip)
        const clock = { millis: () => time.now * 1000, sleep: async (ms: number) => void (time.now += ms / 1000) }
        const motors = new Motoron(bus, { channels: 2 })
        await motors.init(clock)
        const sensor = new MotoronCurrent(bus, { voltsPerAmpere: FINE, limit: 20 })
        sensor.init()
        const drive = (left: number, right: number) => {
            expect(motors.write(left, right)).toBe(true)
            time.now += 0.02
        }
        return { motors, sensor, clock, drive, amperes }
    }

    it('measures both motors within a step of the converter over the duty, once calibrated', async () => {
        const { motors, sensor, clock, drive } = await rig(0.12)
        motors.enable()
        drive(0, 0)
        await sensor.calibrate(clock)
        // 120 mV in counts of 3.3 V / 1024.
        expect(sensor.offsetRaw).toEqual([37, 37])
        drive(0.5, -0.8)
        expect([sensor.read(0), sensor.read(1)]).toEqual([true, true])
        // 0.161 A a count: at half duty two counts of the processed value.
        expect(sensor.current[0]).toBeGreaterThan(2 - 0.33)
        expect(sensor.current[0]).toBeLessThan(2 + 0.17)
        expect(sensor.current[1]).toBeLessThan(-5 + 0.25)
        expect(sensor.current[1]).toBeGreaterThan(-5 - 0.17)
    })

    it('is wrong by the offset without calibration: 70 mV are 3.5 A', async () => {
        const { motors, sensor, drive } = await rig(0.12)
        motors.enable()
        drive(1, 1)
        sensor.read(0)
        expect(sensor.current[0]).toBeGreaterThan(2 + 3.5 - 0.3)
    })

    it('reads low below an eighth of duty, as told', async () => {
        const { motors, sensor, clock, drive } = await rig(0.05)
        motors.enable()
        drive(0, 0)
        await sensor.calibrate(clock)
        drive(0.1, 1)
        sensor.read(0)
        sensor.read(1)
        expect(sensor.current[0]).toBeLessThan(2 * 0.8 + 0.01)
        expect(sensor.current[1]).toBeGreaterThan(5 - 0.17)
    })

    it('calibrates only motors that are braked and stand', async () => {
        const { motors, sensor, clock, drive } = await rig(0.05)
        motors.enable()
        motors.coast()
        expect((await refusal(sensor.calibrate(clock))).code).toBe('not-ready')
        drive(0.3, 0)
        expect((await refusal(sensor.calibrate(clock))).code).toBe('not-ready')
    })
})
