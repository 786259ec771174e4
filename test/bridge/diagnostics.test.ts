import { describe, expect, it } from 'vitest'
import { type BridgeStatistics, Diagnostics } from '../../src/bridge/diagnostics'
import { KinematicRobot, START } from './kinematic-robot'

const [OK, WARN, ERROR, STALE] = [0, 1, 2, 3] // diagnostic_msgs/DiagnosticStatus

const TRAFFIC: BridgeStatistics = {
    clients: 2,
    messagesReceived: 0,
    refused: 0,
    setpoints: 0,
    samplesEncoded: 0,
    samplesSent: 0,
    samplesDropped: 0,
    bytesSent: 0,
}

function setUp() {
    const robot = new KinematicRobot()
    const diagnostics = new Diagnostics(robot)
    const report = (traffic = TRAFFIC) => {
        const { status } = diagnostics.report(robot.scheduler.epoch(), traffic)
        return Object.fromEntries(status.map(part => [part.name, part]))
    }
    return { robot, diagnostics, report }
}

describe('diagnostics', () => {
    it('report a robot that is well', () => {
        const { robot, diagnostics } = setUp()
        robot.step(5)
        const { header, status } = diagnostics.report(robot.scheduler.epoch(), TRAFFIC)
        expect(header).toEqual({ stamp: { sec: START, nanosec: expect.closeTo(50_000_000, -3) }, frame_id: '' })
        expect(status.map(({ name, level, message }) => [name, level, message])).toEqual([
            ['rover: mode', OK, 'idle'],
            ['rover: loop', OK, 'on time'],
            ['rover: link', OK, 'connected'],
            ['rover: joints', OK, 'valid'],
            ['rover: bridge', OK, '2 clients'],
        ])
        expect(status[0].hardware_id).toBe('rover-5eed')
        expect(status[1].values).toContainEqual({ key: 'period max (ms)', value: '10.3' })
        expect(status[2].values).toContainEqual({ key: 'latency (ms)', value: '2.1' })
        expect(status[2].values).toContainEqual({ key: 'clock error bound (ms)', value: '0.5' })
        expect(status[3].values).toContainEqual({ key: 'left_wheel setpoint', value: 'nan' })
    })

    it('are stale before the first sample and one second after the last', () => {
        const { robot, report } = setUp()
        expect(report()['rover: mode']).toMatchObject({ level: STALE, message: 'no sample yet' })
        robot.step()
        robot.scheduler.advance(1000)
        expect(report()['rover: loop'].level).toBe(OK)
        robot.scheduler.advance(1)
        for (const part of ['mode', 'loop', 'joints']) expect(report()[`rover: ${part}`].level, part).toBe(STALE)
    })

    it('count what became of setpoints, asked for each five seconds', async () => {
        const { robot, report } = setUp()
        robot.step()
        let asked = 0
        const counts = { accepted: 10, refused: 0, lost: 0 }
        robot.timing = async () => {
            asked++
            return { periodCounts: [], executionCounts: [], setpoints: { ...counts } }
        }
        const later = async (ms: number) => {
            robot.scheduler.advance(ms)
            await Promise.resolve()
            return report()['rover: setpoints']
        }
        expect(report()['rover: setpoints']).toBeUndefined()
        expect(await later(1000)).toMatchObject({ level: OK, message: 'none refused or lost' })
        Object.assign(counts, { accepted: 200, refused: 2, lost: 1 })
        await later(4000)
        expect(asked).toBe(2)
        const worse = await later(1000)
        expect(worse).toMatchObject({ level: WARN, message: '2 refused, 1 lost' })
        expect(worse.values).toEqual([
            { key: 'accepted', value: '200' },
            { key: 'refused', value: '2' },
            { key: 'lost', value: '1' },
        ])
        expect((await later(1000)).level).toBe(OK)
    })

    it('count late ticks and lost samples from one report to the next', () => {
        const { robot, report } = setUp()
        robot.step()
        robot.counters.lateTicks = 3
        robot.counters.samplesLost = 2
        robot.counters.crcErrors = 1
        const first = report()
        expect(first['rover: loop']).toMatchObject({ level: WARN, message: '3 late ticks' })
        expect(first['rover: link']).toMatchObject({ level: WARN, message: 'samples lost +2, crc errors +1' })
        const second = report()
        expect(second['rover: loop'].level).toBe(OK)
        expect(second['rover: link'].level).toBe(OK)
        expect(second['rover: link'].values).toContainEqual({ key: 'samples lost', value: '2' })
    })

    it('name what is wrong with robot, link, joints and clients', async () => {
        const { robot, report } = setUp()
        await robot.stop()
        robot.invalidJoints = ['right_wheel']
        robot.counters.connected = false
        robot.step()
        const parts = report({ ...TRAFFIC, samplesDropped: 40 })
        expect(parts['rover: mode']).toMatchObject({ level: ERROR, message: 'estop: estop' })
        expect(parts['rover: link']).toMatchObject({ level: ERROR, message: 'disconnected' })
        expect(parts['rover: joints']).toMatchObject({ level: WARN, message: 'no valid sample: right_wheel' })
        expect(parts['rover: bridge']).toMatchObject({ level: WARN, message: 'slow clients lost 40 samples' })
    })

    it('tell the latency of a link: half and 99 of 100 at most', () => {
        const { robot, report } = setUp()
        robot.step()
        expect(report()['rover: link'].values.some(({ key }) => key.startsWith('round trip'))).toBe(false)
        const linkQuality = () => ({
            roundTrip: { p50: 0.002, p99: 0.0051, count: 700 },
            echoesLost: 1,
            actuation: { p50: 0.0093, p99: 0.0125, count: 50 },
            stalled: false,
            stalls: 3,
            setpointsSent: 0,
            writesDropped: 2,
            frameGaps: 0,
        })
        Object.assign(robot, { linkQuality })
        const values = Object.fromEntries(report()['rover: link'].values.map(({ key, value }) => [key, value]))
        expect(values).toMatchObject({
            'round trip p50 (ms)': '2',
            'round trip p99 (ms)': '5.1',
            'echoes lost': '1',
            'setpoint to tick p50 (ms)': '9.3',
            'setpoint to tick p99 (ms)': '12.5',
            'setpoints measured': '50',
            'frames not sent': '2',
            'board stalls': '3',
        })
    })

    it('warn of a robot whose deadline passed', async () => {
        const { robot, report } = setUp()
        await robot.arm()
        robot.drive({ linear: 0.1, angular: 0 })
        robot.step(12)
        expect(report()['rover: mode']).toMatchObject({ level: WARN, message: 'timeout' })
    })
})
