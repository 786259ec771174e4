import { afterEach, describe, expect, test } from 'vitest'
import type { ByteStream } from '../../src/host/byte-stream'
import { Link } from '../../src/host/link'
import type { RobotState } from '../../src/host/robot'
import type { Scheduler } from '../../src/host/scheduler'
import { RobotSession } from '../../src/host/session'
import { hash } from '../../src/onboard/describe'
import { rover } from '../../src/robots/rover/robot'
import { boardProfiles } from '../../src/sim/board-profile'
import { SimulatedRobot } from '../../src/sim/simulated-robot'
import { connectSimulated, loadRobot, runFast, schedulerOf, settle, simulate, streamOf } from '../../src/simulate'
import { boardProgram } from '../sim/board-program'

// The rover's own firmware on the simulated board and the session, both on simulated time.

const MUX = 0x70
const IMU = 0x6a
const MOTORON = 0x10

const sessions: RobotSession[] = []
afterEach(async () => {
    for (const session of sessions.splice(0)) await session.close()
})

async function connected(board = 'ideal') {
    const robot = await simulate({ robot: 'rover', board, seed: 3 })
    const session = await connectSimulated(robot)
    sessions.push(session)
    return { robot, session, run: (seconds: number) => runFor(robot, seconds) }
}

function runFor(robot: SimulatedRobot, seconds: number): Promise<void> {
    const end = robot.clock.now + seconds * 1e6
    return runFast(robot, () => robot.clock.now >= end)
}

/** Repeats a command each 20 ms, as a planner does, until the function returned is called. */
function repeat(robot: SimulatedRobot, command: () => void): () => void {
    let on = true
    const again = () => {
        if (!on) return
        command()
        robot.clock.at(robot.clock.now + 20_000, again)
    }
    again()
    return () => (on = false)
}

describe('a connected session', () => {
    test('knows the robot as its data says, with the hash that this process computes too', async () => {
        const { session } = await connected()
        const { description } = session
        expect(description).toMatchObject({
            protocol: 1,
            name: 'rover',
            tickPeriodMs: 10,
            samplesPerReport: 4,
            commandTimeoutMs: 100,
            drive: rover.drive,
        })
        expect(description.joints.map(({ name, velocityLimit }) => [name, velocityLimit])).toEqual([
            ['left_wheel', 15],
            ['right_wheel', 15],
        ])
        // The board's JSON is this process's JSON: key order, numbers, what is undefined.
        expect(description.configHash).toBe(hash(JSON.stringify(rover)))
        // LSM6DSOX datasheet, table 2: 0.122 mg and 35 mdps a count at ±4 g and ±1000 dps. The board writes six digits.
        expect(description.imu!.accelerationPerCount / (0.122e-3 * 9.80665)).toBeCloseTo(1, 5)
        expect(description.imu!.angularVelocityPerCount / ((0.035 * Math.PI) / 180)).toBeCloseTo(1, 5)
    })

    test('hands out every state once and in order, to every reader', async () => {
        const { robot, session, run } = await connected('rp2040')
        const heard: number[] = []
        const forget = session.onState(({ tick }) => heard.push(tick))
        const controller = new AbortController()
        const read: RobotState[] = []
        const reading = (async () => {
            for await (const state of session.states({ signal: controller.signal })) read.push(state)
        })()
        await run(3)
        controller.abort()
        await reading
        expect(read.length).toBeGreaterThanOrEqual(295)
        expect(read.map(({ tick }) => tick)).toEqual(Array.from({ length: read.length }, (_, k) => read[0].tick + k))
        expect(heard).toEqual(read.map(({ tick }) => tick))
        expect(session.state).toBe(read.at(-1))
        forget()
        await run(0.2)
        expect(heard).toHaveLength(read.length)
        expect(session.state!.tick).toBeGreaterThan(heard.at(-1)!)
        expect(robot.board.work.panics).toBe(0)
    })

    test('a lying rover feels its weight, and reads its wheels where they stand', async () => {
        const { session, run } = await connected()
        await run(1)
        const state = session.state!
        expect(state.mode).toBe('idle')
        expect(state.faults).toEqual([])
        expect(state.joints.map(({ valid, setpoint }) => [valid, setpoint])).toEqual([
            [true, NaN],
            [true, NaN],
        ])
        expect(Math.abs(state.imu!.linearAcceleration[2] - 9.807)).toBeLessThan(0.5)
        expect(Math.hypot(...state.imu!.angularVelocity)).toBeLessThan(0.1)
        expect(state.odometry).toMatchObject({ linear: expect.closeTo(0, 2), angular: expect.closeTo(0, 1) })
    })
})

describe('commands', () => {
    test('arm, drive, disarm: the wheels turn, odometry follows the true pose, and then they stop', async () => {
        const { robot, session, run } = await connected()
        await settle(robot, session.arm())
        const stop = repeat(robot, () => session.drive({ linear: 0.2, angular: 0.5 }))
        await run(2)
        expect(session.state!.mode).toBe('armed')
        const [left, right] = robot.body.velocities()
        // (0.2 ∓ 0.5 · 0.12) / 0.04
        expect(Math.abs(left - 3.5)).toBeLessThan(0.1)
        expect(Math.abs(right - 6.5)).toBeLessThan(0.1)
        await run(1)
        const pose = robot.body.pose()
        const { odometry } = session.state!
        expect(Math.hypot(odometry!.x - pose.x, odometry!.y - pose.y)).toBeLessThan(0.05)
        expect(Math.abs(odometry!.heading - pose.heading)).toBeLessThan(0.1)
        expect(Math.hypot(pose.x, pose.y)).toBeGreaterThan(0.3)
        await settle(robot, session.disarm())
        expect(robot.body.outputs()).toEqual([0, 0])
        stop()
        await run(0.5)
        expect(session.state!.mode).toBe('idle')
        expect(robot.body.velocities().every(velocity => Math.abs(velocity) < 0.5)).toBe(true)
    })

    test('stop is latched: arming is blocked by name until disarm', async () => {
        const { robot, session, run } = await connected()
        await settle(robot, session.arm())
        const stop = repeat(robot, () => session.drive({ linear: 0.2, angular: 0 }))
        await run(0.5)
        await settle(robot, session.stop())
        expect(robot.body.outputs()).toEqual([0, 0])
        await run(0.3)
        expect(robot.body.outputs()).toEqual([0, 0])
        expect(session.state!.mode).toBe('estop')
        await expect(settle(robot, session.arm())).rejects.toMatchObject({
            code: 'blocked',
            message: 'arming is blocked by: estop',
        })
        await settle(robot, session.disarm())
        await settle(robot, session.arm())
        await run(0.5)
        expect(session.state!.mode).toBe('armed')
        expect(robot.body.velocities()[0]).toBeGreaterThan(3)
        stop()
    })

    test('a planner that stops sending stops the robot: outputs off at most a tick after the deadline', async () => {
        const { robot, session, run } = await connected('rp2040')
        await settle(robot, session.arm())
        const stop = repeat(robot, () => session.drive({ linear: 0.3, angular: 0 }))
        await run(1)
        stop()
        // Outputs each 0.1 ms from the last setpoint on, which was sent within the last 20 ms.
        const sent = robot.clock.now
        let off = Infinity
        const look = () => {
            if (off === Infinity && robot.body.outputs().every(output => output === 0)) off = robot.clock.now
            robot.clock.at(robot.clock.now + 100, look)
        }
        look()
        await run(0.5)
        expect(off - sent).toBeGreaterThan(60_000)
        // Deadline, a tick, and 1 ms of the link.
        expect(off - sent).toBeLessThan(100_000 + 10_000 + 2_000)
        expect(session.state!.mode).toBe('timeout')
        session.drive({ linear: 0.3, angular: 0 })
        await run(0.1)
        expect(robot.body.outputs()).toEqual([0, 0])
    })

    test('joints: velocity, effort and position; limits are refused here, by name', async () => {
        const { robot, session, run } = await connected()
        await settle(robot, session.arm())
        const wheel = session.joint('left_wheel')
        let stop = repeat(robot, () => wheel.setVelocity(-4))
        await run(1)
        stop()
        expect(robot.body.velocities()[0]).toBeCloseTo(-4, 0)
        expect(session.state!.joints[0].setpoint).toBeCloseTo(-4, 9)
        expect(session.state!.joints[1].setpoint).toBeNaN()
        const target = session.state!.joints[0].position + 3
        stop = repeat(robot, () => wheel.setPosition(target))
        await run(3)
        stop()
        expect(Math.abs(session.state!.joints[0].position - target)).toBeLessThan(0.1)
        stop = repeat(robot, () => wheel.setEffort(0.5))
        await run(0.3)
        expect(session.state!.joints[0].effort).toBeCloseTo(0.5, 4)
        stop()
        wheel.off()
        await run(0.1)
        expect(robot.body.outputs()[0]).toBe(0)
        expect(() => wheel.setVelocity(15.1)).toThrow(
            new RangeError('left_wheel: velocity (rad/s) 15.1, allowed -15 to 15'),
        )
        expect(() => session.joint('arm')).toThrow('there are: left_wheel, right_wheel')
    })

    test('too much speed is scaled so that the curve stays', async () => {
        const { robot, session, run } = await connected()
        await settle(robot, session.arm())
        const stop = repeat(robot, () => session.drive({ linear: 1.2, angular: 1 }))
        await run(0.2)
        stop()
        const [left, right] = session.state!.joints
        // 27 and 33 rad/s, scaled by 15 / 33.
        expect(left.setpoint).toBeCloseTo((27 * 15) / 33, 3)
        expect(right.setpoint).toBeCloseTo(15, 3)
    })
})

describe('what blocks arming is told by name', () => {
    const blocked = async (prepare: (robot: SimulatedRobot) => void) => {
        const { robot, session, run } = await connected()
        prepare(robot)
        await run(0.5)
        const message = await settle(robot, session.arm()).then(
            () => 'armed',
            (error: Error) => error.message,
        )
        return { robot, session, run, message }
    }

    test.each<[string, (robot: SimulatedRobot) => void]>([
        ['encoder', robot => robot.bus.unplug(MUX)],
        ['imu', robot => robot.bus.unplug(IMU)],
        ['motor', robot => robot.bus.unplug(MOTORON)],
        ['supply', robot => robot.body.setSupply(0)],
        ['encoder, imu, motor', robot => [MUX, IMU, MOTORON].forEach(address => robot.bus.unplug(address))],
    ])('%s', async (names, prepare) => {
        const { session, message } = await blocked(prepare)
        expect(message).toBe(`arming is blocked by: ${names}`)
        expect(session.state!.faults).toEqual(names.split(', '))
        expect(session.state!.mode).toBe('idle')
    })

    test('and when the part is back, nothing blocks', async () => {
        const { robot, session, run } = await blocked(robot => robot.bus.unplug(MUX))
        robot.bus.plug(MUX)
        await run(0.5)
        await settle(robot, session.arm())
        await run(0.1)
        expect(session.state!.mode).toBe('armed')
        expect(session.statistics().sensorErrors).toBeGreaterThan(50)
    })

    test('a sensor that fails while driving stops the robot, latched', async () => {
        const { robot, session, run } = await connected()
        await settle(robot, session.arm())
        const stop = repeat(robot, () => session.drive({ linear: 0.2, angular: 0 }))
        await run(0.5)
        robot.bus.unplug(MUX)
        await run(0.3)
        expect(session.state!.mode).toBe('fault')
        expect(robot.body.outputs()).toEqual([0, 0])
        robot.bus.plug(MUX)
        await run(0.5)
        // The cause is gone, the latch is not: arming says what it was, and only disarming clears it.
        expect(session.state!.faults).toEqual(['encoder'])
        expect(session.state!.mode).toBe('fault')
        const sentence =
            /^\w+_wheel: its encoder gave no valid sample for 110 ms, allowed are 100 ms; that is over: disarm/
        expect(session.faultReports[0]).toMatchObject({ fault: 'encoder', value: 110, limit: 100, latched: true })
        await expect(settle(robot, session.arm())).rejects.toMatchObject({
            code: 'blocked',
            message: 'arming is blocked by: encoder',
            details: [expect.stringMatching(sentence)],
        })
        await settle(robot, session.disarm())
        await settle(robot, session.arm())
        await run(0.1)
        expect(session.state!).toMatchObject({ mode: 'armed', faults: [] })
        expect(session.faultReports).toEqual([])
        stop()
    })
})

describe('the link', () => {
    /** A session whose port the test can pull and plug. */
    async function pluggable() {
        const robot = await simulate({ robot: 'rover', board: 'ideal' })
        let stream: ByteStream | undefined
        const port = { plugged: true }
        const open = async () => {
            if (!port.plugged) throw new Error('no such port')
            return (stream = streamOf(robot))
        }
        const scheduler = schedulerOf(robot.clock)
        const session = await settle(robot, RobotSession.open(new Link({ open, scheduler }), scheduler))
        sessions.push(session)
        const pull = () => {
            port.plugged = false
            robot.onBytes = () => {}
            stream!.onClose(new Error('unplugged'))
        }
        return { robot, session, pull, plug: () => (port.plugged = true), run: (s: number) => runFor(robot, s) }
    }

    test('lost: commands fail at once, setpoints go nowhere, and nothing is thrown', async () => {
        const { robot, session, pull, run } = await pluggable()
        await run(0.2)
        const waiting = [session.arm(), session.timing()].map(answer => answer.catch((error: Error) => error.message))
        await Promise.resolve()
        pull()
        expect(await settle(robot, Promise.all(waiting))).toEqual([
            'the link to the robot was lost: unplugged',
            'the link to the robot was lost: unplugged',
        ])
        await expect(session.stop()).rejects.toMatchObject({ code: 'disconnected' })
        session.drive({ linear: 0.1, angular: 0 })
        expect(session.statistics().connected).toBe(false)
    })

    test('back: states go on for the same reader, the gap is counted, and commands work', async () => {
        const { robot, session, pull, plug, run } = await pluggable()
        const ticks: number[] = []
        const reading = (async () => {
            for await (const { tick } of session.states()) ticks.push(tick)
        })()
        await run(1)
        pull()
        const before = ticks.length
        await run(1)
        expect(ticks.length).toBe(before)
        plug()
        await run(3)
        expect(session.statistics()).toMatchObject({ connected: true, reconnects: 1 })
        const gaps = ticks.slice(1).map((tick, i) => tick - ticks[i] - 1)
        expect(gaps.filter(gap => gap > 0)).toHaveLength(1)
        expect(session.statistics().samplesLost).toBe(Math.max(...gaps))
        expect(Math.max(...gaps)).toBeGreaterThan(90)
        await settle(robot, session.arm())
        await run(0.1)
        expect(session.state!.mode).toBe('armed')
        await session.close()
        await reading
    })

    test('closed: readers end, commands say so', async () => {
        const { session, run } = await pluggable()
        const next = session.states().next()
        await session.close()
        expect(await next).toEqual({ value: undefined, done: true })
        await expect(session.arm()).rejects.toMatchObject({ code: 'closed' })
        expect(await session.states().next()).toEqual({ value: undefined, done: true })
        await session.close()
        await run(0.1)
    })

    test('a board with other firmware is told from none', async () => {
        const { makeBody } = await loadRobot('rover')
        const robot = new SimulatedRobot({
            program: await boardProgram(),
            makeBody,
            profile: boardProfiles.ideal,
            busFrequency: 400_000,
            seed: 1,
        })
        await expect(connectSimulated(robot)).rejects.toMatchObject({
            code: 'no-answer',
            message: expect.stringContaining('the board is there, but runs no tendon firmware'),
        })
    })
})

describe('time', () => {
    test.each(['ideal', 'rp2040', 'esp32'])('of every state is right within its bound, on %s', async board => {
        const robot = await simulate({ robot: 'rover', board, seed: 5 })
        // The host's clock: another origin, and 80 ppm fast.
        const toHost = (microseconds: number) => 1.7e9 + (microseconds / 1e6) * (1 + 80e-6)
        const scheduler: Scheduler = { ...schedulerOf(robot.clock), epoch: () => toHost(robot.clock.now) }
        const starts: number[] = []
        robot.board.onTick = ({ startUs }) => starts.push(startUs)
        const link = new Link({ open: async () => streamOf(robot), scheduler })
        const session = await settle(robot, RobotSession.open(link, scheduler))
        sessions.push(session)
        await runFor(robot, 0.5)
        const states: RobotState[] = []
        session.onState(state => states.push(state))
        await runFor(robot, 5)
        expect(states.length).toBeGreaterThan(450)
        let outside = 0
        for (const { hostTime, hostTimeBound, boardTime } of states) {
            // The tick that truly started then: the board's clock says so to 1 ms, ticks are 10 ms apart.
            const start = starts.reduce((best, time) =>
                Math.abs(time - boardTime * 1e6) < Math.abs(best - boardTime * 1e6) ? time : best,
            )
            if (!(Math.abs(hostTime - toHost(start)) < hostTimeBound)) outside++
            expect(hostTimeBound).toBeLessThan(0.012)
        }
        // A frame from the host may wake a tick a fraction of a millisecond early, which the board calls on time: one in 1000.
        expect(outside).toBeLessThanOrEqual(Math.ceil(states.length / 1000))
    })
})

describe('statistics', () => {
    test('of a quiet link and a paced loop are clean', async () => {
        const { robot, session, run } = await connected('rp2040')
        await run(10)
        const statistics = session.statistics()
        expect(statistics).toMatchObject({
            connected: true,
            reconnects: 0,
            samplesLost: 0,
            crcErrors: 0,
            framingErrors: 0,
            bytesDiscarded: 0,
            lateTicks: 0,
            sensorErrors: 0,
        })
        expect(statistics.samplesReceived).toBeGreaterThan(990)
        expect(statistics.framesReceived).toBeGreaterThan(250)
        expect(statistics.period.mean).toBeCloseTo(0.01, 4)
        expect(statistics.latency).toBeGreaterThan(0)
        expect(statistics.latency).toBeLessThan(0.006)
        const { periodCounts, executionCounts } = await settle(robot, session.timing())
        const ticks = periodCounts.reduce((sum, count) => sum + count)
        expect(Math.abs(ticks - session.state!.tick)).toBeLessThan(10)
        expect(periodCounts[10]).toBeGreaterThan(ticks * 0.2)
        expect(executionCounts.reduce((sum, count) => sum + count)).toBeCloseTo(ticks / 5, -1)
        // No tick took a period.
        expect(executionCounts.slice(10).every(count => count === 0)).toBe(true)
    })
})
