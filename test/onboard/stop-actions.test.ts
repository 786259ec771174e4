import { describe, expect, test } from 'vitest'
import { PortableRover } from '../../src/bench/benchmark/portable-rover'
import type { Robot } from '../../src/onboard/robot'
import type { JointStop, RobotConfig } from '../../src/onboard/robot-config'
import { refusedStop } from '../../src/onboard/stop-actions'
import { encodeSetpoint } from '../../src/protocol/setpoint'
import { Fault, JointMode, RobotMode } from '../../src/protocol/state'
import { TrajectoryState } from '../../src/protocol/trajectory'
import { rover } from '../../src/robots/rover/robot'
import { FakeMotors } from '../portable/fake-parts'
import { cart } from './cart'

// The rover's own code and its simulated body, whose planner falls silent after a second.

const SILENT_AT = 1
const SPEED = 8

function withStop(...stops: (JointStop | undefined)[]): RobotConfig {
    return {
        ...rover,
        joints: rover.joints.map((joint, i) => ({ ...joint, stop: stops.length === 1 ? stops[0] : stops[i] })),
    }
}

/** Drives both wheels at {@link SPEED} until the planner falls silent. */
class Run {
    readonly rover: PortableRover
    readonly robot: Robot
    driving = true
    private sequence = 0

    private constructor(config: RobotConfig) {
        this.rover = new PortableRover({ seed: 1, config, command: (_, millis) => this.command(millis) })
        this.robot = this.rover.robot
    }

    static async silent(...stops: (JointStop | undefined)[]): Promise<Run> {
        const run = new Run(withStop(...stops))
        await run.rover.start()
        await run.rover.run(SILENT_AT)
        expect(run.robot.joints.velocity[0]).toBeCloseTo(SPEED, 0)
        run.driving = false
        return run
    }

    /** Until the deadline has passed. */
    async deadline(): Promise<void> {
        while (this.robot.mode === RobotMode.Armed) await this.rover.run(0.01)
        expect(this.robot.mode).toBe(RobotMode.Timeout)
    }

    drive(value: number): void {
        const entries = [0, 1].map(joint => ({ joint, mode: JointMode.Velocity, value }))
        this.robot.setpoint(encodeSetpoint(++this.sequence, 0, entries), this.millis)
    }

    private millis = 0

    private command(millis: number): void {
        this.millis = millis
        if (this.driving) this.drive(SPEED)
    }

    /** How far wheel 0 turns until it stands, rad, and how long that takes, s. */
    async standing(): Promise<{ way: number; time: number }> {
        const start = this.rover.body.angles()[0]
        const began = this.millis
        while (Math.abs(this.rover.body.velocities()[0]) > 0.2 && this.millis < began + 5000) await this.rover.run(0.01)
        return { way: this.rover.body.angles()[0] - start, time: (this.millis - began) / 1000 }
    }
}

describe('after a missed deadline', () => {
    test('a joint brakes, or runs out farther when it coasts, and no output is driven', async () => {
        const ways: number[] = []
        for (const action of ['brake', 'coast'] as const) {
            const run = await Run.silent({ action })
            await run.deadline()
            await run.rover.run(0.02)
            expect(run.rover.body.outputs()).toEqual([0, 0])
            ways.push((await run.standing()).way)
            expect(run.rover.body.outputs()).toEqual([0, 0])
            // From here it drives again as ever.
            expect(run.robot.arm()).toBe(0)
            run.driving = true
            await run.rover.run(1)
            expect(run.robot.joints.velocity[0]).toBeCloseTo(SPEED, 0)
        }
        expect(ways[1]).toBeGreaterThan(2 * ways[0])
    })

    test('a joint that coasts does so at a fault and an emergency stop, too', async () => {
        const ways: number[] = []
        for (const action of ['brake', 'coast'] as const) {
            const run = await Run.silent({ action })
            run.robot.stop()
            ways.push((await run.standing()).way)
        }
        expect(ways[1]).toBeGreaterThan(2 * ways[0])
    })

    test('a joint that is held slows down by its data, then stands where it came to, against a push', async () => {
        const run = await Run.silent({ action: 'hold', deceleration: 10 })
        await run.deadline()
        // 8 rad/s at 10 rad/s²: 0.8 s and 3.2 rad.
        const { way, time } = await run.standing()
        expect(time).toBeGreaterThan(0.7)
        expect(time).toBeLessThan(0.95)
        expect(way).toBeGreaterThan(2.8)
        expect(way).toBeLessThan(3.4)
        await run.rover.run(0.5)
        const stands = run.rover.body.angles()
        expect(run.robot.mode).toBe(RobotMode.Timeout)
        expect(run.robot.trajectory.state).toBe(TrajectoryState.None)
        // Somebody turns a wheel by a fifth of a turn: it is brought back.
        run.robot.joints.measured[0] += 1
        run.robot.joints.position[0] += 1
        await run.rover.run(1)
        expect(run.rover.body.angles()[0]).toBeCloseTo(stands[0] - 1, 1)
        expect(run.rover.body.angles()[1]).toBeCloseTo(stands[1], 1)
    })

    test('arming a robot that is held moves nothing; a setpoint then does, and a deadline holds it again', async () => {
        const run = await Run.silent({ action: 'hold', deceleration: 20 })
        await run.deadline()
        await run.rover.run(1)
        const stands = run.rover.body.angles()
        expect(run.robot.arm()).toBe(0)
        await run.rover.run(0.5)
        expect(run.robot.mode).toBe(RobotMode.Armed)
        expect(Math.abs(run.rover.body.angles()[0] - stands[0])).toBeLessThan(0.02)
        run.driving = true
        await run.rover.run(1)
        expect(run.robot.joints.velocity[0]).toBeCloseTo(SPEED, 0)
        run.driving = false
        await run.deadline()
        expect((await run.standing()).time).toBeLessThan(0.6)
    })

    test.each(['a fault', 'an emergency stop', 'a disarm'])('%s ends holding at once', async what => {
        const run = await Run.silent({ action: 'hold', deceleration: 2 })
        await run.deadline()
        await run.rover.run(0.3)
        expect(Math.abs(run.rover.body.outputs()[0])).toBeGreaterThan(0.05)
        if (what === 'a fault') run.robot.faults |= Fault.Stall
        else if (what === 'a disarm') run.robot.disarm()
        else run.robot.stop()
        await run.rover.run(0.03)
        expect(run.rover.body.outputs()).toEqual([0, 0])
        await run.rover.run(1)
        expect(run.rover.body.outputs()).toEqual([0, 0])
    })

    test('a joint is parked at its place, no faster than told, while another is held', async () => {
        const run = await Run.silent(
            { action: 'park', deceleration: 20, position: 2, speed: 3 },
            { action: 'hold', deceleration: 20 },
        )
        await run.deadline()
        await run.rover.run(0.9)
        const held = run.rover.body.angles()[1]
        let fastest = 0
        for (let passed = 0; passed < 4; passed += 0.02) {
            await run.rover.run(0.02)
            fastest = Math.max(fastest, Math.abs(run.rover.body.velocities()[0]))
        }
        expect(run.robot.joints.position[0]).toBeCloseTo(2, 1)
        expect(fastest).toBeGreaterThan(2)
        expect(fastest).toBeLessThan(3.5)
        expect(run.rover.body.angles()[1]).toBeCloseTo(held, 1)
        expect(run.robot.mode).toBe(RobotMode.Timeout)
    })

    test('a joint whose encoder fails is not held but stopped', async () => {
        const run = await Run.silent({ action: 'hold', deceleration: 2 })
        run.robot.joints.missed[1] = 1
        const { encoders } = run.robot as unknown as { encoders: { sample(): void; failed: number } }
        const sample = encoders.sample.bind(encoders)
        encoders.sample = () => {
            sample()
            encoders.failed |= 2
        }
        await run.deadline()
        await run.rover.run(0.02)
        expect(run.rover.body.outputs()).toEqual([0, 0])
    })
})

describe('data that cannot be carried out is refused by name, and the robot never armed', () => {
    const motors = new FakeMotors()
    test.each<[string, RobotConfig]>([
        ['mast: stop.deceleration is 0 rad/s²; needed: above 0', withMast({ action: 'hold' })],
        [
            'mast: stop.speed is 9 rad/s; needed: above 0 to 3',
            withMast({ action: 'park', deceleration: 1, position: 0, speed: 9 }),
        ],
        [
            'mast: stop.position is 3 rad; needed: within its range',
            withMast({ action: 'park', deceleration: 1, position: 3, speed: 1 }),
        ],
        [
            'mast: stop.position is NaN rad; needed: within its range',
            withMast({ action: 'park', deceleration: 1, speed: 1 }),
        ],
        ['stop.action "coast", but the fake controller can only brake', withMast({ action: 'coast' })],
    ])('%s', (message, config) => {
        expect(refusedStop(config, motors)).toBe(message)
    })

    test('coasting of some joints only', () => {
        const free = Object.assign(new FakeMotors(), { coast: () => true })
        expect(refusedStop(withMast({ action: 'coast' }), free)).toContain('allowed: of all or none')
        expect(refusedStop(cart, free)).toBeUndefined()
    })

    test('the robot stays unconfigured', async () => {
        const run = new PortableRover({
            seed: 1,
            config: withStop({ action: 'hold', deceleration: -1 }),
            command: () => {},
        })
        await expect(run.start()).rejects.toThrow('blocked (1)')
        expect(run.robot.mode).toBe(RobotMode.Unconfigured)
    })

    function withMast(stop: JointStop): RobotConfig {
        return { ...cart, joints: cart.joints.map(joint => (joint.name === 'mast' ? { ...joint, stop } : joint)) }
    }
})
