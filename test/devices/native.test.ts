import { describe, expect, it } from 'vitest'
import { NativeEncoders } from '../../devices/encoders/native-encoders'
import { NativeMotors } from '../../devices/motors/native-motors'
import { NativeServos } from '../../devices/motors/native-servos'
import type { NativeEncoder, NativeMotor, NativeServo } from '../../src/hal/native-services'
import { JumpingClock, refusal } from './scripted-bus'

/** Writes down every packet. */
class Recorder implements NativeMotor, NativeServo {
    bound = true
    constructor(
        private readonly packets: string[],
        private readonly name: string,
    ) {}
    isBound = () => this.bound
    setSpeed = async (speed: number) => void this.packets.push(`${this.name} speed ${speed}`)
    setAngle = async (angle: number) => void this.packets.push(`${this.name} angle ${angle.toFixed(2)}`)
    setEnabled = async (enabled: boolean) => void this.packets.push(`${this.name} ${enabled ? 'on' : 'off'}`)
}

function recorders(count: number): { packets: string[]; ports: Recorder[]; taken(): string[] } {
    const packets: string[] = []
    const ports = Array.from({ length: count }, (_, i) => new Recorder(packets, 'abc'[i]))
    return { packets, ports, taken: () => packets.splice(0) }
}

const CONFIG = { updateMs: 60, commandTimeoutMs: 120 }

describe("the runtime's own motors", () => {
    it('are switched off at the start, on at 0, and told what has changed, a packet a round', async () => {
        const { ports, taken } = recorders(2)
        const motors = new NativeMotors(ports, CONFIG)
        await motors.init(new JumpingClock())
        expect(taken()).toEqual(['a off', 'b off'])
        motors.write(0.5, -0.5, 0)
        await motors.send()
        expect(taken()).toEqual([])
        motors.enable()
        motors.write(0.5, -0.5, 0)
        await motors.send()
        expect(taken()).toEqual(['a speed 0', 'b speed 0'])
        await motors.send()
        expect(taken()).toEqual(['a on', 'b on'])
        motors.write(0.5, -0.5, 0)
        await motors.send()
        expect(taken()).toEqual(['a speed 0.5', 'b speed -0.5'])
        motors.write(0.5, 0.25, 0)
        await motors.send()
        expect(taken()).toEqual(['b speed 0.25'])
        motors.stop()
        motors.write(1, 1, 0)
        await motors.send()
        expect(taken()).toEqual(['a off', 'b off'])
    })

    it('are switched off when the tick says nothing for the command timeout, until enabled again', async () => {
        const { ports, taken } = recorders(1)
        const motors = new NativeMotors(ports, CONFIG)
        await motors.init(new JumpingClock())
        motors.enable()
        for (let i = 0; i < 3; i++) {
            motors.write(1, 0, 0)
            await motors.send()
        }
        taken()
        await motors.send()
        expect([motors.timedOut, taken()]).toEqual([false, []])
        await motors.send()
        expect([motors.timedOut, taken()]).toEqual([true, ['a off']])
        motors.write(1, 0, 0)
        await motors.send()
        expect(taken()).toEqual([])
        motors.enable()
        expect(motors.timedOut).toBe(false)
    })

    it('report an effort that does not get out', () => {
        const motors = new NativeMotors(recorders(1).ports, CONFIG)
        const results = Array.from({ length: 7 }, () => motors.write(1, 0, 0))
        expect(results).toEqual([true, true, true, true, true, false, false])
        expect(motors.errors).toBe(2)
    })

    it.each([
        [{ ...CONFIG, updateMs: 39 }, 2, 'updateMs 39, allowed 40 to 1000'],
        [{ ...CONFIG, updateMs: NaN }, 1, 'updateMs NaN, allowed 20 to 1000'],
        [{ ...CONFIG, commandTimeoutMs: 119 }, 2, 'commandTimeoutMs 119, allowed 120 and more'],
        [CONFIG, 0, 'number of motors 0, allowed 1 to 3'],
    ])('refuse %o with %d motors', async (config, count, text) => {
        const error = await refusal(new NativeMotors(recorders(count).ports, config).init(new JumpingClock()))
        expect(error).toMatchObject({ code: 'config', message: `startMotor: ${text}` })
    })

    it('say which the runtime does not have, after a second', async () => {
        const { ports } = recorders(2)
        ports[1].bound = false
        const error = await refusal(new NativeMotors(ports, CONFIG).init(new JumpingClock()))
        expect(error).toMatchObject({ code: 'not-found', message: 'startMotor: motor 1 is not offered by the runtime' })
    })
})

describe("the runtime's own servos", () => {
    const ends = { positionLow: -0.5, positionHigh: 0.5 }

    it('have no pulse before their first position, are clamped, left alone by NaN, and let go', async () => {
        const { ports, taken } = recorders(2)
        const servos = new NativeServos(ports, { updateMs: 40, ends: [ends, ends] })
        await servos.init(new JumpingClock())
        expect(taken()).toEqual(['a off', 'b off'])
        servos.write([0.1, NaN])
        await servos.send()
        expect(taken()).toEqual(['a angle 5.73', 'a on'])
        servos.write([2, -2])
        await servos.send()
        // 0.5 rad are 28.65 degrees.
        expect(taken()).toEqual(['a angle 28.65', 'b angle -28.65', 'b on'])
        servos.write([0.5, NaN])
        await servos.send()
        expect(taken()).toEqual([])
        servos.release()
        await servos.send()
        expect(taken()).toEqual(['a off', 'b off'])
        await servos.send()
        expect(taken()).toEqual([])
        servos.write([0.5, NaN])
        await servos.send()
        expect(taken()).toEqual(['a angle 28.65', 'a on'])
    })

    it.each([
        [{ updateMs: 19, ends: [ends] }, 'updateMs 19, allowed 20 to 1000'],
        [{ updateMs: 20, ends: [ends, ends] }, 'ends of 2 servos, allowed 1'],
        [{ updateMs: 20, ends: [{ positionLow: 1, positionHigh: -1 }] }, 'positionLow 1 of servo 0, allowed below -1'],
    ])('refuse %o', async (config, text) => {
        const error = await refusal(new NativeServos(recorders(1).ports, config).init(new JumpingClock()))
        expect(error).toMatchObject({ code: 'config', message: `startServo: ${text}` })
    })
})

describe("the runtime's own encoders", () => {
    class Shaft implements NativeEncoder {
        count = 0
        reports = 0
        silent = false
        async start() {
            // The first report comes while the driver waits: here, at once.
            if (!this.silent) queueMicrotask(() => this.report(0))
        }
        report(count: number) {
            this.count = count
            this.reports++
        }
    }

    it.each([
        [0, 0],
        [1, (2 * Math.PI) / 48],
        [47, (2 * Math.PI * 47) / 48],
        [48, 0],
        [-1, (2 * Math.PI * 47) / 48],
        [-48, 0],
        [2 ** 29 - 1, (2 * Math.PI * ((2 ** 29 - 1) % 48)) / 48],
    ])('turn count %d into %d rad', async (count, angle) => {
        const shaft = new Shaft()
        const encoders = new NativeEncoders([shaft], [48])
        await encoders.init(new JumpingClock())
        shaft.report(count)
        encoders.sample()
        expect([encoders.reading[0], encoders.failed]).toEqual([expect.closeTo(angle, 12), 0])
    })

    it('give nothing old for new: without a report the sample failed', async () => {
        const shafts = [new Shaft(), new Shaft()]
        const encoders = new NativeEncoders(shafts, [48, 48])
        await encoders.init(new JumpingClock())
        encoders.sample()
        expect(encoders.failed).toBe(0)
        shafts[1].report(3)
        encoders.sample()
        expect(encoders.failed).toBe(0b01)
        encoders.sample()
        expect(encoders.failed).toBe(0b11)
    })

    it('that report nothing, or have no counts, are refused', async () => {
        const shaft = new Shaft()
        shaft.silent = true
        expect(await refusal(new NativeEncoders([shaft], [48]).init(new JumpingClock()))).toMatchObject({
            code: 'not-found',
            message: 'startRotaryEncoder: encoder 0 reports nothing',
        })
        expect(await refusal(new NativeEncoders([shaft], [0]).init(new JumpingClock()))).toMatchObject({
            code: 'config',
            message: 'startRotaryEncoder: countsPerTurn 0 of encoder 0, allowed 1 to 65535',
        })
    })
})
