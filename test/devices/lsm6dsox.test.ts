import { describe, expect, it } from 'vitest'
import { signed16 } from '../../src/hal/bytes'
import { accelerationScale, angularVelocityScale, Lsm6dsox } from '../../devices/imus/lsm6dsox'
import type { Lsm6dsoxConfig } from '../../devices/imus/lsm6dsox'
import { JumpingClock, refusal, ScriptedBus } from './scripted-bus'

// Datasheet DS12814, register address map and register descriptions.
const ADDRESS = 0x6a
const WHO_AM_I = 0x0f
const CTRL1_XL = 0x10
const CTRL2_G = 0x11
const CTRL3_C = 0x12
const STATUS_REG = 0x1e
const OUTX_L_G = 0x22
const ODR_208_FS_4G = 0x58
const ODR_208_FS_1000DPS = 0x58
const BDU_IF_INC = 0x44

const FRAME = [0x01, 0x00, 0xff, 0xff, 0x00, 0x80, 0xff, 0x7f, 0x00, 0x00, 0x05, 0x20]

function wasReset(bus: ScriptedBus): ScriptedBus {
    return bus
        .read([WHO_AM_I], [0x6c])
        .write(CTRL1_XL, 0x00)
        .write(CTRL2_G, 0x00)
        .write(CTRL3_C, 0x05)
        .read([CTRL3_C], [0x04])
}

function startUp(bus: ScriptedBus, xl = ODR_208_FS_4G, g = ODR_208_FS_1000DPS): ScriptedBus {
    return wasReset(bus)
        .write(CTRL3_C, BDU_IF_INC)
        .write(CTRL1_XL, xl)
        .write(CTRL2_G, g)
        .read([CTRL1_XL], [xl, g, BDU_IF_INC])
        .read([STATUS_REG], [0x07])
        .read([OUTX_L_G], FRAME)
}

async function started(config?: Lsm6dsoxConfig): Promise<{ bus: ScriptedBus; imu: Lsm6dsox }> {
    const bus = startUp(new ScriptedBus(ADDRESS))
    const imu = new Lsm6dsox(bus, config)
    await imu.init(new JumpingClock())
    bus.finish()
    return { bus, imu }
}

function init(bus: ScriptedBus, config?: Lsm6dsoxConfig): Promise<void> {
    return new Lsm6dsox(bus, config).init(new JumpingClock())
}

describe('the conversions', () => {
    it.each([
        [0x00, 0x00, 0],
        [0x01, 0x00, 1],
        [0xff, 0x7f, 32767],
        [0x00, 0x80, -32768],
        [0xff, 0xff, -1],
        [0x80, 0x00, 128],
        [0x00, 0xff, -256],
    ])('take bytes 0x%x 0x%x as %i', (low, high, raw) => {
        expect(signed16(high, low)).toBe(raw)
    })

    // Datasheet, "Mechanical characteristics": LA_So in mg per count, G_So in m°/s per count.
    it.each([
        [2, 0.061],
        [4, 0.122],
        [8, 0.244],
        [16, 0.488],
    ])('take ±%i g as %f mg a count', (range, milliG) => {
        expect(accelerationScale(range)).toBeCloseTo(milliG * 0.00980665, 15)
        // Full scale of a 16-bit count is the range, to the few percent by which the sensitivity is rounded.
        expect((accelerationScale(range) * 32768) / 9.80665 / range).toBeCloseTo(1, 1)
    })

    it.each([
        [125, 4.375],
        [250, 8.75],
        [500, 17.5],
        [1000, 35],
        [2000, 70],
    ])('take ±%i °/s as %f m°/s a count', (range, milliDegrees) => {
        expect(angularVelocityScale(range)).toBeCloseTo((milliDegrees * Math.PI) / 180000, 15)
    })

    it('know no other full scale', () => {
        expect(accelerationScale(3)).toBe(0)
        expect(angularVelocityScale(300)).toBe(0)
    })
})

function counts(imu: Lsm6dsox): number[] {
    return [0, 1, 2, 3, 4, 5].map(axis => imu.raw(axis))
}

describe('starting an LSM6DSOX', () => {
    it('identifies, resets and configures it, waits for the gyroscope and takes a sample', async () => {
        const bus = startUp(new ScriptedBus(ADDRESS))
        const clock = new JumpingClock()
        const imu = new Lsm6dsox(bus)
        await imu.init(clock)
        bus.finish()
        expect(imu).toMatchObject({ valid: true, errors: 0 })
        expect(counts(imu)).toEqual([1, -1, -32768, 32767, 0, 8197])
        expect([...imu.frame]).toEqual(FRAME)
        // 8197 counts of 0.122 mg are 1.000034 g.
        expect(imu.raw(5) * imu.accelerationPerCount).toBeCloseTo(9.806983, 6)
        // -32768 counts of 35 m°/s are -1146.88 °/s.
        expect(imu.raw(2) * imu.angularVelocityPerCount).toBeCloseTo(-20.016833, 5)
        expect(clock.millis()).toBeGreaterThanOrEqual(70)
    })

    it.each([
        [{ dataRateHz: 104, accelerationRangeG: 2, angularRateRangeDegPerSec: 250 }, 0x40, 0x40],
        [{ dataRateHz: 416, accelerationRangeG: 16, angularRateRangeDegPerSec: 125 }, 0x64, 0x62],
        [{ dataRateHz: 12.5, accelerationRangeG: 8, angularRateRangeDegPerSec: 500 }, 0x1c, 0x14],
        [{ dataRateHz: 6664, accelerationRangeG: 8, angularRateRangeDegPerSec: 2000 }, 0xac, 0xac],
    ])('writes %j as 0x%x and 0x%x', async (config, xl, g) => {
        const bus = startUp(new ScriptedBus(0x6b), xl, g)
        await init(bus, { ...config, address: 0x6b })
        bus.finish()
    })

    it('says when nothing answers', async () => {
        const bus = new ScriptedBus(ADDRESS).nackWrite([WHO_AM_I], 1)
        expect(await refusal(init(bus))).toMatchObject({ code: 'not-found', device: 'LSM6DSOX@0x6a' })
        bus.finish()
    })

    it('configures nothing in another part', async () => {
        // 0x69: LSM6DS3.
        const bus = new ScriptedBus(ADDRESS).read([WHO_AM_I], [0x69])
        expect((await refusal(init(bus))).code).toBe('wrong-part')
        bus.finish()
    })

    it('waits for the reset, and gives up after ten tries', async () => {
        const slow = new ScriptedBus(ADDRESS)
            .read([WHO_AM_I], [0x6c])
            .write(CTRL1_XL, 0x00)
            .write(CTRL2_G, 0x00)
            .write(CTRL3_C, 0x05)
        for (let i = 0; i < 10; i++) slow.read([CTRL3_C], [0x05])
        expect((await refusal(init(slow))).code).toBe('not-ready')
        slow.finish()
    })

    it('refuses control registers that do not hold what was written', async () => {
        const bus = wasReset(new ScriptedBus(ADDRESS))
            .write(CTRL3_C, BDU_IF_INC)
            .write(CTRL1_XL, ODR_208_FS_4G)
            .write(CTRL2_G, ODR_208_FS_1000DPS)
            .read([CTRL1_XL], [ODR_208_FS_4G, 0x00, BDU_IF_INC])
        expect((await refusal(init(bus))).code).toBe('bus')
        bus.finish()
    })

    it('waits for data of both sensors, and gives up after a hundred tries', async () => {
        const bus = wasReset(new ScriptedBus(ADDRESS))
            .write(CTRL3_C, BDU_IF_INC)
            .write(CTRL1_XL, ODR_208_FS_4G)
            .write(CTRL2_G, ODR_208_FS_1000DPS)
            .read([CTRL1_XL], [ODR_208_FS_4G, ODR_208_FS_1000DPS, BDU_IF_INC])
        for (let i = 0; i < 100; i++) bus.read([STATUS_REG], [i % 2 === 0 ? 0x01 : 0x02])
        expect((await refusal(init(bus))).code).toBe('not-ready')
        bus.finish()
    })

    it('reports a bus fault in the middle', async () => {
        const bus = wasReset(new ScriptedBus(ADDRESS)).nackWrite([CTRL3_C, BDU_IF_INC])
        expect((await refusal(init(bus))).code).toBe('bus')
        bus.finish()
    })

    it.each([
        { dataRateHz: 100 },
        { dataRateHz: 0 },
        { accelerationRangeG: 3 },
        { angularRateRangeDegPerSec: 300 },
        { frozenLimit: 1 },
        { frozenLimit: NaN },
    ])('refuses %j before it touches the bus', async config => {
        expect((await refusal(init(new ScriptedBus(ADDRESS), config))).code).toBe('config')
    })
})

describe('sampling an LSM6DSOX', () => {
    it('reads all six axes in one transaction, with the exported conversion', async () => {
        const { bus, imu } = await started()
        const frame = [0x00, 0x80, 0xff, 0xff, 0x34, 0x12, 0x80, 0x00, 0x00, 0xff, 0xff, 0x7f]
        bus.read([OUTX_L_G], frame)
        expect(imu.sample()).toBe(true)
        expect(counts(imu)).toEqual([-32768, -1, 0x1234, 128, -256, 32767])
        for (let axis = 0; axis < 6; axis++) {
            expect(imu.raw(axis)).toBe(signed16(frame[2 * axis + 1], frame[2 * axis]))
        }
        bus.finish()
    })

    it('drops and counts a sample without acknowledge, and recovers', async () => {
        const { bus, imu } = await started()
        bus.nackWrite([OUTX_L_G], 12).nackRead([OUTX_L_G], 12)
        for (let failures = 1; failures <= 2; failures++) {
            expect(imu.sample()).toBe(false)
            expect(imu).toMatchObject({ valid: false, errors: failures })
        }
        bus.read([OUTX_L_G], [0x02, 0x00, ...FRAME.slice(2)])
        expect(imu.sample()).toBe(true)
        expect(imu).toMatchObject({ valid: true, errors: 2 })
        expect(imu.raw(0)).toBe(2)
        bus.finish()
    })

    it('takes frozenLimit equal frames in a row for a stopped sensor, and any change for a running one', async () => {
        const { bus, imu } = await started({ frozenLimit: 4 })
        // The first of the equal frames came in init, and that they are equal is noticed one later.
        for (let i = 2; i <= 4; i++) {
            bus.read([OUTX_L_G], FRAME)
            expect(imu.sample()).toBe(true)
        }
        for (let failures = 1; failures <= 3; failures++) {
            bus.read([OUTX_L_G], FRAME)
            expect(imu.sample()).toBe(false)
            expect(imu).toMatchObject({ valid: false, errors: failures })
        }
        for (let axis = 0; axis < 6; axis++) {
            // One bit of one axis is enough.
            const changed = [...FRAME]
            changed[2 * axis] ^= 1
            bus.read([OUTX_L_G], changed).read([OUTX_L_G], FRAME)
            expect(imu.sample()).toBe(true)
            expect(imu.sample()).toBe(true)
            expect(imu.repeats).toBe(0)
        }
        bus.finish()
    })
})
