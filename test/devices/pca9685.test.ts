import { describe, expect, it } from 'vitest'
import { Pca9685Servos, type Pca9685Config, type Servo } from '../../devices/motors/pca9685'
import { Pca9685 as Chip } from '../../src/sim/chips/pca9685'
import { SimulatedI2cBus } from '../../src/sim/i2c/simulated-i2c-bus'
import { JumpingClock, refusal, ScriptedBus } from './scripted-bus'

// Register numbers and values retyped from the data sheet, table 4 to 8.
const [MODE1, MODE2, SUBADR1, SUBADR2, SUBADR3, ALLCALLADR] = [0, 1, 2, 3, 4, 5]
const [ALL_LED_OFF_H, PRE_SCALE] = [0xfd, 0xfe]

const servo = (channel: number, change: Partial<Servo> = {}): Servo => ({
    channel,
    positionLow: -1,
    positionHigh: 1,
    pulseLow: 1e-3,
    pulseHigh: 2e-3,
    ...change,
})

/** Expects what identifies the chip; at power-on MODE1 is 0x11, asleep and answering to All Call. */
function identified(bus: ScriptedBus, mode1 = 0x11): ScriptedBus {
    return bus
        .read([MODE1], [mode1])
        .read([SUBADR1], [0xe2])
        .read([SUBADR2], [0xe4])
        .read([SUBADR3], [0xe8])
        .read([ALLCALLADR], [0xe0])
}

function configured(bus: ScriptedBus, preScale: number): ScriptedBus {
    return identified(bus)
        .write(MODE2, 0x04)
        .write(ALL_LED_OFF_H, 0x10)
        .write(MODE1, 0x30)
        .write(PRE_SCALE, preScale)
        .write(MODE1, 0x20)
        .read([MODE1], [0x20, 0x04])
        .read([PRE_SCALE], [preScale])
}

async function started(bus: ScriptedBus, config: Pca9685Config, preScale = 121): Promise<Pca9685Servos> {
    configured(bus, preScale)
    const servos = new Pca9685Servos(bus, config)
    await servos.init(new JumpingClock())
    return servos
}

describe('PCA9685 servos', () => {
    it('identifies the part, takes all pulses away and sets the frequency during sleep', async () => {
        const bus = new ScriptedBus(0x40)
        const servos = await started(bus, { servos: [servo(0)] })
        // 25 MHz / (4096 × 122)
        expect(servos.frequency).toBeCloseTo(50.0288, 4)
        bus.finish()
    })

    it('takes the frequency from the oscillator as measured, as the data sheet computes it', async () => {
        // Section 7.3.5: 200 Hz from 25 MHz is 0x1e; 27 MHz × 1/(4096 × 50) - 1 is 130.8.
        const bus = new ScriptedBus(0x40)
        await started(bus, { servos: [servo(0)], frequency: 200 }, 0x1e)
        await started(bus, { servos: [servo(0)], oscillator: 27e6 }, 131)
        bus.finish()
    })

    it('writes all channels in use in one transaction; those between stay off', async () => {
        const bus = new ScriptedBus(0x40)
        const servos = await started(bus, { servos: [servo(5), servo(3)] })
        // A count is 4.88 µs: 1.5 ms are 307.4, 2 ms 409.8, 1 ms 204.9. LED3_ON_L is register 6 + 4 × 3.
        bus.write(0x12, 0, 0, 0x9a, 0x01, 0, 0, 0, 0x10, 0, 0, 0x33, 0x01)
        expect(servos.write([0, 1])).toBe(true)
        bus.write(0x12, 0, 0, 0x33, 0x01, 0, 0, 0, 0x10, 0, 0, 0xcd, 0x00)
        expect(servos.write([-1, 0])).toBe(true)
        bus.finish()
    })

    it.each([
        ['clamped below', -7, {}, 205],
        ['clamped above', 7, {}, 410],
        ['clamped from infinity', -Infinity, {}, 205],
        ['reversed, low end', -1, { pulseLow: 2e-3, pulseHigh: 1e-3 }, 410],
        ['reversed, clamped above', 3, { pulseLow: 2e-3, pulseHigh: 1e-3 }, 205],
        // A quarter of the way: 0.6 ms + 1.8 ms / 4 = 1.05 ms = 215.2 counts.
        ['calibrated ends', 0.5, { positionLow: 0, positionHigh: 2, pulseLow: 0.6e-3, pulseHigh: 2.4e-3 }, 215],
    ])('position to pulse: %s', async (_, position, change, counts) => {
        const bus = new ScriptedBus(0x40)
        const servos = await started(bus, { servos: [servo(0, change)] })
        bus.write(0x06, 0, 0, counts & 0xff, counts >> 8)
        servos.write([position])
        bus.finish()
    })

    it('leaves a servo without a pulse until it has a position, and keeps its pulse when the position is NaN', async () => {
        const bus = new ScriptedBus(0x40)
        const servos = await started(bus, { servos: [servo(0)] })
        bus.write(0x06, 0, 0, 0, 0x10).write(0x06, 0, 0, 0x33, 0x01).write(0x06, 0, 0, 0x33, 0x01)
        for (const position of [NaN, 0, NaN]) servos.write([position])
        bus.write(ALL_LED_OFF_H, 0x10).write(0x06, 0, 0, 0x33, 0x10)
        expect(servos.release()).toBe(true)
        servos.write([NaN])
        bus.finish()
    })

    it('counts what was not acknowledged', async () => {
        const bus = new ScriptedBus(0x40)
        const servos = await started(bus, { servos: [servo(0)] })
        bus.nackWrite([0x06, 0, 0, 0x33, 0x01]).nackWrite([ALL_LED_OFF_H, 0x10]).nackRead([MODE1], 2)
        expect([servos.write([0]), servos.release(), servos.check()]).toEqual([false, false, false])
        expect(servos.errors).toBe(3)
        bus.finish()
    })

    it('notices a chip that was reset, or set otherwise', async () => {
        const bus = new ScriptedBus(0x40)
        const servos = await started(bus, { servos: [servo(0)] })
        bus.read([MODE1], [0x20, 0x04]).read([MODE1], [0x11, 0x11]).read([MODE1], [0x20, 0x14])
        expect([servos.check(), servos.check(), servos.check()]).toEqual([true, false, false])
        bus.finish()
    })

    it('says why it could not be started', async () => {
        const start = (bus: ScriptedBus) =>
            refusal(new Pca9685Servos(bus, { servos: [servo(0)] }).init(new JumpingClock()))
        expect(await start(new ScriptedBus(0x40).nackWrite([MODE1], 1))).toMatchObject({
            device: 'PCA9685@0x40',
            code: 'not-found',
        })
        const other = new ScriptedBus(0x40).read([MODE1], [0x41]).read([SUBADR1], [0x27])
        expect((await start(other)).code).toBe('wrong-part')
        expect((await start(identified(new ScriptedBus(0x40), 0x61))).code).toBe('not-ready')
        const lost = identified(new ScriptedBus(0x40)).write(MODE2, 0x04).nackWrite([ALL_LED_OFF_H, 0x10])
        expect((await start(lost)).code).toBe('bus')
        const deaf = identified(new ScriptedBus(0x40))
            .write(MODE2, 0x04)
            .write(ALL_LED_OFF_H, 0x10)
            .write(MODE1, 0x30)
            .write(PRE_SCALE, 121)
            .write(MODE1, 0x20)
            .read([MODE1], [0x20, 0x04])
            .read([PRE_SCALE], [0x1e])
        expect((await start(deaf)).code).toBe('bus')
    })

    it.each<[Partial<Pca9685Config>, RegExp]>([
        [{ servos: [] }, /number of servos 0 .*1 to 16/],
        [{ servos: [servo(16)] }, /channel 16 .*0 to 15/],
        [{ servos: [servo(-1)] }, /channel -1 .*0 to 15/],
        [{ servos: [servo(1.5)] }, /channel 1.5 not whole/],
        [{ servos: [servo(3), servo(3)] }, /channel 3 used twice/],
        [{ servos: [servo(3, { pulseLow: 1 })] }, /pulseLow of channel 3 1 s, allowed 0.0003 to 0.003/],
        [{ servos: [servo(3, { pulseHigh: NaN })] }, /pulseHigh of channel 3 NaN/],
        [{ servos: [servo(3, { pulseHigh: 1e-3 })] }, /pulseLow of channel 3 equals pulseHigh/],
        [{ servos: [servo(3, { positionLow: 1 })] }, /positionLow of channel 3 1, allowed below positionHigh 1/],
        [{ frequency: 24 }, /frequency 24 Hz, allowed 40 to 333/],
        [{ frequency: 333, servos: [servo(0, { pulseHigh: 2.9e-3 })] }, /pulseHigh of channel 0 0.0029 s/],
        [{ oscillator: 25 }, /oscillator 25 Hz/],
    ])('refuses %j before it touches the bus', async (change, message) => {
        const bus = new ScriptedBus(0x40)
        const error = await refusal(new Pca9685Servos(bus, { servos: [servo(0)], ...change }).init(new JumpingClock()))
        expect(error.code).toBe('config')
        expect(error.message).toMatch(message)
    })
})

describe('PCA9685 servos on the simulated chip', () => {
    const setUp = (config: Partial<Pca9685Config> = {}, oscillator = 25e6) => {
        const warnings: string[] = []
        const state = { time: 0 }
        const now = () => state.time
        const bus = new SimulatedI2cBus({ frequency: 400_000, now })
        const chip = new Chip({ now, oscillator, warn: message => warnings.push(message) })
        bus.attach(0x40, chip)
        const servos = new Pca9685Servos(bus, { servos: [servo(0), servo(9)], ...config })
        const clock = {
            millis: () => Math.floor(state.time * 1000),
            sleep: (ms: number) => {
                state.time += ms / 1000
                return Promise.resolve()
            },
        }
        return { warnings, state, bus, chip, servos, clock }
    }

    it('moves only after the first write, to the pulse within half a count', async () => {
        const { chip, servos, clock, state, warnings } = setUp()
        await servos.init(clock)
        expect([0, 5, 9].map(i => chip.highTime(i))).toEqual([0, 0, 0])
        servos.write([-0.5, 1])
        state.time += 0.021
        expect(chip.highTime(0)).toBeCloseTo(1.25e-3, 5)
        expect(chip.highTime(9)).toBeCloseTo(2e-3, 5)
        expect(chip.highTime(5)).toBe(0)
        expect(warnings).toEqual([])
    })

    it('has its pulses right with an oscillator that is off and was measured', async () => {
        const { chip, servos, clock, state } = setUp({ oscillator: 26.6e6 }, 26.6e6)
        await servos.init(clock)
        servos.write([0, 0])
        state.time += 0.021
        expect(chip.highTime(0)).toBeCloseTo(1.5e-3, 5)
    })

    it('is held by the chip when the board goes silent, until OE goes HIGH', async () => {
        const { chip, servos, clock, state } = setUp()
        await servos.init(clock)
        servos.write([0.3, 0.3])
        state.time += 3600
        expect(chip.highTime(0)).toBeCloseTo(1.65e-3, 5)
        chip.outputEnableHigh = true
        expect([chip.highTime(0), chip.highTime(9)]).toEqual([0, 0])
    })

    it('starts a chip anew that another run left driving: no pulse survives, none comes back', async () => {
        const { chip, servos, clock, state, bus, warnings } = setUp()
        await servos.init(clock)
        servos.write([0, 0])
        state.time += 1
        const next = new Pca9685Servos(bus, { servos: [servo(4)] })
        await next.init(clock)
        next.write([0])
        state.time += 0.021
        expect([0, 4, 9].map(i => chip.highTime(i) > 0)).toEqual([false, true, false])
        expect(warnings).toEqual([])
    })

    it('notices a dip of the supply with its next check, and starts again', async () => {
        const { chip, servos, clock, state } = setUp()
        await servos.init(clock)
        servos.write([0, 0])
        chip.reset()
        expect(servos.write([0, 0])).toBe(true)
        state.time += 0.021
        expect([chip.highTime(0), chip.highTime(9)]).toEqual([0, 0])
        expect(servos.check()).toBe(false)
        await servos.init(clock)
        servos.write([0, NaN])
        state.time += 0.021
        expect([chip.highTime(0) > 0, chip.highTime(9)]).toEqual([true, 0])
    })
})
