import { describe, expect, it } from 'vitest'
import {
    invensenseAccelerationScale as accelerationScale,
    invensenseAngularVelocityScale as angularVelocityScale,
} from '../../devices/imus/imu'
import { Mpu6050, type Mpu6050Config } from '../../devices/imus/mpu6050'
import { signed16 } from '../../src/hal/bytes'
import { Mpu6050 as SimulatedMpu6050 } from '../../src/sim/chips/mpu6050'
import { SimulatedI2cBus } from '../../src/sim/i2c/simulated-i2c-bus'
import { Random } from '../../src/sim/random'
import { JumpingClock, refusal, ScriptedBus } from './scripted-bus'

// Register map RM-MPU-6000A-00, section 3.
const ADDRESS = 0x68
const SMPLRT_DIV = 0x19
const INT_ENABLE = 0x38
const INT_STATUS = 0x3a
const ACCEL_XOUT_H = 0x3b
const PWR_MGMT_1 = 0x6b
const WHO_AM_I = 0x75

/** SMPLRT_DIV 4 (200 Hz), DLPF_CFG 3 (42 Hz), FS_SEL 2 (1000 °/s), AFS_SEL 1 (4 g). */
const SETTINGS = [0x04, 0x03, 0x10, 0x08]
/** Accelerometer 1, -1, 8192; temperature -521 (35 °C); gyroscope -32768, 32767, 328. */
const SAMPLE = [0x00, 0x01, 0xff, 0xff, 0x20, 0x00, 0xfd, 0xf7, 0x80, 0x00, 0x7f, 0xff, 0x01, 0x48]
const ZEROS = new Array<number>(14).fill(0)

function wasReset(bus: ScriptedBus): ScriptedBus {
    return bus.read([WHO_AM_I], [0x68]).write(PWR_MGMT_1, 0x80).read([PWR_MGMT_1], [0x40])
}

function configured(bus: ScriptedBus, settings = SETTINGS): ScriptedBus {
    return wasReset(bus)
        .write(PWR_MGMT_1, 0x01)
        .write(SMPLRT_DIV, ...settings)
        .write(INT_ENABLE, 0x01)
        .read([SMPLRT_DIV], settings)
        .read([PWR_MGMT_1], [0x01])
}

function startUp(bus: ScriptedBus, settings = SETTINGS): ScriptedBus {
    return configured(bus, settings).read([INT_STATUS], [0x01]).read([ACCEL_XOUT_H], SAMPLE)
}

async function started(config?: Mpu6050Config): Promise<{ bus: ScriptedBus; imu: Mpu6050 }> {
    const bus = startUp(new ScriptedBus(ADDRESS))
    const imu = new Mpu6050(bus, config)
    await imu.init(new JumpingClock())
    bus.finish()
    return { bus, imu }
}

function init(bus: ScriptedBus, config?: Mpu6050Config): Promise<void> {
    return new Mpu6050(bus, config).init(new JumpingClock())
}

function counts(imu: Mpu6050): number[] {
    return [0, 1, 2, 3, 4, 5].map(axis => imu.raw(axis))
}

describe('the conversions', () => {
    it.each([
        [0x00, 0x00, 0],
        [0x00, 0x01, 1],
        [0x7f, 0xff, 32767],
        [0x80, 0x00, -32768],
        [0xff, 0xff, -1],
        [0x00, 0x80, 128],
        [0xff, 0x00, -256],
    ])('take bytes 0x%x 0x%x as %i', (high, low, raw) => {
        expect(signed16(high, low)).toBe(raw)
    })

    it('take the product specification’s counts per g and per °/s', () => {
        const g = [2, 4, 8, 16].map(range => 9.80665 / accelerationScale(range))
        ;[16384, 8192, 4096, 2048].forEach((counts, i) => expect(g[i]).toBeCloseTo(counts, 8))
        const degrees = [250, 500, 1000, 2000].map(range => Math.PI / 180 / angularVelocityScale(range))
        ;[131, 65.5, 32.8, 16.4].forEach((counts, i) => expect(degrees[i]).toBeCloseTo(counts, 8))
    })

    it('know no other full scale', () => {
        expect(accelerationScale(3)).toBe(0)
        expect(angularVelocityScale(125)).toBe(0)
    })
})

describe('starting an MPU-6050', () => {
    it('identifies, resets, wakes and configures it, waits for the gyroscope and takes a sample', async () => {
        const bus = startUp(new ScriptedBus(ADDRESS))
        const clock = new JumpingClock()
        const imu = new Mpu6050(bus)
        expect(imu.valid).toBe(false)
        await imu.init(clock)
        bus.finish()
        expect(imu).toMatchObject({ valid: true, errors: 0 })
        expect(counts(imu)).toEqual([-32768, 32767, 328, 1, -1, 8192])
        // Telemetry's order: gyroscope first, low byte first, no temperature.
        expect([...imu.frame]).toEqual([0x00, 0x80, 0xff, 0x7f, 0x48, 0x01, 0x01, 0x00, 0xff, 0xff, 0x00, 0x20])
        // 8192 counts at ±4 g are 1 g; 328 counts at ±1000 °/s are 10 °/s.
        expect(imu.raw(5) * imu.accelerationPerCount).toBeCloseTo(9.80665, 10)
        expect(imu.raw(2) * imu.angularVelocityPerCount).toBeCloseTo(Math.PI / 18, 10)
        // 100 ms after the reset, 30 ms for the gyroscope.
        expect(clock.millis()).toBeGreaterThanOrEqual(130)
    })

    it.each([
        [{ sampleDivider: 1, bandwidthHz: 188, accelerationRangeG: 2, angularRateRangeDegPerSec: 250 }, [0, 1, 0, 0]],
        [{ sampleDivider: 256, bandwidthHz: 5 }, [255, 6, 0x10, 0x08]],
        [{ bandwidthHz: 98, accelerationRangeG: 8, angularRateRangeDegPerSec: 500 }, [4, 2, 0x08, 0x10]],
        [{ bandwidthHz: 20, accelerationRangeG: 16, angularRateRangeDegPerSec: 2000 }, [4, 4, 0x18, 0x18]],
        [{ bandwidthHz: 10 }, [4, 5, 0x10, 0x08]],
    ])('writes %j as %j', async (config, settings) => {
        const bus = startUp(new ScriptedBus(0x69), settings)
        await init(bus, { ...config, address: 0x69 })
        bus.finish()
    })

    it('says when nothing answers', async () => {
        const bus = new ScriptedBus(ADDRESS).nackWrite([WHO_AM_I], 1)
        expect(await refusal(init(bus))).toMatchObject({ code: 'not-found', device: 'MPU6050@0x68' })
        bus.finish()
    })

    // MPU-6500, MPU-9250, nothing that drives the bus.
    it.each([0x70, 0x71, 0xff, 0x00])('configures nothing in a part that says 0x%x', async identity => {
        const bus = new ScriptedBus(ADDRESS).read([WHO_AM_I], [identity])
        expect((await refusal(init(bus))).code).toBe('wrong-part')
        bus.finish()
    })

    it('waits for the reset, and gives up after ten tries', async () => {
        const bus = new ScriptedBus(ADDRESS).read([WHO_AM_I], [0x68]).write(PWR_MGMT_1, 0x80)
        for (let i = 0; i < 10; i++) bus.read([PWR_MGMT_1], [0xc0])
        expect((await refusal(init(bus))).code).toBe('not-ready')
        bus.finish()
    })

    it.each([0, 1, 2, 3])('refuses settings of which byte %i does not hold what was written', async index => {
        const held = [...SETTINGS]
        held[index] ^= 0x08
        const bus = wasReset(new ScriptedBus(ADDRESS))
            .write(PWR_MGMT_1, 0x01)
            .write(SMPLRT_DIV, ...SETTINGS)
            .write(INT_ENABLE, 0x01)
            .read([SMPLRT_DIV], held)
        expect((await refusal(init(bus))).code).toBe('bus')
        bus.finish()
    })

    it('refuses a part that stays asleep', async () => {
        const bus = wasReset(new ScriptedBus(ADDRESS))
            .write(PWR_MGMT_1, 0x01)
            .write(SMPLRT_DIV, ...SETTINGS)
            .write(INT_ENABLE, 0x01)
            .read([SMPLRT_DIV], SETTINGS)
            .read([PWR_MGMT_1], [0x41])
        expect((await refusal(init(bus))).code).toBe('not-ready')
        bus.finish()
    })

    it('waits for data, and gives up after three hundred tries', async () => {
        const bus = configured(new ScriptedBus(ADDRESS))
        for (let i = 0; i < 300; i++) bus.read([INT_STATUS], [0x00])
        expect((await refusal(init(bus))).code).toBe('not-ready')
        bus.finish()
    })

    it('does not start on the zeros of a part that was reset', async () => {
        const bus = configured(new ScriptedBus(ADDRESS)).read([INT_STATUS], [0x01]).read([ACCEL_XOUT_H], ZEROS)
        expect((await refusal(init(bus))).code).toBe('bus')
        bus.finish()
    })

    it('reports a bus fault in the middle', async () => {
        const bus = wasReset(new ScriptedBus(ADDRESS)).nackWrite([PWR_MGMT_1, 0x01])
        expect((await refusal(init(bus))).code).toBe('bus')
        bus.finish()
    })

    it.each([
        { sampleDivider: 0 },
        { sampleDivider: 257 },
        { sampleDivider: 2.5 },
        { sampleDivider: NaN },
        { bandwidthHz: 256 },
        { accelerationRangeG: 3 },
        { angularRateRangeDegPerSec: 125 },
        { frozenLimit: 1 },
        { frozenLimit: NaN },
    ])('refuses %j before it touches the bus', async config => {
        const error = await refusal(init(new ScriptedBus(ADDRESS), config))
        expect(error.code).toBe('config')
        // Names the key, the value and what is allowed.
        const [[key, value]] = Object.entries(config)
        expect(error.message).toMatch(new RegExp(`${key} ${value}, allowed .+`))
    })
})

describe('sampling an MPU-6050', () => {
    it('drops and counts a sample without acknowledge, keeps the last good one, and recovers', async () => {
        const { bus, imu } = await started()
        bus.nackWrite([ACCEL_XOUT_H], 14).nackRead([ACCEL_XOUT_H], 14)
        for (let failures = 1; failures <= 2; failures++) {
            expect(imu.sample()).toBe(false)
            expect(imu).toMatchObject({ valid: false, errors: failures })
            expect(counts(imu)).toEqual([-32768, 32767, 328, 1, -1, 8192])
        }
        bus.read([ACCEL_XOUT_H], [0x00, 0x02, ...SAMPLE.slice(2)])
        expect(imu.sample()).toBe(true)
        expect(imu).toMatchObject({ valid: true, errors: 2 })
        expect(imu.raw(3)).toBe(2)
        bus.finish()
    })

    it('takes frozenLimit equal samples in a row for a stopped sensor, and any change for a running one', async () => {
        const { bus, imu } = await started({ frozenLimit: 4 })
        // The first of the equal samples came in init, and that they are equal is noticed one later.
        for (let i = 2; i <= 4; i++) {
            bus.read([ACCEL_XOUT_H], SAMPLE)
            expect(imu.sample()).toBe(true)
        }
        for (let failures = 1; failures <= 3; failures++) {
            bus.read([ACCEL_XOUT_H], SAMPLE)
            expect(imu.sample()).toBe(false)
            expect(imu).toMatchObject({ valid: false, errors: failures })
        }
        for (let byte = 0; byte < 14; byte++) {
            // One bit is enough.
            const changed = [...SAMPLE]
            changed[byte] ^= 1
            bus.read([ACCEL_XOUT_H], changed).read([ACCEL_XOUT_H], SAMPLE)
            expect(imu.sample()).toBe(true)
            expect(imu.sample()).toBe(true)
            expect(imu.repeats).toBe(0)
        }
        bus.finish()
    })

    it('drops the zeros of a part that was reset at once, but no single zero axis', async () => {
        const { bus, imu } = await started()
        bus.read([ACCEL_XOUT_H], ZEROS).read([ACCEL_XOUT_H], ZEROS)
        for (let failures = 1; failures <= 2; failures++) {
            expect(imu.sample()).toBe(false)
            expect(imu).toMatchObject({ valid: false, errors: failures })
            expect(imu.raw(5)).toBe(8192)
        }
        for (let byte = 0; byte < 14; byte++) {
            const almost = [...ZEROS]
            almost[byte] = 1
            bus.read([ACCEL_XOUT_H], almost)
            expect(imu.sample()).toBe(true)
        }
        bus.finish()
    })
})

describe('an MPU-6050 driver with the simulated chip', () => {
    const setUp = async () => {
        const state = { time: 0, warnings: [] as string[] }
        const wire = new SimulatedI2cBus({ frequency: 400_000, now: () => state.time })
        const motion = { specificForce: [0, 0, 9.80665], angularVelocity: [0.5, 0, -0.25] }
        const chip = new SimulatedMpu6050({
            motion: () => motion,
            now: () => state.time,
            random: new Random(3).fork('imu'),
            warn: message => state.warnings.push(message),
        })
        wire.attach(0x68, chip)
        const clock = {
            millis: () => state.time * 1000,
            sleep: (ms: number) => {
                state.time += ms / 1000
                return Promise.resolve()
            },
        }
        const imu = new Mpu6050(wire)
        await imu.init(clock)
        const tick = () => {
            state.time += 0.01
            chip.advance()
            return imu.sample()
        }
        return { state, chip, imu, tick, clock }
    }

    it('starts without a complaint and measures, within tolerances and noise, a hundred times without a drop', async () => {
        const { state, imu, tick } = await setUp()
        for (let i = 0; i < 100; i++) {
            expect(tick()).toBe(true)
            // ±20 °/s and ±80 mg of offset.
            expect(Math.abs(imu.raw(0) * imu.angularVelocityPerCount - 0.5)).toBeLessThan(0.36)
            expect(Math.abs(imu.raw(2) * imu.angularVelocityPerCount + 0.25)).toBeLessThan(0.36)
            expect(Math.abs(imu.raw(5) * imu.accelerationPerCount - 9.80665)).toBeLessThan(0.9)
        }
        expect(imu.errors).toBe(0)
        expect(state.warnings).toEqual([])
    })

    it('notices at the next sample that the chip lost its supply, and starts it anew', async () => {
        const { chip, imu, tick, clock } = await setUp()
        expect(tick()).toBe(true)
        chip.reset()
        for (let i = 0; i < 3; i++) expect(tick()).toBe(false)
        expect(imu.errors).toBe(3)
        await imu.init(clock)
        expect(tick()).toBe(true)
    })

    it('notices a chip that fell asleep after frozenLimit equal samples', async () => {
        const { chip, tick } = await setUp()
        tick()
        chip.write(Uint8Array.of(0x6b, 0x41))
        const results = Array.from({ length: 12 }, tick)
        // 8 equal samples, the awake one before among them, and one more to notice.
        expect(results.indexOf(false)).toBeLessThanOrEqual(8)
        expect(results.lastIndexOf(true)).toBeLessThan(results.indexOf(false))
    })
})
