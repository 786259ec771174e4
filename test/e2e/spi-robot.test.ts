import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { measureDrive } from '../../src/cli/measured-drive'
import { buildFirmware } from '../../src/flash/build'
import type { RobotState } from '../../src/host/robot'
import { connectSimulated, schedulerOf, settle, simulate } from '../../src/simulate'
import { keepDriving, pass, type Rig, seconds } from './rig'

// The courier: wheels on quadrature counters on SPI, which are read before each tick.

const BOARDS = ['rp2040', 'esp32'] as const
const COUNTERS = ['left_counter', 'right_counter'] as const

beforeAll(() => buildFirmware('courier'), 180_000)

async function connect(board: string, faults: object[] = []): Promise<Rig & { log: string[] }> {
    const log: string[] = []
    const robot = await simulate({
        robot: 'courier',
        board,
        faults: JSON.stringify({ faults }),
        onLog: line => log.push(line),
    })
    const session = await connectSimulated(robot)
    onTestFinished(() => session.close())
    return { robot, session, scheduler: schedulerOf(robot.clock), log }
}

async function driving(board: string): Promise<Rig> {
    const rig = await connect(board)
    await settle(rig.robot, rig.session.arm())
    keepDriving(rig, 0.3)
    await pass(rig.robot, 1)
    expect(rig.session.state).toMatchObject({ mode: 'armed', faults: [] })
    return rig
}

describe.each(BOARDS)('a robot with counters on SPI, on a paced %s', board => {
    it('drives as it is told, and knows by its counters where it went', async () => {
        const rig = await driving(board)
        const { robot, session } = rig
        await pass(robot, 2)
        const { x, y } = robot.body.pose()
        // 0.3 m/s for 3 s, less what gaining speed costs.
        expect(x).toBeGreaterThan(0.84)
        expect(x).toBeLessThan(0.9)
        expect(Math.abs(y)).toBeLessThan(0.01)
        const { joints, odometry } = session.state!
        expect(odometry!.linear).toBeCloseTo(0.3, 1)
        // The newest telemetry is 80 ms old at most: 24 mm.
        expect(Math.abs(odometry!.x - x)).toBeLessThan(0.03)
        robot.body.angles().forEach((angle, i) => expect(Math.abs(joints[i].position - angle)).toBeLessThan(0.7))
    })

    it.each([
        ['not there', { kind: 'broken-wire' }, 'nothing drives MISO'],
        ['heard wrongly', { kind: 'spi-corrupt' }, 'mode registers do not hold what was written'],
    ])('a counter that is %s is named at start-up, and nothing arms', async (_, fault, says) => {
        const { robot, session, log } = await connect(board, [{ at: 0, target: 'right_counter', ...fault }])
        await pass(robot, 0.2)
        expect(log.find(line => line.startsWith('! courier'))).toContain(`LS7366R 1: ${says}`)
        expect(session.state!.mode).toBe('unconfigured')
        expect(session.state!.faults).toEqual(['startup', 'encoder'])
        await expect(settle(robot, session.arm())).rejects.toThrow('startup')
    })

    it.each(COUNTERS)('%s pulled out while driving: its wheel is named and the motors stop', async target => {
        const rig = await driving(board)
        const { robot, session } = rig
        const at = seconds(robot)
        robot.inject({ at, kind: 'broken-wire', target })
        await pass(robot, 0.3)
        expect(session.state).toMatchObject({ mode: 'fault', faults: ['encoder'] })
        expect(session.faultReports[0].sentence).toContain(target.replace('counter', 'wheel'))
        expect(robot.body.outputs()).toEqual([0, 0])
        expect(session.state!.joints[COUNTERS.indexOf(target)].valid).toBe(false)
    })

    it('samples that come garbled are dropped and counted, and the robot drives on', async () => {
        const rig = await driving(board)
        const { robot, session } = rig
        const before = session.statistics().sensorErrors
        robot.inject({
            at: seconds(robot),
            kind: 'spi-corrupt',
            target: 'left_counter',
            probability: 0.02,
            duration: 3,
        })
        await pass(robot, 3.2)
        const dropped = session.statistics().sensorErrors - before
        // Of 300 reads of four bytes one in thirteen: within four standard deviations.
        expect(dropped).toBeGreaterThan(5)
        expect(dropped).toBeLessThan(45)
        expect(session.state).toMatchObject({ mode: 'armed', faults: [] })
        expect(session.state!.odometry!.linear).toBeCloseTo(0.3, 1)
    })

    it('a counter that lost its power stops the robot, counts on from where it was, and drives once it is disarmed', async () => {
        const rig = await driving(board)
        const { robot, session } = rig
        const states: RobotState[] = []
        session.onState(state => states.push(state))
        robot.inject({ at: seconds(robot), kind: 'chip-reset', target: 'left_counter' })
        await pass(robot, 0.5)
        expect(session.state).toMatchObject({ mode: 'fault', faults: ['encoder'] })
        expect(robot.body.outputs()).toEqual([0, 0])
        await expect(settle(robot, session.arm())).rejects.toThrow('encoder')
        await pass(robot, 1)
        // It is no sooner forgotten than somebody says so.
        expect(session.state).toMatchObject({ mode: 'fault', faults: ['encoder'] })
        expect(session.state!.joints[0].valid).toBe(true)
        await settle(robot, session.disarm())
        await settle(robot, session.arm())
        keepDriving(rig, 0.3)
        await pass(robot, 1)
        expect(session.state).toMatchObject({ mode: 'armed', faults: [] })
        expect(session.state!.odometry!.linear).toBeCloseTo(0.3, 1)
        // A free wheel turns 21 rad/s (counters.ts: 107 counts of 3200 in 10 ms).
        for (let i = 1; i < states.length; i++) {
            const [before, now] = [states[i - 1], states[i]]
            const way = Math.abs(now.joints[0].position - before.joints[0].position)
            expect(way).toBeLessThan(21 * (now.boardTime - before.boardTime) + 0.02)
        }
    })

    it('keeps its period in tendon sim, loses no sample, and runs the same to the bit with the same seed', async () => {
        const drive = () =>
            measureDrive({ robot: 'courier', board, seed: 3, duration: 12, speed: 'max', pacing: true, inline: true })
        const first = await drive()
        expect(first).toMatchObject({ ticks: 1200, samplesLost: 0, mode: 'armed' })
        expect(first.periodMs.mean).toBeCloseTo(10, 1)
        // On an RP2040 a status and a collection may come together before a tick.
        expect(first.lateTicks).toBeLessThan(0.02 * first.ticks)
        expect((await drive()).traceHash).toBe(first.traceHash)
    })
})
