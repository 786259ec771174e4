import { expect, test } from 'vitest'
import { Hub } from '../../src/bridge/hub'
import { PlannerInput } from '../../src/bridge/planner-input'
import { TRAJECTORY_TOPIC, VELOCITY_TOPIC } from '../../src/bridge/topics'
import type { Commander } from '../../src/host/lease'
import { settle } from '../../src/simulate'
import { connectArmedRover, logWheels, pass, type Rig, seconds, SETPOINT_MS } from './rig'

/** A client of the rover's bridge, behind whatever door. */
class Client implements Commander {
    readonly heard: string[] = []
    private readonly input: PlannerInput
    private timer: unknown

    constructor(
        private readonly hub: Hub,
        private readonly rig: Rig,
        readonly name: string,
    ) {
        this.input = new PlannerInput(hub, this, text => this.heard.push(text))
    }

    takenOver(by: string): void {
        this.heard.push(`taken over by ${by}`)
    }

    publish(topic: string, message: object): void {
        this.input.publish(this.input.topic(topic), message)
    }

    /** Repeats a velocity until {@link silence}. */
    drive(x: number): void {
        this.publish(VELOCITY_TOPIC, twist(x))
        this.timer = this.rig.scheduler.setTimeout(() => this.drive(x), SETPOINT_MS)
    }

    silence(): void {
        this.rig.scheduler.clearTimeout(this.timer)
    }

    call(service: string): Promise<object> {
        return settle(this.rig.robot, Promise.resolve(this.hub.service(service).call({}, this)), 1)
    }
}

const twist = (x: number) => ({ linear: { x, y: 0, z: 0 }, angular: { x: 0, y: 0, z: 0 } })

async function twoClients() {
    const rig = await connectArmedRover({ seed: 2 })
    // Telemetry tells that it is armed.
    await pass(rig.robot, 0.1)
    const hub = new Hub(rig.session, rig.scheduler)
    return { ...rig, first: new Client(hub, rig, 'first'), second: new Client(hub, rig, 'second') }
}

const largest = (values: number[]) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
/** Most that a motor's duty changes from one step of the plant to the next. */
const jumps = (outputs: number[][]) =>
    largest(outputs.slice(1).flatMap((duties, i) => duties.map((duty, wheel) => duty - outputs[i][wheel])))

test('a second client takes over a driving rover: the motors feel nothing, and everybody may stop it', async () => {
    const { robot, session, first, second } = await twoClients()
    first.drive(0.2)
    await pass(robot, 1.5)
    const before = logWheels(robot)
    await pass(robot, 1)

    const during = logWheels(robot)
    await pass(robot, 0.005)
    first.silence()
    expect(await second.call('/take_over')).toMatchObject({ success: true, message: expect.stringMatching(/first/) })
    expect(first.heard).toEqual(['taken over by second'])
    expect(() => first.publish(VELOCITY_TOPIC, twist(-0.3))).toThrow(/second commands the robot/)
    // As late as the deadline allows, and as the one before had it.
    await pass(robot, 0.05)
    second.drive(0.2)
    await pass(robot, 1)
    expect(session.state?.mode).toBe('armed')
    // No more than the encoder's noise moves them anyway.
    expect(jumps(during.outputs)).toBeLessThan(1.5 * jumps(before.outputs))
    const speed = before.velocities.at(-1)![0]
    expect(largest(during.velocities.map(wheels => wheels[0] - speed))).toBeLessThan(0.05 * speed)

    const stopping = logWheels(robot)
    const asked = seconds(robot)
    await first.call('/stop')
    await pass(robot, 0.2)
    second.silence()
    const driven = stopping.times.filter((_, i) => stopping.outputs[i].some(duty => duty !== 0))
    expect(driven.at(-1)! - asked).toBeLessThan(0.03)
    expect(session.state?.mode).toBe('estop')
    expect(await first.call('/disarm')).toMatchObject({ success: false })
    expect(await second.call('/disarm')).toMatchObject({ success: true })
}, 60_000)

test('a take-over in the middle of a trajectory holds the joints where they are by then, not where the last report saw them', async () => {
    const { robot, session, first, second } = await twoClients()
    const positions = [6, 6]
    first.publish(TRAJECTORY_TOPIC, {
        joint_names: ['left_wheel', 'right_wheel'],
        points: [{ positions, time_from_start: { sec: 3, nanosec: 0 } }],
    })
    await pass(robot, 1.6)
    const log = logWheels(robot)
    await pass(robot, 0.05)
    const speed = largest(log.velocities.at(-1)!)
    expect(speed).toBeGreaterThan(1)
    expect(await second.call('/take_over')).toMatchObject({ success: true })
    const taken = robot.body.angles()
    await pass(robot, 0.06)
    // The target is where the joints were, within what they ran on until they were told.
    const { joints, mode } = session.state!
    expect(mode).toBe('armed')
    joints.forEach(({ setpoint }, i) => {
        expect(Math.abs(setpoint - joints[i].position)).toBeLessThan(0.15)
        expect(setpoint).toBeLessThan(positions[i] - 1)
    })
    await pass(robot, 1)
    const end = robot.body.angles()
    for (let i = 0; i < 2; i++) {
        expect(end[i]).toBeGreaterThan(taken[i])
        expect(end[i] - taken[i]).toBeLessThan(0.15)
        // Sent back to the last report, up to 55 ms old, it ran back at 1.1 rad/s.
        expect(Math.min(...log.velocities.map(wheels => wheels[i]))).toBeGreaterThan(-0.6)
    }
    expect(largest(log.velocities.flat())).toBeLessThan(1.1 * speed)
    // Nobody said more: its deadline has stopped it, in the second one's command.
    expect(session.state!.mode).toBe('timeout')
    expect(() => first.publish(VELOCITY_TOPIC, twist(0.1))).toThrow(/second commands the robot/)
}, 60_000)
