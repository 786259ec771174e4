import { beforeAll, describe, expect, it } from 'vitest'
import { compileEntry } from '../../src/flash/build'
import { boardProfiles } from '../../src/sim/board-profile'
import { NativeDevice } from '../../src/sim/native/native-device'
import { NativeMotorService } from '../../src/sim/native/native-motor'
import { NativeRotaryEncoderService } from '../../src/sim/native/native-rotary-encoder'
import { NativeServoService } from '../../src/sim/native/native-servo'
import { SimulatedBoard } from '../../src/sim/simulated-board'
import { VirtualClock } from '../../src/sim/virtual-clock'

const ENTRY = 'test/vm/native-main.ts'
const SOURCES = ['devices', 'src/hal', 'src/control', 'src/protocol', 'src/onboard', 'src/firmware', ENTRY]
const [WISHES, STATE] = [0x11, 0x12]
const RELEASED = -1000

let program: Buffer
beforeAll(async () => {
    program = (await compileEntry(ENTRY, SOURCES)).bytecode
}, 60_000)

/** A board with the program, and its native services beside it. */
function rig({ rate = 0, inverted = false, deaf = false } = {}) {
    const clock = new VirtualClock()
    const wish = { effort: 0, position: RELEASED, mode: 0 }
    const state = { reading: NaN, failed: NaN, timedOut: NaN }
    const log: string[] = []
    const motor = new NativeMotorService()
    const servo = new NativeServoService({ minAngle: -45, maxAngle: 45, minPulse: 1000, maxPulse: 2000 })
    const shaft = { rate, quarters: 0, since: 0 }
    const quarters = () => shaft.quarters + (shaft.rate * (clock.now - shaft.since)) / 1e6
    const encoder = new NativeRotaryEncoderService({ quarters, clicksPerTurn: 48, inverted })
    const board: SimulatedBoard = new SimulatedBoard(clock, boardProfiles.ideal, {
        i2c: (_, address, write, read) => {
            if (address === WISHES) {
                const bytes = Buffer.from(read!.buffer, read!.byteOffset, 12)
                ;[wish.effort, wish.position, wish.mode].forEach((value, i) => bytes.writeFloatLE(value, 4 * i))
            } else if (address === STATE) {
                const bytes = Buffer.from(write!)
                ;[state.reading, state.failed, state.timedOut] = [0, 4, 8].map(at => bytes.readFloatLE(at))
            }
            return { result: 0, duration: 0 }
        },
        onFrame: frame => device.handleFrame(frame),
        onLog: line => log.push(line),
        random: () => 0.5,
    })
    const services = deaf ? [servo, encoder] : [motor, servo, encoder]
    const device = new NativeDevice(clock, services, frame => board.receiveFrame(frame))
    board.powerOn(0x1122_3344_5566_7788n, program)
    const pass = (seconds: number) => clock.runUntil(clock.now + seconds * 1e6)
    const turn = (next: number) => {
        shaft.quarters = quarters()
        shaft.since = clock.now
        shaft.rate = next
    }
    return { board, log, motor, pass, quarters, servo, state, turn, wish }
}

describe("the runtime's own motor on the DeviceScript VM", () => {
    it('is off until enabled, rises by ramp, falls at once, and is cut when disabled', () => {
        const { motor, pass, wish } = rig()
        pass(3)
        wish.effort = 0.5
        pass(0.5)
        expect([motor.enabled, motor.duty]).toEqual([false, 0])
        Object.assign(wish, { effort: 1, mode: 1 })
        let rising = 0
        for (let ms = 0; ms < 700; ms++) {
            pass(0.001)
            if (motor.duty > 0 && motor.duty < 0.99) rising++
        }
        // 32 steps of 9 ms; the first is there at once.
        expect(Math.abs(rising - 279)).toBeLessThanOrEqual(1)
        expect(motor.enabled).toBe(true)
        expect(motor.duty).toBeCloseTo(1, 2)
        wish.effort = -0.25
        pass(0.15 + 0.08)
        expect(motor.duty).toBeCloseTo(-0.25, 2)
        wish.mode = 0
        pass(0.15)
        expect([motor.enabled, motor.duty]).toEqual([false, 0])
    })

    it('takes no more than a packet an update, whatever the tick asks', () => {
        const { motor, pass, wish } = rig()
        pass(3)
        wish.mode = 1
        const before = motor.writes.length
        for (let i = 0; i < 200; i++) {
            wish.effort = i / 200
            pass(0.01)
        }
        const writes = motor.writes.slice(before)
        // 2 s in rounds of 70 ms, each with its sleep, and the enable.
        expect(writes.length).toBeGreaterThan(20)
        expect(writes.length).toBeLessThanOrEqual(30)
    })

    it('is switched off when the tick stands still while the program goes on, and stays off', () => {
        const { motor, pass, state, wish } = rig()
        pass(3)
        Object.assign(wish, { effort: 0.5, mode: 1 })
        pass(0.6)
        expect(motor.duty).toBeCloseTo(0.5, 2)
        wish.mode = 2
        pass(0.35)
        expect([motor.enabled, motor.duty, state.timedOut]).toEqual([false, 0, 1])
        wish.mode = 1
        pass(0.5)
        expect(motor.enabled).toBe(false)
    })

    it('GOES ON when the program stands still', () => {
        const { board, motor, pass, wish } = rig()
        pass(3)
        Object.assign(wish, { effort: 0.5, mode: 1 })
        pass(0.6)
        board.hold()
        pass(5)
        expect(motor.duty).toBeCloseTo(0.5, 2)
    })

    it('that is not there is told by name', () => {
        const { log, pass, motor } = rig({ deaf: true })
        pass(4)
        expect(log.join('\n')).toContain('startMotor: motor 0 is not offered by the runtime')
        expect(motor.writes).toEqual([])
    })
})

describe("the runtime's own servo on the DeviceScript VM", () => {
    it('has no pulse before its first position, goes where it is told within its ends, and lets go', () => {
        const { pass, servo, wish } = rig()
        pass(3)
        expect(servo.highTime).toBe(0)
        wish.position = 0.5
        pass(0.2)
        // 28.65 of 90 degrees above the middle, 1 ms for all of them; the source takes whole µs.
        expect(servo.highTime).toBeCloseTo(1.818e-3, 6)
        wish.position = 3
        pass(0.2)
        // 0.7 rad are 40.1 degrees.
        expect(servo.highTime).toBeCloseTo(1.945e-3, 6)
        wish.position = RELEASED
        pass(0.2)
        expect(servo.highTime).toBe(0)
        wish.position = 0
        pass(0.2)
        expect(servo.highTime).toBeCloseTo(1.5e-3, 6)
    })
})

describe("the runtime's own quadrature encoder on the DeviceScript VM", () => {
    const turns = (quarters: number) => quarters / 4 / 48
    const wrapped = (radians: number) => radians - 2 * Math.PI * Math.floor(radians / (2 * Math.PI))

    it.each([
        [120, false],
        [-120, false],
        [120, true],
    ])('follows %d edges a second over many turns (inverted: %s)', (rate, inverted) => {
        const { pass, quarters, state, turn } = rig({ inverted })
        pass(3)
        expect([state.reading, state.failed]).toEqual([0, 0])
        turn(rate)
        pass(8)
        turn(0)
        pass(0.3)
        const expected = wrapped((inverted ? -1 : 1) * turns(4 * Math.floor(quarters() / 4)) * 2 * Math.PI)
        // A click more or less: down, a quarter begun is a click.
        expect(Math.abs(Math.sin((state.reading - expected) / 2))).toBeLessThan(Math.sin(Math.PI / 48) + 1e-6)
        expect(state.reading).toBeGreaterThanOrEqual(0)
        expect(state.reading).toBeLessThan(2 * Math.PI)
    })

    it('loses counts above its limit, and does not notice: why building refuses that', () => {
        const { pass, quarters, state, turn } = rig()
        pass(3)
        turn(450)
        pass(4)
        turn(0)
        pass(0.3)
        const expected = wrapped(turns(quarters()) * 2 * Math.PI)
        expect(state.failed).toBe(0)
        expect(Math.abs(Math.sin((state.reading - expected) / 2))).toBeGreaterThan(Math.sin((2 * Math.PI) / 48))
    })
})
