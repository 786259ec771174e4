import { describe, expect, it } from 'vitest'
import { Bno055, type Bno055Config } from '../../devices/imus/bno055'
import { Bno055 as SimulatedBno055 } from '../../src/sim/chips/bno055'
import { SimulatedI2cBus } from '../../src/sim/i2c/simulated-i2c-bus'
import { Random } from '../../src/sim/random'
import { JumpingClock, refusal, ScriptedBus } from './scripted-bus'

// BST-BNO055-DS000-14, section 4.2.1.
const ADDRESS = 0x28
const CHIP_ID = 0x00
const PAGE_ID = 0x07
const ACC_DATA = 0x08
const QUA_DATA = 0x20
const CALIB_STAT = 0x35
const ST_RESULT = 0x36
const SYS_STATUS = 0x39
const UNIT_SEL = 0x3b
const OPR_MODE = 0x3d
const PWR_MODE = 0x3e
const SYS_TRIGGER = 0x3f
const AXIS_MAP_CONFIG = 0x41
const OFFSETS = 0x55

/** Accelerometer 1, -1, 981; magnetometer 320, -1, 16; gyroscope -32768, 32767, 900. */
const SAMPLE = [0x01, 0, 0xff, 0xff, 0xd5, 0x03, 0x40, 0x01, 0xff, 0xff, 0x10, 0, 0, 0x80, 0xff, 0x7f, 0x84, 0x03]
const ZEROS = new Array<number>(18).fill(0)
/** A unit: 16384. */
const UPRIGHT = [0, 0x40, 0, 0, 0, 0, 0, 0]

function identified(bus: ScriptedBus): ScriptedBus {
    return bus
        .write(PAGE_ID, 0)
        .read([CHIP_ID], [0xa0, 0xfb, 0x32, 0x0f])
        .write(SYS_TRIGGER, 0x20)
        .nackWrite([CHIP_ID], 1)
        .nackWrite([CHIP_ID], 1)
        .read([CHIP_ID], [0xa0])
}

function configured(bus: ScriptedBus, axes = [0x24, 0x00], mode = 0x08): ScriptedBus {
    return identified(bus)
        .read([ST_RESULT], [0x0f])
        .write(PWR_MODE, 0)
        .read([PWR_MODE], [0])
        .write(UNIT_SEL, 0x86)
        .read([UNIT_SEL], [0x86])
        .write(AXIS_MAP_CONFIG, ...axes)
        .read([AXIS_MAP_CONFIG], axes)
        .write(OPR_MODE, mode)
        .read([OPR_MODE], [0x10 | mode])
}

function startUp(bus: ScriptedBus, axes?: number[], mode?: number): ScriptedBus {
    return configured(bus, axes, mode)
        .read([SYS_STATUS], [0x04])
        .read([SYS_STATUS], [0x05])
        .read([ACC_DATA], ZEROS)
        .read([ACC_DATA], SAMPLE)
        .read([QUA_DATA], UPRIGHT)
}

async function started(config?: Bno055Config) {
    const bus = startUp(new ScriptedBus(ADDRESS))
    const imu = new Bno055(bus, config)
    await imu.init(new JumpingClock())
    bus.finish()
    return { bus, imu }
}

const init = (bus: ScriptedBus, config?: Bno055Config) => new Bno055(bus, config).init(new JumpingClock())
const counts = (imu: Bno055) => [0, 1, 2, 3, 4, 5].map(axis => imu.raw(axis))

describe('starting a BNO055', () => {
    it('identifies, resets, tests and configures it, starts its fusion and takes a sample', async () => {
        const bus = startUp(new ScriptedBus(ADDRESS))
        const clock = new JumpingClock()
        const imu = new Bno055(bus)
        await imu.init(clock)
        bus.finish()
        expect(imu).toMatchObject({ valid: true, errors: 0, orientation: [1, 0, 0, 0] })
        expect(counts(imu)).toEqual([-32768, 32767, 900, 1, -1, 981])
        // Tables 3-17, 3-19 and 3-22: 100 counts are 1 m/s², 16 are 1 µT, 900 are 1 rad/s.
        expect(imu.raw(5) * imu.accelerationPerCount).toBeCloseTo(9.81, 12)
        expect(imu.raw(2) * imu.angularVelocityPerCount).toBeCloseTo(1, 12)
        expect([0, 1, 2].map(axis => imu.field(axis) * 1e6)).toEqual([20, -0.0625, 1].map(t => expect.closeTo(t, 9)))
    })

    // The placements of section 3.4: P1 is as printed, P5 upside down (0x21, 0x01).
    it.each([
        [{ x: 'x', y: 'y', z: 'z' }, 0x24, 0x00],
        [{ x: 'y', y: 'x', z: '-z' }, 0x21, 0x01],
        [{ x: 'y', y: '-x', z: 'z' }, 0x21, 0x02],
        [{ x: '-x', y: '-y', z: 'z' }, 0x24, 0x06],
        [{ x: 'z', y: 'x', z: 'y' }, 0x12, 0x00],
    ] as const)('maps axes %j as 0x%x, 0x%x', async (mounting, map, signs) => {
        const bus = startUp(new ScriptedBus(ADDRESS), [map, signs])
        await init(bus, { mounting })
        bus.finish()
    })

    it('uses the magnetometer when told to, and gives its offsets back', async () => {
        const magnetic = startUp(new ScriptedBus(0x29), undefined, 0x0c)
        await init(magnetic, { magneticHeading: true, address: 0x29 })
        magnetic.finish()
        const offsets = Array.from({ length: 22 }, (_, i) => i + 1)
        const bus = identified(new ScriptedBus(ADDRESS))
            .read([ST_RESULT], [0x0f])
            .write(PWR_MODE, 0)
            .read([PWR_MODE], [0])
            .write(UNIT_SEL, 0x86)
            .read([UNIT_SEL], [0x86])
            .write(AXIS_MAP_CONFIG, 0x24, 0)
            .read([AXIS_MAP_CONFIG], [0x24, 0])
            .write(OFFSETS, ...offsets)
            .read([OFFSETS], offsets)
            .write(OPR_MODE, 0x08)
            .read([OPR_MODE], [0x18])
            .read([SYS_STATUS], [0x05])
            .read([ACC_DATA], SAMPLE)
            .read([QUA_DATA], UPRIGHT)
        const imu = new Bno055(bus, { offsets })
        await imu.init(new JumpingClock())
        bus.read([OPR_MODE], [0x18])
            .write(OPR_MODE, 0)
            .read([OFFSETS], offsets)
            .write(OPR_MODE, 0x18)
            .read([CALIB_STAT], [0b11_10_01_00])
        expect(await imu.readOffsets(new JumpingClock())).toEqual(offsets)
        expect(imu.calibration()).toEqual([3, 2, 1, 0])
        bus.finish()
    })

    it('says when nothing answers', async () => {
        const bus = new ScriptedBus(ADDRESS).nackWrite([PAGE_ID, 0])
        expect(await refusal(init(bus))).toMatchObject({ code: 'not-found', device: 'BNO055@0x28' })
    })

    it.each([[[0xff, 0xff, 0xff, 0xff]], [[0xa0, 0xfb, 0x32, 0x0e]], [[0x00, 0xfb, 0x32, 0x0f]]])(
        'configures nothing in a part that says %j',
        async identity => {
            const bus = new ScriptedBus(ADDRESS).write(PAGE_ID, 0).read([CHIP_ID], identity)
            expect((await refusal(init(bus))).code).toBe('wrong-part')
            bus.finish()
        },
    )

    it.each([0x0e, 0x07, 0x00])('refuses a self-test of 0x%x', async result => {
        const bus = identified(new ScriptedBus(ADDRESS)).read([ST_RESULT], [result])
        const error = await refusal(init(bus))
        expect(error.code).toBe('not-ready')
        expect(error.message).toContain('self-test')
        bus.finish()
    })

    it('gives up on a reset that does not end, and on a fusion that does not run', async () => {
        const reset = new ScriptedBus(ADDRESS)
            .write(PAGE_ID, 0)
            .read([CHIP_ID], [0xa0, 0xfb, 0x32, 0x0f])
            .write(SYS_TRIGGER, 0x20)
        for (let i = 0; i < 100; i++) reset.nackWrite([CHIP_ID], 1)
        expect((await refusal(init(reset))).code).toBe('not-ready')
        reset.finish()
        const fusion = configured(new ScriptedBus(ADDRESS))
        for (let i = 0; i < 200; i++) fusion.read([SYS_STATUS], [0x01])
        expect((await refusal(init(fusion))).code).toBe('not-ready')
        fusion.finish()
    })

    it('reports axes that are not held, and a bus fault in the middle', async () => {
        const held = identified(new ScriptedBus(ADDRESS))
            .read([ST_RESULT], [0x0f])
            .write(PWR_MODE, 0)
            .read([PWR_MODE], [0])
            .write(UNIT_SEL, 0x86)
            .read([UNIT_SEL], [0x86])
            .write(AXIS_MAP_CONFIG, 0x24, 0)
            .read([AXIS_MAP_CONFIG], [0x21, 0])
        expect((await refusal(init(held))).code).toBe('bus')
        const nack = identified(new ScriptedBus(ADDRESS)).nackRead([ST_RESULT], 1)
        expect((await refusal(init(nack))).code).toBe('bus')
    })

    it.each([
        [{ frozenLimit: 2 }, 'frozenLimit 2, allowed 3 or more'],
        [{ offsets: [1, 2] }, 'offsets has 2 bytes, allowed 22'],
        [{ mounting: { x: 'y', y: 'x', z: 'z' } }, 'left-handed'],
        [{ mounting: { x: 'x', y: 'x', z: 'z' } }, 'each axis of the chip belongs to one'],
    ] as const)('refuses %j before it touches the bus', async (config, text) => {
        const error = await refusal(init(new ScriptedBus(ADDRESS), config as Bno055Config))
        expect(error.code).toBe('config')
        expect(error.message).toContain(text)
    })
})

describe('sampling a BNO055', () => {
    it('drops and counts a sample without acknowledge, keeps the last good one, and recovers', async () => {
        const { bus, imu } = await started()
        bus.nackWrite([ACC_DATA], 18).nackRead([ACC_DATA], 18)
        for (let failures = 1; failures <= 2; failures++) {
            expect(imu.sample()).toBe(false)
            expect(imu).toMatchObject({ valid: false, errors: failures })
            expect(counts(imu)).toEqual([-32768, 32767, 900, 1, -1, 981])
        }
        bus.read([ACC_DATA], [0x02, ...SAMPLE.slice(1)])
        expect(imu.sample()).toBe(true)
        expect(imu.raw(3)).toBe(2)
        bus.finish()
    })

    it('takes frozenLimit equal samples in a row for a stopped sensor, and zeros for a reset one', async () => {
        const { bus, imu } = await started({ frozenLimit: 4 })
        for (let i = 2; i <= 4; i++) {
            bus.read([ACC_DATA], SAMPLE)
            expect(imu.sample()).toBe(true)
        }
        bus.read([ACC_DATA], SAMPLE).read([ACC_DATA], SAMPLE)
        expect([imu.sample(), imu.sample()]).toEqual([false, false])
        // Any bit of accelerometer or gyroscope.
        for (const byte of [0, 1, 2, 3, 4, 5, 12, 13, 14, 15, 16, 17]) {
            const changed = [...SAMPLE]
            changed[byte] ^= 1
            bus.read([ACC_DATA], changed).read([ACC_DATA], SAMPLE)
            expect([imu.sample(), imu.sample()]).toEqual([true, true])
        }
        bus.read([ACC_DATA], ZEROS)
        expect(imu.sample()).toBe(false)
        bus.finish()
    })

    it('takes unit quaternions for an orientation, and drops what is none', async () => {
        const { bus, imu } = await started()
        const half = Math.round(Math.SQRT1_2 * 16384)
        bus.read([QUA_DATA], [half & 255, half >> 8, 0, 0, 0, 0, half & 255, half >> 8])
        expect(imu.sampleOrientation()).toBe(true)
        expect(imu.orientation).toEqual([Math.SQRT1_2, 0, 0, Math.SQRT1_2].map(part => expect.closeTo(part, 4)))
        const last = [...imu.orientation]
        bus.read([QUA_DATA], new Array(8).fill(0)).read([QUA_DATA], new Array(8).fill(0xff)).nackRead([QUA_DATA], 8)
        for (let failures = 1; failures <= 3; failures++) {
            expect(imu.sampleOrientation()).toBe(false)
            expect(imu.orientationErrors).toBe(failures)
            expect(imu.orientation).toEqual(last)
        }
        bus.finish()
    })
})

describe('a BNO055 driver with the simulated chip', () => {
    const setUp = async (config: Bno055Config = {}, random?: Random) => {
        const state = { time: 0, warnings: [] as string[], orientation: [1, 0, 0, 0] }
        const wire = new SimulatedI2cBus({ frequency: 400_000, now: () => state.time })
        const motion = { specificForce: [1, 2, 9.5], angularVelocity: [0.5, 0.1, -0.25] }
        const chip = new SimulatedBno055({
            motion: () => motion,
            orientation: () => state.orientation,
            field: () => [20e-6, 0, -40e-6],
            now: () => state.time,
            random,
            warn: message => state.warnings.push(message),
        })
        wire.attach(0x28, chip)
        const clock = {
            millis: () => state.time * 1000,
            sleep: (ms: number) => {
                state.time += ms / 1000
                return Promise.resolve()
            },
        }
        const imu = new Bno055(wire, config)
        await imu.init(clock)
        const tick = () => {
            state.time += 0.01
            chip.advance()
            return imu.sample()
        }
        return { state, chip, imu, tick, clock }
    }

    it('starts without a complaint and measures a hundred times without a drop', async () => {
        const { state, imu, tick } = await setUp({}, new Random(4).fork('imu'))
        for (let i = 0; i < 100; i++) {
            expect(tick()).toBe(true)
            expect(Math.abs(imu.raw(0) * imu.angularVelocityPerCount - 0.5)).toBeLessThan(0.02)
            expect(Math.abs(imu.raw(5) * imu.accelerationPerCount - 9.5)).toBeLessThan(0.1)
        }
        expect(imu.errors).toBe(0)
        expect(state.warnings).toEqual([])
        // 0.65 s of start-up.
        expect(state.time).toBeGreaterThan(1.65)
    })

    it('turns everything to the robot’s axes: its x to the robot’s right', async () => {
        const { state, imu, tick } = await setUp({ mounting: { x: 'y', y: '-x', z: 'z' }, magneticHeading: true })
        // The robot has turned left by 90°: its x is the world's y, and the chip's x is the world's x again.
        state.orientation = [1, 0, 0, 0]
        tick()
        tick()
        const acceleration = [3, 4, 5].map(axis => imu.raw(axis) * imu.accelerationPerCount)
        expect(acceleration).toEqual([2, -1, 9.5].map(value => expect.closeTo(value, 2)))
        const rate = [0, 1, 2].map(axis => imu.raw(axis) * imu.angularVelocityPerCount)
        expect(rate).toEqual([0.1, -0.5, -0.25].map(value => expect.closeTo(value, 2)))
        expect(imu.field(1)).toBeCloseTo(-20e-6, 7)
        expect(imu.sampleOrientation()).toBe(true)
        const [w, x, y, z] = imu.orientation
        expect([x, y]).toEqual([0, 0])
        expect(Math.atan2(2 * w * z, w * w - z * z)).toBeCloseTo(Math.PI / 2, 3)
    })

    it('notices at the next sample that the chip lost its supply, and starts it anew', async () => {
        const { state, chip, imu, tick, clock } = await setUp({}, new Random(4).fork('imu'))
        chip.reset()
        // Silent at first, then in CONFIGMODE with zeros.
        for (let i = 0; i < 100; i++) expect(tick()).toBe(false)
        expect(imu.sampleOrientation()).toBe(false)
        await imu.init(clock)
        expect(tick()).toBe(true)
        expect(state.warnings).toEqual([])
    })

    it('refuses a chip whose self-test failed', async () => {
        const { chip, imu, clock } = await setUp()
        chip.selfTest = 0x0d
        const error = await refusal(imu.init(clock))
        expect(error.code).toBe('not-ready')
    })
})
