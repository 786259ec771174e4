import { describe, expect, it } from 'vitest'
import { angleFromRaw, As5600 } from '../../devices/encoders/as5600'
import { JumpingClock, refusal, ScriptedBus } from './scripted-bus'

// Datasheet, Figure 21.
const ADDRESS = 0x36
const CONF = 0x07
const STATUS = 0x0b
const RAW_ANGLE = 0x0c
const AGC = 0x1a
const MAGNITUDE = 0x1b
const MD = 0x20
const ML = 0x10
const MH = 0x08

/** Script of a successful `init` whose first sample is `raw`. */
function startUp(bus: ScriptedBus, raw = 0x0123): ScriptedBus {
    return bus
        .read([STATUS], [MD])
        .read([RAW_ANGLE], [0x01, 0x23])
        .read([MAGNITUDE], [0x08, 0x4b])
        .read([CONF], [0x00, 0x00])
        .write(CONF, 0x02, 0x00)
        .read([CONF], [0x02, 0x00])
        .read([STATUS], [MD])
        .read([AGC], [0x40])
        .read([RAW_ANGLE], [raw >> 8, raw & 0xff])
}

async function started(statusInterval?: number): Promise<{ bus: ScriptedBus; encoder: As5600 }> {
    const bus = startUp(new ScriptedBus(ADDRESS))
    const encoder = new As5600(bus, statusInterval)
    await encoder.init(new JumpingClock())
    bus.finish()
    return { bus, encoder }
}

describe('the angle conversion', () => {
    it.each([
        [0, 0],
        [1, 0.0015339807878856412],
        [1024, Math.PI / 2],
        [2048, Math.PI],
        [4095, 2 * Math.PI - 0.0015339807878856412],
    ])('takes %i counts as %f rad', (raw, angle) => {
        expect(angleFromRaw(raw)).toBeCloseTo(angle, 14)
    })

    it('stays below a full turn', () => {
        expect(angleFromRaw(4095)).toBeLessThan(2 * Math.PI)
    })
})

describe('starting an AS5600', () => {
    it('identifies it, sets its filter, checks the magnet and takes a sample', async () => {
        const clock = new JumpingClock()
        const bus = startUp(new ScriptedBus(ADDRESS), 0x0fff)
        const encoder = new As5600(bus)
        expect(encoder.valid).toBe(false)
        await encoder.init(clock)
        bus.finish()
        expect(encoder).toMatchObject({ valid: true, angleRaw: 4095, errors: 0, gainRaw: 0x40, magnetDetected: true })
        expect(encoder).toMatchObject({ magnetTooWeak: false, magnetTooStrong: false })
        // The slow filter settles in 2.2 ms at most.
        expect(clock.millis()).toBeGreaterThanOrEqual(3)
    })

    it('keeps the output stage, PWM frequency and blank bits of CONF', async () => {
        const bus = new ScriptedBus(ADDRESS)
            .read([STATUS], [MD])
            .read([RAW_ANGLE], [0x00, 0x00])
            .read([MAGNITUDE], [0x0f, 0xff])
            .read([CONF], [0xff, 0xff])
            .write(CONF, 0xc2, 0xf0)
            .read([CONF], [0xc2, 0xf0])
            .read([STATUS], [MD])
            .read([AGC], [0x40])
            .read([RAW_ANGLE], [0x00, 0x00])
        await new As5600(bus).init(new JumpingClock())
        bus.finish()
    })

    it('reports a weak and a strong magnet as a warning', async () => {
        for (const [bit, weak, strong] of [
            [ML, true, false],
            [MH, false, true],
        ] as const) {
            const bus = new ScriptedBus(ADDRESS)
                .read([STATUS], [MD | bit])
                .read([RAW_ANGLE], [0x00, 0x00])
                .read([MAGNITUDE], [0x00, 0x00])
                .read([CONF], [0x00, 0x00])
                .write(CONF, 0x02, 0x00)
                .read([CONF], [0x02, 0x00])
                .read([STATUS], [MD | bit])
                .read([AGC], [0x00])
                .read([RAW_ANGLE], [0x00, 0x00])
            const encoder = new As5600(bus)
            await encoder.init(new JumpingClock())
            bus.finish()
            expect(encoder).toMatchObject({ valid: true, magnetTooWeak: weak, magnetTooStrong: strong })
        }
    })

    it('accepts blank STATUS bits that read as ones, as boards in the field do', async () => {
        const bus = new ScriptedBus(ADDRESS)
            .read([STATUS], [0x27])
            .read([RAW_ANGLE], [0x00, 0x00])
            .read([MAGNITUDE], [0x00, 0x00])
            .read([CONF], [0x00, 0x00])
            .write(CONF, 0x02, 0x00)
            .read([CONF], [0x02, 0x00])
            .read([STATUS], [0x27])
            .read([AGC], [0x40])
            .read([RAW_ANGLE], [0x00, 0x00])
        const encoder = new As5600(bus)
        await encoder.init(new JumpingClock())
        expect(encoder).toMatchObject({ valid: true, magnetTooWeak: false, magnetTooStrong: false })
    })

    it('waits for a magnet that shows late, and takes the first sample then', async () => {
        const bus = new ScriptedBus(ADDRESS)
            .read([STATUS], [0])
            .read([RAW_ANGLE], [0x00, 0x00])
            .read([MAGNITUDE], [0x00, 0x00])
            .read([CONF], [0x00, 0x00])
            .write(CONF, 0x02, 0x00)
            .read([CONF], [0x02, 0x00])
            .read([STATUS], [0])
            .read([STATUS], [0])
            .read([STATUS], [MD])
            .read([AGC], [0x40])
            .read([RAW_ANGLE], [0x00, 0x07])
        const encoder = new As5600(bus)
        await encoder.init(new JumpingClock())
        bus.finish()
        expect(encoder.angleRaw).toBe(7)
    })

    it('refuses without a magnet, after 10 ms of waiting', async () => {
        const bus = new ScriptedBus(ADDRESS)
            .read([STATUS], [0])
            .read([RAW_ANGLE], [0x00, 0x00])
            .read([MAGNITUDE], [0x00, 0x00])
            .read([CONF], [0x00, 0x00])
            .write(CONF, 0x02, 0x00)
            .read([CONF], [0x02, 0x00])
        for (let i = 0; i <= 10; i++) bus.read([STATUS], [0])
        const clock = new JumpingClock()
        const encoder = new As5600(bus)
        expect(await refusal(encoder.init(clock))).toMatchObject({ code: 'not-ready', device: 'AS5600@0x36' })
        bus.finish()
        expect(encoder.valid).toBe(false)
        expect(clock.millis()).toBe(13)
    })

    it('says when nothing answers', async () => {
        const bus = new ScriptedBus(ADDRESS).nackWrite([STATUS], 1)
        expect((await refusal(new As5600(bus).init(new JumpingClock()))).code).toBe('not-found')
        bus.finish()
    })

    it('configures nothing in a part with more than 12 bits in RAW ANGLE or MAGNITUDE', async () => {
        const angle = new ScriptedBus(ADDRESS).read([STATUS], [MD]).read([RAW_ANGLE], [0x10, 0x00])
        expect((await refusal(new As5600(angle).init(new JumpingClock()))).code).toBe('wrong-part')
        angle.finish()
        const magnitude = new ScriptedBus(ADDRESS)
            .read([STATUS], [MD])
            .read([RAW_ANGLE], [0x0f, 0xff])
            .read([MAGNITUDE], [0x80, 0x00])
        expect((await refusal(new As5600(magnitude).init(new JumpingClock()))).code).toBe('wrong-part')
        magnitude.finish()
    })

    it('refuses a part whose CONF does not hold what was written', async () => {
        const bus = new ScriptedBus(ADDRESS)
            .read([STATUS], [MD])
            .read([RAW_ANGLE], [0x00, 0x00])
            .read([MAGNITUDE], [0x00, 0x00])
            .read([CONF], [0x00, 0x00])
            .write(CONF, 0x02, 0x00)
            .read([CONF], [0x00, 0x00])
        expect((await refusal(new As5600(bus).init(new JumpingClock()))).code).toBe('wrong-part')
        bus.finish()
    })

    it('reports a bus fault in the middle', async () => {
        const bus = new ScriptedBus(ADDRESS)
            .read([STATUS], [MD])
            .read([RAW_ANGLE], [0x00, 0x00])
            .read([MAGNITUDE], [0x00, 0x00])
            .read([CONF], [0x00, 0x00])
            .nackWrite([CONF, 0x02, 0x00])
        expect((await refusal(new As5600(bus).init(new JumpingClock()))).code).toBe('bus')
        bus.finish()
    })

    it('refuses a status interval below one', async () => {
        const bus = new ScriptedBus(ADDRESS)
        expect((await refusal(new As5600(bus, 0).init(new JumpingClock()))).code).toBe('config')
    })
})

describe('sampling an AS5600', () => {
    it('is a pure two-byte read', async () => {
        const { bus, encoder } = await started()
        bus.read([], [0x08, 0x00]).read([], [0x0f, 0xff]).read([], [0x00, 0x00])
        for (const raw of [2048, 4095, 0]) {
            expect(encoder.sample()).toBe(true)
            expect(encoder).toMatchObject({ valid: true, angleRaw: raw, errors: 0 })
            // The arithmetic written out in the tick is the exported conversion, to the bit.
            expect(encoder.angle).toBe(angleFromRaw(raw))
        }
        bus.finish()
    })

    it('drops and counts a sample without acknowledge, keeps the old value and writes the pointer again', async () => {
        const { bus, encoder } = await started()
        bus.nackRead([], 2).nackWrite([RAW_ANGLE], 2).read([RAW_ANGLE], [0x04, 0x00]).read([], [0x04, 0x01])
        expect(encoder.sample()).toBe(false)
        expect(encoder).toMatchObject({ valid: false, angleRaw: 0x123, errors: 1 })
        expect(encoder.angle).toBe(angleFromRaw(0x123))
        expect(encoder.sample()).toBe(false)
        expect(encoder).toMatchObject({ valid: false, angleRaw: 0x123, errors: 2 })
        expect(encoder.sample()).toBe(true)
        expect(encoder).toMatchObject({ valid: true, angleRaw: 1024, errors: 2 })
        expect(encoder.sample()).toBe(true)
        expect(encoder.angleRaw).toBe(1025)
        bus.finish()
    })

    it('drops a reading with bits above the 12', async () => {
        const { bus, encoder } = await started()
        bus.read([], [0xff, 0xff]).read([RAW_ANGLE], [0x00, 0x01])
        expect(encoder.sample()).toBe(false)
        expect(encoder).toMatchObject({ valid: false, angleRaw: 0x123, errors: 1 })
        expect(encoder.sample()).toBe(true)
        bus.finish()
    })

    it('reads STATUS once in statusInterval samples, then sets the pointer again', async () => {
        const { bus, encoder } = await started(3)
        // The first sample of three was taken by init.
        for (let round = 0; round < 2; round++) {
            bus.read([], [0x00, 0x02])
            bus.read([STATUS], [MD | ML]).read([RAW_ANGLE], [0x00, 0x03])
            bus.read([], [0x00, 0x01])
        }
        for (let i = 0; i < 6; i++) expect(encoder.sample()).toBe(true)
        bus.finish()
        expect(encoder.magnetTooWeak).toBe(true)
    })

    it('notices a lost magnet, drops samples while it is away, and recovers with it', async () => {
        const { bus, encoder } = await started(2)
        bus.read([STATUS], [0x00]).read([STATUS], [0x00]).read([STATUS], [MD]).read([RAW_ANGLE], [0x02, 0x00])
        bus.read([], [0x02, 0x01])
        expect(encoder.sample()).toBe(false)
        expect(encoder).toMatchObject({ valid: false, magnetDetected: false, angleRaw: 0x123, errors: 1 })
        expect(encoder.sample()).toBe(false)
        expect(encoder.errors).toBe(2)
        expect(encoder.sample()).toBe(true)
        expect(encoder).toMatchObject({ valid: true, magnetDetected: true, angleRaw: 512, errors: 2 })
        expect(encoder.sample()).toBe(true)
        bus.finish()
    })

    it('counts a STATUS read that fails and tries it again in the next sample', async () => {
        const { bus, encoder } = await started(2)
        bus.nackWrite([STATUS], 1).read([STATUS], [MD]).read([RAW_ANGLE], [0x00, 0x05])
        expect(encoder.sample()).toBe(false)
        expect(encoder).toMatchObject({ valid: false, errors: 1, angleRaw: 0x123 })
        expect(encoder.sample()).toBe(true)
        expect(encoder.angleRaw).toBe(5)
        bus.finish()
    })

    it('reads STATUS in the sample that samplesToStatus names', async () => {
        const { bus, encoder } = await started(16)
        encoder.samplesToStatus = 2
        bus.read([], [0x00, 0x01]).read([STATUS], [MD]).read([RAW_ANGLE], [0x00, 0x02])
        encoder.sample()
        encoder.sample()
        bus.finish()
    })
})
