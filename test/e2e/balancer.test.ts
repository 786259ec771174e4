import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { buildFirmware } from '../../src/flash/build'
import { armWhenReady } from '../../src/host/robot-drive'
import { connectSimulated, runFast, schedulerOf, settle, simulate } from '../../src/simulate'
import { keepDriving, pass, type Rig, seconds } from './rig'

const DEGREE = Math.PI / 180
/** Upright: within this of the vertical. */
const UPRIGHT = 3 * DEGREE
const BOARDS = ['rp2040', 'esp32'] as const

beforeAll(() => buildFirmware('balancer'), 180_000)

/** The balancer as it is flashed, held by hand, with a session on the same virtual clock. */
async function connect(board: string, seed = 1, faults?: string): Promise<Rig> {
    const robot = await simulate({ robot: 'balancer', board, seed, faults })
    const session = await connectSimulated(robot)
    onTestFinished(() => session.close())
    return { robot, session, scheduler: schedulerOf(robot.clock) }
}

async function balancing(board: string, seed = 1, faults?: string): Promise<Rig> {
    const rig = await connect(board, seed, faults)
    await settle(rig.robot, armWhenReady(rig.session, rig.scheduler))
    await pass(rig.robot, 2)
    return rig
}

interface PitchLog {
    /** s since power-on; true pitch, rad; duty of both motors, from the simulated Motoron */
    readonly times: number[]
    readonly pitches: number[]
    readonly outputs: number[][]
}

function logPitch({ body }: Rig['robot']): PitchLog {
    const log: PitchLog = { times: [], pitches: [], outputs: [] }
    const state = new Float64Array(64)
    body.onStep = () => {
        body.writeState(state)
        log.times.push(state[0])
        log.pitches.push(body.tilt!())
        log.outputs.push(body.outputs())
    }
    return log
}

const largest = (values: number[]) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0)

describe.each(BOARDS)('the balancer on a paced %s', board => {
    it('is armed only when it is upright and has measured its tilt, and stands with no planner at all', async () => {
        const rig = await connect(board)
        const { robot, session } = rig
        expect(session.state?.mode ?? 'calibrating').toBe('calibrating')
        await expect(settle(robot, session.arm())).rejects.toThrow('arming is blocked by: tilt, calibrating')
        await settle(robot, armWhenReady(session, rig.scheduler))
        const log = logPitch(robot)
        await pass(robot, 20)
        expect(session.state?.mode).toBe('armed')
        expect(largest(log.pitches.slice(2000))).toBeLessThan(UPRIGHT)
        const { x, y } = robot.body.pose()
        expect(Math.hypot(x, y)).toBeLessThan(0.25)
        expect(session.statistics().lateTicks).toBe(0)
    })

    it.each([0.3, -0.3])('takes a push of %s N·s and is upright and still within 2 s', async impulse => {
        const { robot, session } = await balancing(board)
        const log = logPitch(robot)
        const begin = robot.body.pose()
        robot.body.push!(impulse)
        await pass(robot, 3)
        // The push is felt: the body is thrown.
        expect(largest(log.pitches)).toBeGreaterThan(4 * DEGREE)
        expect(largest(log.pitches)).toBeLessThan(20 * DEGREE)
        expect(largest(log.pitches.slice(2000))).toBeLessThan(UPRIGHT)
        expect(Math.hypot(robot.body.pose().x - begin.x, robot.body.pose().y - begin.y)).toBeLessThan(0.3)
        expect(session.state?.mode).toBe('armed')
    })

    it('follows a velocity forward, around and back, and stands where the command left it', async () => {
        const rig = await balancing(board)
        const { robot } = rig
        let silence = keepDriving(rig, 0.3)
        await pass(robot, 4)
        const from = robot.body.pose()
        await pass(robot, 1)
        const to = robot.body.pose()
        expect(Math.hypot(to.x - from.x, to.y - from.y)).toBeCloseTo(0.3, 1)
        silence()
        silence = keepDriving(rig, -0.2, 1)
        await pass(robot, 3)
        const turning = robot.body.pose().heading
        await pass(robot, 1)
        expect(robot.body.pose().heading - turning).toBeCloseTo(1, 1)
        silence()
        silence = keepDriving(rig, 0)
        await pass(robot, 3)
        const stood = robot.body.pose()
        await pass(robot, 1)
        expect(Math.hypot(robot.body.pose().x - stood.x, robot.body.pose().y - stood.y)).toBeLessThan(0.05)
        silence()
    })

    it('stands on when its planner falls silent, takes no setpoint until it is armed again, and then goes on', async () => {
        const rig = await balancing(board)
        const { robot, session } = rig
        const silence = keepDriving(rig, 0.3)
        await pass(robot, 2)
        silence()
        const log = logPitch(robot)
        await pass(robot, 5)
        expect(session.state?.mode).toBe('timeout')
        expect(largest(log.pitches)).toBeLessThan(15 * DEGREE)
        const stood = robot.body.pose().x
        const ignored = keepDriving(rig, 0.3)
        await pass(robot, 2)
        expect(Math.abs(robot.body.pose().x - stood)).toBeLessThan(0.1)
        await settle(robot, session.arm())
        await pass(robot, 2)
        ignored()
        expect(session.state?.mode).toBe('armed')
        expect(robot.body.pose().x - stood).toBeGreaterThan(0.3)
    })

    it('disarms itself past 35°, names the fault, and can be armed again when it has been picked up', async () => {
        const rig = await balancing(board)
        const { robot, session } = rig
        const log = logPitch(robot)
        robot.body.push!(2.5)
        await pass(robot, 1.5)
        const crossed = log.pitches.findIndex(pitch => Math.abs(pitch) > 35 * DEGREE)
        expect(crossed).toBeGreaterThan(0)
        // Two ticks; the estimate may be off by 2°, which a fall takes less than a tick for.
        expect(log.outputs.slice(crossed + 30).every(both => both.every(duty => duty === 0))).toBe(true)
        expect(session.state).toMatchObject({ mode: 'fault', faults: ['tilt'] })
        await expect(settle(robot, session.arm())).rejects.toThrow('arming is blocked by: tilt')
        // The hand takes it after 3 s, and the estimate needs a few more.
        await pass(robot, 12)
        // The fault is latched: arming alone does not clear it.
        await expect(settle(robot, session.arm())).rejects.toThrow('arming is blocked by: tilt')
        await settle(robot, session.disarm())
        await settle(robot, session.arm())
        await pass(robot, 5)
        expect(session.state).toMatchObject({ mode: 'armed', faults: [] })
        expect(Math.abs(robot.body.tilt!())).toBeLessThan(UPRIGHT)
    })

    it.each([
        // Two ticks: the first comes up to a period after the failure, and may be late as the board's loop wakes.
        ['silent', 'imu', 0.025],
        // The registers stand still: known when one frame has come twice, and the fault after another.
        ['reset', 'imu', 0.06],
    ])('stops its motors when its IMU fails: %s, fault %s, within %s s', async (mode, fault, limit) => {
        const at = 6.1234
        const faults = JSON.stringify({ faults: [{ at, kind: 'imu-failure', target: 'imu', mode }] })
        const rig = await balancing(board, 1, faults)
        const { robot, session } = rig
        const log = logPitch(robot)
        await pass(robot, at + limit + 0.3 - seconds(robot))
        const driven = log.times.filter((_, i) => log.outputs[i].some(duty => duty !== 0))
        const last = driven[driven.length - 1]
        expect(last).toBeGreaterThan(at)
        expect(last - at).toBeLessThan(limit)
        expect(session.state?.mode).toBe('fault')
        expect(session.state?.faults).toContain(fault)
    })

    // Noise goes on, the motion does not: no driver can tell. What tells is that the wheels run away from a body that seems to stand.
    const SEEDS = [1, 2, 3, 4, 5, 6]

    it.each(SEEDS)('stops its motors within 0.5 s when its IMU freezes in motion, seed %s', async seed => {
        const rig = await balancing(board, seed)
        const { robot, session } = rig
        robot.body.push!(seed % 2 === 0 ? 0.3 : -0.3)
        await pass(robot, 0.05 * seed)
        const at = seconds(robot)
        robot.inject({ at, kind: 'imu-failure', target: 'imu', mode: 'frozen' })
        const log = logPitch(robot)
        await pass(robot, 1)
        const driven = log.times.filter((_, i) => log.outputs[i].some(duty => duty !== 0))
        expect(driven[driven.length - 1] - at).toBeLessThan(0.5)
        expect(session.state?.mode).toBe('fault')
        expect(session.state?.faults).toContain('tilt')
    })

    it.each(SEEDS)('standing still with a frozen IMU it may not notice, but drives nowhere, seed %s', async seed => {
        const { robot } = await balancing(board, seed)
        robot.inject({ at: seconds(robot), kind: 'imu-failure', target: 'imu', mode: 'frozen' })
        const log = logPitch(robot)
        await pass(robot, 3)
        // It leans on friction until it falls or its wheels begin to run; then they soon do not.
        const times = log.times.filter((_, i) => log.outputs[i].some(duty => Math.abs(duty) > 0.1))
        const ran = times.length === 0 ? 0 : times[times.length - 1] - times[0]
        expect(ran).toBeLessThan(0.4)
    })
})

describe('ten minutes', () => {
    it.each(BOARDS)(
        'it stands on the %s profile with a planner that asks for nothing, no tick late',
        async board => {
            const rig = await balancing(board)
            const { robot, session } = rig
            let worst = 0
            robot.body.onStep = () => (worst = Math.max(worst, Math.abs(robot.body.tilt!())))
            const silence = keepDriving(rig, 0)
            const end = seconds(robot) + 600
            await runFast(robot, () => seconds(robot) >= end)
            silence()
            expect(session.state).toMatchObject({ mode: 'armed', faults: [] })
            expect(worst).toBeLessThan(UPRIGHT)
            const { x, y } = robot.body.pose()
            expect(Math.hypot(x, y)).toBeLessThan(0.5)
            expect(session.statistics()).toMatchObject({ lateTicks: 0, samplesLost: 0 })
        },
        120_000,
    )
})
