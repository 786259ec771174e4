import { describe, expect, it } from 'vitest'
import { type Esc, Pca9685Escs, type Pca9685EscsConfig } from '../../devices/motors/pca9685-escs'
import { chipStarted, simulatedChip } from './pca9685-rig'
import { JumpingClock, refusal, ScriptedBus } from './scripted-bus'

/** Turns one way. */
const propeller: Esc = { channel: 0, pulseStop: 1e-3, pulseFull: 2e-3 }
/** Turns both ways. */
const wheel: Esc = { channel: 1, pulseStop: 1.5e-3, pulseFull: 2e-3, pulseReverse: 1e-3 }
/** 25 MHz / (4096 × 50) - 1 is 121.07; a count is then 122 × 4096 / 25 MHz / 4096 = 4.88 µs. */
const PRE_SCALE_50_HZ = 121
const pulse = (count: number) => [0, 0, count & 0xff, count >> 8]
/** 1 ms, 1.5 ms and 2 ms. */
const [SHORT, MIDDLE, LONG] = [205, 307, 410]

async function started(bus: ScriptedBus, escs = [propeller, wheel]): Promise<Pca9685Escs> {
    chipStarted(bus, PRE_SCALE_50_HZ)
    bus.write(0x06, ...escs.flatMap(esc => pulse(esc === wheel ? MIDDLE : SHORT))).read([0], [0x20, 0x04])
    const motors = new Pca9685Escs(bus, { escs, outputEnable: undefined })
    await motors.init(new JumpingClock())
    return motors
}

describe('PCA9685 speed controllers', () => {
    it('arm at start: the stop pulse of each, for two seconds, before anything else', async () => {
        const bus = new ScriptedBus(0x40)
        const clock = new JumpingClock()
        chipStarted(bus, PRE_SCALE_50_HZ)
            .write(0x06, ...pulse(SHORT), ...pulse(MIDDLE))
            .read([0], [0x20, 0x04])
        const motors = new Pca9685Escs(bus, { escs: [propeller, wheel], outputEnable: undefined })
        expect(motors.armed).toBe(false)
        await motors.init(clock)
        expect(motors.armed).toBe(true)
        // 50 ms to the end of the old period, 1 ms for the oscillator.
        expect(clock.millis()).toBe(2051)
        bus.finish()
    })

    it('write nothing before they are armed', () => {
        const bus = new ScriptedBus(0x40)
        const motors = new Pca9685Escs(bus, { escs: [propeller], outputEnable: undefined })
        expect([motors.write(0.5), motors.enable()]).toEqual([false, false])
        expect(motors.errors).toBe(2)
        bus.finish()
    })

    it.each([
        ['stop', 0, SHORT, MIDDLE],
        ['half', 0.5, 307, 359],
        ['full', 1, LONG, LONG],
        ['beyond', 9, LONG, LONG],
        ['backward', -0.5, SHORT, 256],
        ['full backward', -1, SHORT, SHORT],
        ['beyond backward', -Infinity, SHORT, SHORT],
        ['NaN', NaN, SHORT, MIDDLE],
    ])('throttle to pulse: %s', async (_, effort, one, other) => {
        const bus = new ScriptedBus(0x40)
        const motors = await started(bus)
        bus.write(0x06, ...pulse(one), ...pulse(other))
        expect(motors.write(effort, effort)).toBe(true)
        bus.finish()
    })

    it('count what is not acknowledged; a chip that was reset, or pulses taken away, must be armed anew', async () => {
        const bus = new ScriptedBus(0x40)
        const motors = await started(bus, [propeller])
        bus.nackWrite([0x06, ...pulse(LONG)]).read([0], [0x11, 0x04])
        expect(motors.write(1)).toBe(false)
        expect(motors.readStatus()).toBe(false)
        expect(motors).toMatchObject({ errors: 2, resetSeen: true, armed: false })
        expect(motors.write(1)).toBe(false)
        bus.write(0xfd, 0x10)
        expect(motors.release()).toBe(true)
        bus.finish()
    })

    it('refuse a chip that loses its configuration while they arm', async () => {
        const bus = chipStarted(new ScriptedBus(0x40), PRE_SCALE_50_HZ)
            .write(0x06, ...pulse(SHORT))
            .read([0], [0x11, 0x04])
        const motors = new Pca9685Escs(bus, { escs: [propeller], outputEnable: undefined })
        expect((await refusal(motors.init(new JumpingClock()))).message).toMatch(/lost while the ESCs were arming/)
        expect(motors.armed).toBe(false)
    })

    it.each<[Partial<Pca9685EscsConfig>, RegExp]>([
        [{ escs: [] }, /number of ESCs 0 .*1 to 3/],
        [{ escs: [{ ...propeller, channel: 16 }] }, /channel 16 .*0 to 15/],
        [{ escs: [propeller, propeller] }, /channel 0 used twice/],
        [
            { escs: [{ ...propeller, pulseStop: 2e-3, pulseFull: 1e-3 }] },
            /pulseFull of channel 0 0.001 s, allowed 0.0021/,
        ],
        [{ escs: [{ ...wheel, pulseReverse: 1.6e-3 }] }, /pulseReverse of channel 1 0.0016 s/],
        [{ armingMs: 0 }, /armingMs 0 ms, allowed 100 to 10000/],
        [{ frequency: 500 }, /frequency 500 Hz, allowed 40 to 400/],
        [{ frequency: 400, escs: [{ ...propeller, pulseFull: 2.4e-3 }] }, /pulseFull of channel 0 0.0024 s/],
    ])('refuse %j before they touch the bus', async (change, message) => {
        const motors = new Pca9685Escs(new ScriptedBus(0x40), { escs: [propeller], outputEnable: undefined, ...change })
        const error = await refusal(motors.init(new JumpingClock()))
        expect(error.code).toBe('config')
        expect(error.message).toMatch(message)
    })
})

describe('PCA9685 speed controllers on the simulated chip', () => {
    async function rig() {
        const parts = simulatedChip()
        /** Longest pulse seen on output 0 while they armed, s. */
        let longest = 0
        const clock = {
            ...parts.clock,
            sleep: async (ms: number) => {
                for (let i = 0; i < ms; i++) {
                    parts.state.time += 1e-3
                    longest = Math.max(longest, parts.chip.highTime(0))
                }
            },
        }
        const motors = new Pca9685Escs(parts.bus, { escs: [propeller, wheel], outputEnable: parts.outputEnable })
        await motors.init(clock)
        return { ...parts, motors, clock, longest: () => longest, settle: () => (parts.state.time += 0.05) }
    }

    it('send no pulse longer than the stop pulse until they are armed, also when the chip was left at full throttle', async () => {
        const { motors, clock, bus, chip, longest, settle, warnings } = await rig()
        motors.write(1, 1)
        settle()
        expect(chip.highTime(0)).toBeCloseTo(2e-3, 5)
        expect(longest()).toBeLessThan(1e-3 + 5e-6)
        const next = new Pca9685Escs(bus, { escs: [propeller], outputEnable: undefined })
        let worst = 0
        let left = 0
        await next.init({
            millis: clock.millis,
            sleep: async ms => {
                await clock.sleep(ms)
                // The running period ends as it was.
                if (left++ > 0) worst = Math.max(worst, chip.highTime(0))
            },
        })
        expect(worst).toBeLessThan(1e-3 + 5e-6)
        expect(warnings).toEqual([])
    })

    it('GO ON when the board goes silent, until OE goes HIGH', async () => {
        const { motors, chip, state } = await rig()
        motors.write(0.7, -0.7)
        state.time += 3600
        expect(chip.highTime(0)).toBeCloseTo(1.7e-3, 5)
        expect(chip.highTime(1)).toBeCloseTo(1.15e-3, 5)
        chip.outputEnableHigh = true
        expect([chip.highTime(0), chip.highTime(1)]).toEqual([0, 0])
    })

    it('pull OE HIGH when a stop is not acknowledged, and must then be armed anew', async () => {
        const { motors, bus, chip, levels, clock, settle } = await rig()
        motors.write(1, 1)
        settle()
        bus.unplug(0x40)
        expect(motors.stop()).toBe(false)
        expect(levels.at(-1)).toBe(1)
        expect(chip.highTime(0)).toBe(0)
        bus.plug(0x40)
        expect(motors.write(1, 1)).toBe(false)
        await motors.init(clock)
        expect(motors.write(1, 1)).toBe(true)
        settle()
        expect(chip.highTime(0)).toBeCloseTo(2e-3, 5)
    })
})
