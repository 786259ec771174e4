import { describe, expect, it } from 'vitest'
import { Pca9685Bridges, type Pca9685BridgesConfig } from '../../devices/motors/pca9685-bridges'
import { chipStarted, simulatedChip } from './pca9685-rig'
import { JumpingClock, refusal, ScriptedBus } from './scripted-bus'

const left = { in1: 0, in2: 1 }
const right = { in1: 2, in2: 3 }
/** 25 MHz / (4096 × 1000) - 1 is 5.1. */
const PRE_SCALE_1_KHZ = 5
const [ON, OFF] = [
    [0, 0x10, 0, 0],
    [0, 0, 0, 0x10],
]
/** HIGH from count 0 to `count`. */
const pulse = (count: number) => [0, 0, count & 0xff, count >> 8]

async function started(bus: ScriptedBus, bridges = [left, right]): Promise<Pca9685Bridges> {
    chipStarted(bus, PRE_SCALE_1_KHZ)
    const motors = new Pca9685Bridges(bus, { bridges, outputEnable: undefined })
    await motors.init(new JumpingClock())
    return motors
}

describe('PCA9685 H-bridges', () => {
    it('start with the frequency asked for and no output on', async () => {
        const bus = new ScriptedBus(0x40)
        const motors = await started(bus)
        expect(motors.frequency).toBeCloseTo(25e6 / 4096 / 6, 6)
        bus.finish()
    })

    it.each([
        ['brakes at 0', 0, ON, ON],
        ['forward', 0.25, ON, pulse(3072)],
        ['full forward', 1, ON, OFF],
        ['backward', -0.5, pulse(2048), ON],
        ['full backward', -1, OFF, ON],
        ['beyond full', 7, ON, OFF],
        ['beyond full, backward', -Infinity, OFF, ON],
        ['NaN brakes', NaN, ON, ON],
        ['less than half a count brakes', 0.0001, ON, ON],
        ['one count', 1 / 4096, ON, pulse(4095)],
        ['all but one count', -4095 / 4096, pulse(1), ON],
    ])('%s: inputs of effort %f', async (_, effort, in1, in2) => {
        const bus = new ScriptedBus(0x40)
        const motors = await started(bus, [left])
        bus.write(0x06, ...in1, ...in2)
        expect(motors.write(effort)).toBe(true)
        bus.finish()
    })

    it('write all motors in one transaction, outputs between them staying off', async () => {
        const bus = new ScriptedBus(0x40)
        const motors = await started(bus, [
            { in1: 9, in2: 8 },
            { in1: 11, in2: 12 },
        ])
        // LED8_ON_L is register 6 + 4 × 8.
        bus.write(0x26, ...pulse(2048), ...ON, ...OFF, ...pulse(1024), ...ON)
        expect(motors.write(0.5, -0.75, 1)).toBe(true)
        bus.write(0x26, ...ON, ...ON, ...OFF, ...ON, ...ON).write(0x26, ...ON, ...ON, ...OFF, ...ON, ...ON)
        expect([motors.enable(), motors.stop()]).toEqual([true, true])
        bus.finish()
    })

    it('count what is not acknowledged, and see that the chip was reset', async () => {
        const bus = new ScriptedBus(0x40)
        const motors = await started(bus, [left])
        bus.nackWrite([0x06, ...ON, ...ON])
            .nackWrite([0x06, ...ON, ...ON])
            .nackWrite([0xfd, 0x10])
        expect(motors.write(0)).toBe(false)
        expect(motors.stop()).toBe(false)
        expect(motors.errors).toBe(3)
        bus.read([0], [0x20, 0x04]).read([0], [0x11, 0x04]).nackRead([0], 2)
        expect(motors.readStatus()).toBe(true)
        expect(motors.resetSeen).toBe(false)
        expect([motors.readStatus(), motors.readStatus()]).toEqual([false, false])
        expect(motors.resetSeen).toBe(true)
        bus.finish()
    })

    it('say why they could not be started', async () => {
        const start = (bus: ScriptedBus) =>
            refusal(new Pca9685Bridges(bus, { bridges: [left], outputEnable: undefined }).init(new JumpingClock()))
        expect((await start(new ScriptedBus(0x40).nackWrite([0], 1))).code).toBe('not-found')
        expect((await start(new ScriptedBus(0x40).read([0], [0x41]).read([2], [0x27]))).code).toBe('wrong-part')
    })

    it.each<[Partial<Pca9685BridgesConfig>, RegExp]>([
        [{ bridges: [] }, /number of bridges 0 .*1 to 3/],
        [{ bridges: [{ in1: 0, in2: 0 }] }, /in2 0 used twice/],
        [{ bridges: [left, { in1: 1, in2: 4 }] }, /in1 1 used twice/],
        [{ bridges: [{ in1: 16, in2: 4 }] }, /in1 16 .*0 to 15/],
        [{ frequency: 2000 }, /frequency 2000 Hz, allowed 40 to 1526/],
        [{ oscillator: 1 }, /oscillator 1 Hz/],
    ])('refuse %j before they touch the bus', async (change, message) => {
        const motors = new Pca9685Bridges(new ScriptedBus(0x40), {
            bridges: [left],
            outputEnable: undefined,
            ...change,
        })
        const error = await refusal(motors.init(new JumpingClock()))
        expect(error.code).toBe('config')
        expect(error.message).toMatch(message)
    })
})

describe('PCA9685 H-bridges on the simulated chip', () => {
    /** Mean voltage of a bridge, as a part of the supply, and whether it shorts the motor between pulses. */
    const drive = (chip: ReturnType<typeof simulatedChip>['chip'], { in1, in2 }: typeof left) =>
        (chip.highTime(in1) - chip.highTime(in2)) / chip.period

    async function rig() {
        const parts = simulatedChip()
        const motors = new Pca9685Bridges(parts.bus, {
            bridges: [left, right],
            outputEnable: parts.outputEnable,
        })
        await motors.init(parts.clock)
        const settle = () => (parts.state.time += 2 * parts.chip.period)
        return { ...parts, motors, settle }
    }

    it('drive with the effort given within half a count, whichever way', async () => {
        const { chip, motors, settle, warnings } = await rig()
        motors.enable()
        for (const effort of [0, 0.3, -0.3, 0.999, -1, 1]) {
            motors.write(effort, -effort)
            settle()
            expect(drive(chip, left)).toBeCloseTo(effort, 3)
            expect(drive(chip, right)).toBeCloseTo(-effort, 3)
        }
        expect(warnings).toEqual([])
    })

    it('GO ON when the board goes silent, until OE goes HIGH', async () => {
        const { chip, motors, state } = await rig()
        motors.write(0.8, 0.8)
        state.time += 3600
        expect(drive(chip, left)).toBeCloseTo(0.8, 3)
        chip.outputEnableHigh = true
        expect([chip.highTime(0), chip.highTime(1)]).toEqual([0, 0])
    })

    it('keep OE HIGH until they are set up, and pull it HIGH when a stop is not acknowledged', async () => {
        const { bus, chip, levels, motors, settle } = await rig()
        expect(levels).toEqual([1, 0])
        motors.write(0.8, 0.8)
        settle()
        bus.unplug(0x40)
        expect(motors.stop()).toBe(false)
        expect(levels).toEqual([1, 0, 1])
        expect(drive(chip, left)).toBe(0)
    })
})
