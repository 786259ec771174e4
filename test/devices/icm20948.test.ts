import { describe, expect, it } from 'vitest'
import { Icm20948, type Icm20948Config } from '../../devices/imus/icm20948'
import { Icm20948 as SimulatedIcm20948 } from '../../src/sim/chips/icm20948'
import { SimulatedI2cBus } from '../../src/sim/i2c/simulated-i2c-bus'
import { Random } from '../../src/sim/random'
import { JumpingClock, refusal, ScriptedBus } from './scripted-bus'

// DS-000189: sections 7.1, 7.3 and 12.
const ADDRESS = 0x68
const COMPASS = 0x0c
const WHO_AM_I = 0x00
const PWR_MGMT_1 = 0x06
const INT_PIN_CFG = 0x0f
const INT_ENABLE_1 = 0x11
const INT_STATUS_1 = 0x1a
const ACCEL_XOUT_H = 0x2d
const REG_BANK_SEL = 0x7f
const GYRO_SMPLRT_DIV = 0x00
const ACCEL_SMPLRT_DIV_1 = 0x10
const ACCEL_CONFIG = 0x14
const WIA2 = 0x01
const ST1 = 0x10
const CNTL2 = 0x31
const CNTL3 = 0x32

/** Accelerometer 1, -1, 8192; gyroscope -32768, 32767, 328. */
const SAMPLE = [0x00, 0x01, 0xff, 0xff, 0x20, 0x00, 0x80, 0x00, 0x7f, 0xff, 0x01, 0x48]
const ZEROS = new Array<number>(12).fill(0)
/** Of the divider 5, 51 Hz, 1000 °/s, 4 g: FS_SEL 2 and 1, DLPFCFG 3, FCHOICE 1. */
const SETTINGS = { divider: 4, gyroscope: 0x1d, accelerometer: 0x1b }

function wasReset(bus: ScriptedBus): ScriptedBus {
    return bus
        .write(REG_BANK_SEL, 0x00)
        .read([WHO_AM_I], [0xea])
        .write(PWR_MGMT_1, 0x80)
        .read([PWR_MGMT_1], [0x41])
        .write(PWR_MGMT_1, 0x01)
}

function configured(bus: ScriptedBus, { divider, gyroscope, accelerometer } = SETTINGS): ScriptedBus {
    return wasReset(bus)
        .write(REG_BANK_SEL, 0x20)
        .write(GYRO_SMPLRT_DIV, divider, gyroscope)
        .read([GYRO_SMPLRT_DIV], [divider, gyroscope])
        .write(ACCEL_SMPLRT_DIV_1, 0, divider)
        .read([ACCEL_SMPLRT_DIV_1], [0, divider])
        .write(ACCEL_CONFIG, accelerometer)
        .read([ACCEL_CONFIG], [accelerometer])
        .write(REG_BANK_SEL, 0x00)
        .write(INT_ENABLE_1, 0x01)
        .read([INT_ENABLE_1], [0x01])
        .read([PWR_MGMT_1], [0x01])
}

const running = (bus: ScriptedBus, settings = SETTINGS) => configured(bus, settings).read([INT_STATUS_1], [0x01])

/** ST1, field, a byte that means nothing, ST2. */
const field = (bytes: number[], st1 = 0x01, st2 = 0x00) => [st1, ...bytes, 0, st2]

function compassStarted(bus: ScriptedBus, first: number[]): ScriptedBus {
    return bus
        .write(INT_PIN_CFG, 0x02)
        .read([INT_PIN_CFG], [0x02])
        .at(COMPASS)
        .read([WIA2], [0x09])
        .write(CNTL3, 0x01)
        .write(CNTL2, 0x08)
        .read([CNTL2], [0x08])
        .read([ST1], field([0, 0, 0, 0, 0, 0], 0x00))
        .read([ST1], first)
        .at(ADDRESS)
}

async function started(config: Icm20948Config = { magnetometer: false }) {
    const bus = running(new ScriptedBus(ADDRESS)).read([ACCEL_XOUT_H], SAMPLE)
    const imu = new Icm20948(bus, config)
    await imu.init(new JumpingClock())
    bus.finish()
    return { bus, imu }
}

const init = (bus: ScriptedBus, config: Icm20948Config = { magnetometer: false }) =>
    new Icm20948(bus, config).init(new JumpingClock())
const counts = (imu: Icm20948) => [0, 1, 2, 3, 4, 5].map(axis => imu.raw(axis))

describe('starting an ICM-20948', () => {
    it('identifies, resets, wakes and configures it in its banks, waits for data and takes a sample', async () => {
        const bus = running(new ScriptedBus(ADDRESS)).read([ACCEL_XOUT_H], SAMPLE)
        const clock = new JumpingClock()
        const imu = new Icm20948(bus, { magnetometer: false })
        await imu.init(clock)
        bus.finish()
        expect(imu).toMatchObject({ valid: true, errors: 0 })
        expect(counts(imu)).toEqual([-32768, 32767, 328, 1, -1, 8192])
        // Telemetry's order: gyroscope first, low byte first.
        expect([...imu.frame]).toEqual([0x00, 0x80, 0xff, 0x7f, 0x48, 0x01, 0x01, 0x00, 0xff, 0xff, 0x00, 0x20])
        expect(imu.raw(5) * imu.accelerationPerCount).toBeCloseTo(9.80665, 10)
        expect(imu.raw(2) * imu.angularVelocityPerCount).toBeCloseTo(Math.PI / 18, 10)
        expect(clock.millis()).toBeGreaterThanOrEqual(135)
    })

    it('connects the magnetometer, waits for its first value and turns its axes to the gyroscope’s', async () => {
        // Table 22: 1 is 0.15 µT, -1 is -0.15 µT, 32752 is 4912 µT.
        const bus = compassStarted(running(new ScriptedBus(ADDRESS)), field([0x01, 0, 0xff, 0xff, 0xf0, 0x7f]))
        bus.read([ACCEL_XOUT_H], SAMPLE)
        const imu = new Icm20948(bus)
        await imu.init(new JumpingClock())
        bus.finish()
        expect(imu.field[0]).toBeCloseTo(0.15e-6, 15)
        expect(imu.field[1]).toBeCloseTo(0.15e-6, 15)
        expect(imu.field[2]).toBeCloseTo(-4912.8e-6, 12)
    })

    it.each([
        [{ sampleDivider: 1, bandwidthHz: 197, accelerationRangeG: 2, angularRateRangeDegPerSec: 250 }, 0, 0x01, 0x01],
        [{ sampleDivider: 256, bandwidthHz: 6 }, 255, 0x35, 0x33],
        [{ bandwidthHz: 120, accelerationRangeG: 16, angularRateRangeDegPerSec: 2000 }, 4, 0x17, 0x17],
        [{ bandwidthHz: 24, accelerationRangeG: 8, angularRateRangeDegPerSec: 500 }, 4, 0x23, 0x25],
    ])('writes %j', async (config, divider, gyroscope, accelerometer) => {
        const bus = running(new ScriptedBus(0x69), { divider, gyroscope, accelerometer }).read([ACCEL_XOUT_H], SAMPLE)
        await init(bus, { ...config, address: 0x69, magnetometer: false })
        bus.finish()
    })

    it('says when nothing answers', async () => {
        const bus = new ScriptedBus(ADDRESS).nackWrite([REG_BANK_SEL, 0])
        expect(await refusal(init(bus))).toMatchObject({ code: 'not-found', device: 'ICM20948@0x68' })
        bus.finish()
    })

    // MPU-6050, MPU-9250, nothing that drives the bus.
    it.each([0x68, 0x71, 0xff, 0x00])('configures nothing in a part that says 0x%x', async identity => {
        const bus = new ScriptedBus(ADDRESS).write(REG_BANK_SEL, 0).read([WHO_AM_I], [identity])
        expect((await refusal(init(bus))).code).toBe('wrong-part')
        bus.finish()
    })

    it('waits for the reset, and gives up after ten tries', async () => {
        const bus = new ScriptedBus(ADDRESS).write(REG_BANK_SEL, 0).read([WHO_AM_I], [0xea]).write(PWR_MGMT_1, 0x80)
        for (let i = 0; i < 10; i++) bus.read([PWR_MGMT_1], [0xc1])
        expect((await refusal(init(bus))).code).toBe('not-ready')
        bus.finish()
    })

    it('refuses settings that are not held, a part that sleeps on, and one without data', async () => {
        const held = wasReset(new ScriptedBus(ADDRESS))
            .write(REG_BANK_SEL, 0x20)
            .write(GYRO_SMPLRT_DIV, 4, 0x1d)
            .read([GYRO_SMPLRT_DIV], [4, 0x01])
        expect((await refusal(init(held))).code).toBe('bus')
        held.finish()
        const silent = configured(new ScriptedBus(ADDRESS))
        for (let i = 0; i < 300; i++) silent.read([INT_STATUS_1], [0])
        expect((await refusal(init(silent))).code).toBe('not-ready')
        silent.finish()
    })

    it('reports a bus fault in the middle', async () => {
        const bus = wasReset(new ScriptedBus(ADDRESS)).nackWrite([REG_BANK_SEL, 0x20])
        expect((await refusal(init(bus))).code).toBe('bus')
        bus.finish()
    })

    it('does not start on the zeros of a part that was reset', async () => {
        const bus = running(new ScriptedBus(ADDRESS)).read([ACCEL_XOUT_H], ZEROS)
        expect((await refusal(init(bus))).code).toBe('bus')
        bus.finish()
    })

    it('names the magnetometer when that is not there, or another', async () => {
        const wired = () =>
            running(new ScriptedBus(ADDRESS)).write(INT_PIN_CFG, 0x02).read([INT_PIN_CFG], [0x02]).at(COMPASS)
        const absent = wired().nackWrite([WIA2], 1)
        expect(await refusal(init(absent, {}))).toMatchObject({ code: 'not-found', device: 'AK09916@0x0c' })
        const other = wired().read([WIA2], [0x05])
        expect(await refusal(init(other, {}))).toMatchObject({ code: 'wrong-part', device: 'AK09916@0x0c' })
    })

    it.each([
        [0x01, 0x08, 'magnetic field too strong'],
        [0x00, 0x00, 'no data'],
    ])('gives the magnetometer up after thirty reads with ST1 0x%x and ST2 0x%x', async (st1, st2, text) => {
        const bus = running(new ScriptedBus(ADDRESS))
            .write(INT_PIN_CFG, 0x02)
            .read([INT_PIN_CFG], [0x02])
            .at(COMPASS)
            .read([WIA2], [0x09])
            .write(CNTL3, 0x01)
            .write(CNTL2, 0x08)
            .read([CNTL2], [0x08])
        for (let i = 0; i < 30; i++) bus.read([ST1], field([0, 0, 0, 0, 0, 0], st1, st2))
        const error = await refusal(init(bus, {}))
        expect(error.code).toBe('not-ready')
        expect(error.message).toContain(text)
        bus.finish()
    })

    it.each([
        { sampleDivider: 0 },
        { sampleDivider: 257 },
        { sampleDivider: NaN },
        { bandwidthHz: 42 },
        { accelerationRangeG: 3 },
        { angularRateRangeDegPerSec: 125 },
        { frozenLimit: 1 },
    ])('refuses %j before it touches the bus', async config => {
        const error = await refusal(init(new ScriptedBus(ADDRESS), config))
        expect(error.code).toBe('config')
        const [[key, value]] = Object.entries(config)
        expect(error.message).toMatch(new RegExp(`${key} ${value}, allowed .+`))
    })
})

describe('sampling an ICM-20948', () => {
    it('drops and counts a sample without acknowledge, keeps the last good one, and recovers', async () => {
        const { bus, imu } = await started()
        bus.nackWrite([ACCEL_XOUT_H], 12).nackRead([ACCEL_XOUT_H], 12)
        for (let failures = 1; failures <= 2; failures++) {
            expect(imu.sample()).toBe(false)
            expect(imu).toMatchObject({ valid: false, errors: failures })
            expect(counts(imu)).toEqual([-32768, 32767, 328, 1, -1, 8192])
        }
        bus.read([ACCEL_XOUT_H], [0x00, 0x02, ...SAMPLE.slice(2)])
        expect(imu.sample()).toBe(true)
        expect(imu.raw(3)).toBe(2)
        bus.finish()
    })

    it('takes frozenLimit equal samples in a row for a stopped sensor, and any change for a running one', async () => {
        const { bus, imu } = await started({ frozenLimit: 4, magnetometer: false })
        for (let i = 2; i <= 4; i++) {
            bus.read([ACCEL_XOUT_H], SAMPLE)
            expect(imu.sample()).toBe(true)
        }
        for (let failures = 1; failures <= 3; failures++) {
            bus.read([ACCEL_XOUT_H], SAMPLE)
            expect(imu.sample()).toBe(false)
            expect(imu).toMatchObject({ valid: false, errors: failures })
        }
        for (let byte = 0; byte < 12; byte++) {
            const changed = [...SAMPLE]
            changed[byte] ^= 1
            bus.read([ACCEL_XOUT_H], changed).read([ACCEL_XOUT_H], SAMPLE)
            expect(imu.sample()).toBe(true)
            expect(imu.sample()).toBe(true)
        }
        bus.finish()
    })

    it('drops the zeros of a part that was reset at once, but no single zero axis', async () => {
        const { bus, imu } = await started()
        bus.read([ACCEL_XOUT_H], ZEROS).read([ACCEL_XOUT_H], ZEROS)
        expect(imu.sample()).toBe(false)
        expect(imu.sample()).toBe(false)
        expect(imu).toMatchObject({ errors: 2 })
        for (let byte = 0; byte < 12; byte++) {
            const almost = [...ZEROS]
            almost[byte] = 1
            bus.read([ACCEL_XOUT_H], almost)
            expect(imu.sample()).toBe(true)
        }
        bus.finish()
    })

    it('takes a field once, and none with overflow or without acknowledge', async () => {
        const bus = compassStarted(running(new ScriptedBus(ADDRESS)), field([0x64, 0, 0, 0, 0, 0]))
        bus.read([ACCEL_XOUT_H], SAMPLE)
        const imu = new Icm20948(bus)
        await imu.init(new JumpingClock())
        bus.at(COMPASS)
            .read([ST1], field([0x65, 0, 0, 0, 0, 0], 0x00))
            .read([ST1], field([0x66, 0, 0, 0, 0, 0], 0x03, 0x08))
            .nackRead([ST1], 9)
            .read([ST1], field([0x67, 0, 0, 0, 0, 0], 0x03))
        for (const [fresh, errors] of [
            [false, 0],
            [false, 1],
            [false, 2],
        ] as const) {
            expect(imu.sampleField()).toBe(fresh)
            expect(imu.fieldErrors).toBe(errors)
            expect(imu.field[0]).toBeCloseTo(100 * 0.15e-6, 15)
        }
        expect(imu.sampleField()).toBe(true)
        expect(imu.field[0]).toBeCloseTo(103 * 0.15e-6, 15)
        bus.finish()
    })
})

describe('an ICM-20948 driver with the simulated chip', () => {
    const setUp = async (random?: Random) => {
        const state = { time: 0, field: [20e-6, -5e-6, -40e-6], warnings: [] as string[] }
        const wire = new SimulatedI2cBus({ frequency: 400_000, now: () => state.time })
        const motion = { specificForce: [0, 0, 9.80665], angularVelocity: [0.5, 0, -0.25] }
        const chip = new SimulatedIcm20948({
            motion: () => motion,
            field: () => state.field,
            now: () => state.time,
            random,
            warn: message => state.warnings.push(message),
        })
        chip.attachTo(wire)
        const clock = {
            millis: () => state.time * 1000,
            sleep: (ms: number) => {
                state.time += ms / 1000
                return Promise.resolve()
            },
        }
        const imu = new Icm20948(wire)
        await imu.init(clock)
        const tick = () => {
            state.time += 0.01
            chip.advance()
            return imu.sample()
        }
        return { state, wire, chip, imu, tick, clock }
    }

    it('starts without a complaint and measures, within tolerances and noise, a hundred times without a drop', async () => {
        const { state, imu, tick } = await setUp(new Random(3).fork('imu'))
        for (let i = 0; i < 100; i++) {
            expect(tick()).toBe(true)
            // ±5 °/s and ±50 mg of offset.
            expect(Math.abs(imu.raw(0) * imu.angularVelocityPerCount - 0.5)).toBeLessThan(0.1)
            expect(Math.abs(imu.raw(5) * imu.accelerationPerCount - 9.80665)).toBeLessThan(0.6)
        }
        expect(imu.errors).toBe(0)
        expect(state.warnings).toEqual([])
    })

    it('measures the field along the gyroscope’s axes, a hundred times a second', async () => {
        const { state, imu, tick } = await setUp()
        expect(tick()).toBe(true)
        let fresh = 0
        for (let i = 0; i < 100; i++) {
            state.field[0] = (20 + i / 10) * 1e-6
            tick()
            if (imu.sampleField()) fresh++
        }
        expect(fresh).toBeGreaterThanOrEqual(99)
        expect(imu.sampleField()).toBe(false)
        // Half a count, and one sample of age.
        expect(Math.abs(imu.field[0] - 29.9e-6)).toBeLessThan(0.25e-6)
        expect(Math.abs(imu.field[1] + 5e-6)).toBeLessThan(0.08e-6)
        expect(Math.abs(imu.field[2] + 40e-6)).toBeLessThan(0.08e-6)
        state.field[1] = 6e-3
        tick()
        expect(imu.sampleField()).toBe(false)
        expect(imu.fieldErrors).toBe(1)
    })

    it('notices at the next sample that the chip lost its supply, and starts it anew; its magnetometer is gone meanwhile', async () => {
        const { chip, imu, tick, clock } = await setUp(new Random(3).fork('imu'))
        expect(tick()).toBe(true)
        chip.reset()
        for (let i = 0; i < 3; i++) expect(tick()).toBe(false)
        expect(imu.sampleField()).toBe(false)
        expect(imu).toMatchObject({ errors: 3, fieldErrors: 1 })
        await imu.init(clock)
        expect(tick()).toBe(true)
    })
})
