import { describe, expect, it } from 'vitest'
import { angleFromRaw, As5048b } from '../../devices/encoders/as5048b'
import { As5048b as SimulatedAs5048b } from '../../src/sim/chips/as5048b'
import { SimulatedI2cBus } from '../../src/sim/i2c/simulated-i2c-bus'
import { Random } from '../../src/sim/random'
import { JumpingClock, refusal, ScriptedBus } from './scripted-bus'

// Datasheet, "I²C Register Map" and "Diagnostic Functions".
const ADDRESS = 0x40
const AGC = 0xfa
const DIAGNOSTICS = 0xfb
const OCF = 0x01
const COF = 0x02
const COMP_LOW = 0x04
const COMP_HIGH = 0x08

/** Registers 0xFA to 0xFF at start: gain 128, magnitude 4096, angle 0x0123. */
const START = [0x80, OCF, 0x40, 0x00, 0x04, 0x23]

/** Registers 0xFB to 0xFF. */
function sample(raw: number, diagnostics = OCF, magnitude = 4096): number[] {
    return [diagnostics, magnitude >> 6, magnitude & 0x3f, raw >> 6, raw & 0x3f]
}

async function started(frozenLimit?: number): Promise<{ bus: ScriptedBus; encoder: As5048b }> {
    const bus = new ScriptedBus(ADDRESS).read([AGC], START).read([DIAGNOSTICS], sample(0x123))
    const encoder = new As5048b(bus, undefined, frozenLimit)
    await encoder.init(new JumpingClock())
    bus.finish()
    return { bus, encoder }
}

function init(bus: ScriptedBus): Promise<void> {
    return new As5048b(bus).init(new JumpingClock())
}

describe('the angle conversion', () => {
    it.each([
        [0, 0],
        [1, 0.00038349519697141029],
        [4096, Math.PI / 2],
        [8192, Math.PI],
        [16383, 2 * Math.PI - 0.00038349519697141029],
    ])('takes %i counts as %f rad', (raw, angle) => {
        expect(angleFromRaw(raw)).toBeCloseTo(angle, 14)
    })

    it('stays below a full turn', () => {
        expect(angleFromRaw(16383)).toBeLessThan(2 * Math.PI)
    })
})

describe('starting an AS5048B', () => {
    it('identifies it, checks the magnet and takes a sample', async () => {
        const bus = new ScriptedBus(0x43).read([AGC], START).read([DIAGNOSTICS], sample(16383))
        const encoder = new As5048b(bus, 0x43)
        expect(encoder.valid).toBe(false)
        await encoder.init(new JumpingClock())
        bus.finish()
        expect(encoder).toMatchObject({ valid: true, errors: 0, angleRaw: 16383, magnitudeRaw: 4096, gainRaw: 128 })
        expect(encoder.magnetTooWeak() || encoder.magnetTooStrong()).toBe(false)
    })

    it('says when nothing answers', async () => {
        const bus = new ScriptedBus(ADDRESS).nackWrite([AGC], 6)
        expect(await refusal(init(bus))).toMatchObject({ code: 'not-found', device: 'AS5048B@0x40' })
        bus.finish()
    })

    it.each([
        ['a diagnostic bit', [0x80, 0x11, 0x40, 0x00, 0x04, 0x23]],
        ['bit 6 of the magnitude’s low byte', [0x80, OCF, 0x40, 0x40, 0x04, 0x23]],
        ['bit 7 of the angle’s low byte', [0x80, OCF, 0x40, 0x00, 0x04, 0x80]],
        ['the manufacturer’s identity of an INA226', [0x00, 0x00, 0x00, 0x00, 0x54, 0x49]],
        ['a bus that nobody drives', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
    ])('refuses a part that sets blank bits: %s', async (_, bytes) => {
        const bus = new ScriptedBus(ADDRESS).read([AGC], bytes)
        expect((await refusal(init(bus))).code).toBe('wrong-part')
        bus.finish()
    })

    it('waits 10 ms for the offset compensation, in vain with a PCA9685', async () => {
        const bus = new ScriptedBus(ADDRESS)
        // ALL_LED and PRE_SCALE of a PCA9685 after power-on.
        for (let i = 0; i <= 10; i++) bus.read([AGC], [0x00, 0x00, 0x00, 0x00, 0x1e, 0x00])
        const clock = new JumpingClock()
        const error = await refusal(new As5048b(bus).init(clock))
        expect(error.code).toBe('not-ready')
        expect(error.message).toMatch(/another part/)
        expect(clock.millis()).toBe(10)
        bus.finish()
    })

    it('starts as soon as the diagnostics are good', async () => {
        const bus = new ScriptedBus(ADDRESS)
            .read([AGC], [0x00, 0x00, 0x00, 0x00, 0x00, 0x00])
            .read([AGC], [0xff, OCF | COMP_HIGH, 0x20, 0x00, 0x00, 0x00])
            .read([AGC], START)
            .read([DIAGNOSTICS], sample(7))
        const encoder = new As5048b(bus)
        await encoder.init(new JumpingClock())
        bus.finish()
        expect(encoder.angleRaw).toBe(7)
    })

    it.each([
        [COF, /overflow/],
        [COF | COMP_HIGH, /overflow/],
        [COMP_HIGH, /too weak/],
        [COMP_LOW, /too strong/],
    ])('refuses a magnet with flags 0x%x', async (flags, message) => {
        const bus = new ScriptedBus(ADDRESS)
        for (let i = 0; i <= 10; i++) bus.read([AGC], [0x80, OCF | flags, 0x40, 0x00, 0x04, 0x23])
        const error = await refusal(init(bus))
        expect(error.code).toBe('not-ready')
        expect(error.message).toMatch(message)
        bus.finish()
    })

    it('reports a bus fault in the middle', async () => {
        const waiting = new ScriptedBus(ADDRESS).read([AGC], [0, 0, 0, 0, 0, 0]).nackRead([AGC], 6)
        expect((await refusal(init(waiting))).code).toBe('bus')
        waiting.finish()
        const sampling = new ScriptedBus(ADDRESS).read([AGC], START).nackRead([DIAGNOSTICS], 5)
        expect((await refusal(init(sampling))).code).toBe('bus')
        sampling.finish()
    })

    it.each([1, NaN])('refuses a frozenLimit of %f before it touches the bus', async limit => {
        const bus = new ScriptedBus(ADDRESS)
        const error = await refusal(new As5048b(bus, undefined, limit).init(new JumpingClock()))
        expect(error.code).toBe('config')
        expect(error.message).toMatch(`frozenLimit ${limit}, allowed 2 or more`)
    })
})

describe('sampling an AS5048B', () => {
    it('is one read of diagnostics, magnitude and angle', async () => {
        const { bus, encoder } = await started()
        for (const raw of [8192, 16383, 63, 64, 0]) {
            bus.read([DIAGNOSTICS], sample(raw))
            expect(encoder.sample()).toBe(true)
            expect(encoder).toMatchObject({ valid: true, angleRaw: raw, errors: 0 })
            // The arithmetic written out in the tick is the exported conversion, to the bit.
            expect(encoder.angle).toBe(angleFromRaw(raw))
        }
        bus.finish()
    })

    it('drops and counts a sample without acknowledge, keeps the old value, and recovers', async () => {
        const { bus, encoder } = await started()
        bus.nackWrite([DIAGNOSTICS], 5).nackRead([DIAGNOSTICS], 5).read([DIAGNOSTICS], sample(5))
        for (let failures = 1; failures <= 2; failures++) {
            expect(encoder.sample()).toBe(false)
            expect(encoder).toMatchObject({ valid: false, angleRaw: 0x123, errors: failures })
            expect(encoder.angle).toBe(angleFromRaw(0x123))
        }
        expect(encoder.sample()).toBe(true)
        expect(encoder).toMatchObject({ valid: true, angleRaw: 5, errors: 2 })
        bus.finish()
    })

    it.each([
        ['CORDIC overflow', sample(9, OCF | COF)],
        ['a part that was reset', sample(9, 0)],
        ['a blank diagnostic bit', sample(9, OCF | 0x80)],
        ['a blank bit of the angle', [OCF, 0x40, 0x00, 0x00, 0x49]],
        ['a blank bit of the magnitude', [OCF, 0x40, 0x80, 0x00, 0x09]],
        ['half the magnitude with a weak field', sample(9, OCF | COMP_HIGH, 2047)],
        ['all ones', [0xff, 0xff, 0xff, 0xff, 0xff]],
        ['all zeros', [0, 0, 0, 0, 0]],
    ])('drops %s, and recovers', async (_, bytes) => {
        const { bus, encoder } = await started()
        bus.read([DIAGNOSTICS], bytes).read([DIAGNOSTICS], sample(10))
        expect(encoder.sample()).toBe(false)
        expect(encoder).toMatchObject({ valid: false, angleRaw: 0x123, errors: 1 })
        expect(encoder.sample()).toBe(true)
        expect(encoder).toMatchObject({ valid: true, angleRaw: 10, errors: 1 })
        bus.finish()
    })

    it('measures on in a weak or strong field, and says so', async () => {
        const { bus, encoder } = await started()
        bus.read([DIAGNOSTICS], sample(9, OCF | COMP_HIGH, 2048)).read([DIAGNOSTICS], sample(10, OCF | COMP_LOW, 9000))
        expect(encoder.sample()).toBe(true)
        expect([encoder.magnetTooWeak(), encoder.magnetTooStrong()]).toEqual([true, false])
        expect(encoder.sample()).toBe(true)
        expect([encoder.magnetTooWeak(), encoder.magnetTooStrong()]).toEqual([false, true])
        bus.finish()
    })

    it('takes frozenLimit equal samples in a row for a stopped part, and any change for a running one', async () => {
        const { bus, encoder } = await started(4)
        // The first sample of the run is another than init's.
        for (let i = 1; i <= 3; i++) {
            bus.read([DIAGNOSTICS], sample(0x200))
            expect(encoder.sample()).toBe(true)
        }
        for (let failures = 1; failures <= 3; failures++) {
            bus.read([DIAGNOSTICS], sample(0x200))
            expect(encoder.sample()).toBe(false)
            expect(encoder).toMatchObject({ valid: false, errors: failures })
        }
        // One count of the angle or of the magnitude is enough.
        for (const [raw, magnitude] of [
            [0x201, 4096],
            [0x201, 4097],
        ]) {
            bus.read([DIAGNOSTICS], sample(raw, OCF, magnitude))
            expect(encoder.sample()).toBe(true)
            expect(encoder.repeats).toBe(0)
        }
        bus.finish()
    })
})

describe('an AS5048B driver with the simulated chip', () => {
    const setUp = async () => {
        const state = { time: 0, chipTime: 0, angle: 1, warnings: [] as string[] }
        const wire = new SimulatedI2cBus({ frequency: 400_000, now: () => state.time })
        const chip = new SimulatedAs5048b({
            angle: () => state.angle,
            now: () => state.chipTime,
            random: new Random(5).fork('encoder'),
            warn: message => state.warnings.push(message),
        })
        wire.attach(0x40, chip)
        const clock = {
            millis: () => state.time * 1000,
            sleep: (ms: number) => {
                state.time += ms / 1000
                state.chipTime += ms / 1000
                return Promise.resolve()
            },
        }
        const encoder = new As5048b(wire)
        chip.reset()
        await encoder.init(clock)
        const tick = () => {
            state.chipTime += 0.01
            return encoder.sample()
        }
        return { state, chip, encoder, tick, clock }
    }

    it('holds still for a minute without a drop, within noise', async () => {
        const { state, encoder, tick } = await setUp()
        for (let i = 0; i < 6000; i++) {
            expect(tick()).toBe(true)
            // Six standard deviations of 0.06°.
            expect(Math.abs(encoder.angle - 1)).toBeLessThan(0.0065)
        }
        expect(state.warnings).toEqual([])
    })

    it('drops every sample while the magnet is away or out of range, and recovers', async () => {
        const { chip, encoder, tick } = await setUp()
        chip.field = 0
        for (let i = 0; i < 50; i++) expect(tick()).toBe(false)
        chip.field = 50
        expect(tick()).toBe(true)
        chip.overflow = true
        for (let i = 0; i < 50; i++) expect(tick()).toBe(false)
        chip.overflow = false
        expect(tick()).toBe(true)
        expect(encoder.errors).toBe(100)
    })

    it('notices at once a chip that lost its supply, and within 16 samples one that stopped', async () => {
        const { state, chip, encoder, tick } = await setUp()
        chip.reset()
        expect(encoder.sample()).toBe(false)
        state.chipTime += 0.02
        expect(tick()).toBe(true)
        // The chip's own time stands: its outputs do.
        const results = Array.from({ length: 20 }, () => encoder.sample())
        // The tick's sample was the first of the equal ones, so here the sixteenth has index 14.
        expect(results.indexOf(false)).toBe(14)
        expect(results.lastIndexOf(true)).toBe(13)
    })
})
