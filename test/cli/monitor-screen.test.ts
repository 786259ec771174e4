import { describe, expect, it } from 'vitest'
import { histogram } from '../../src/cli/histogram'
import { KEYS, monitorScreen } from '../../src/cli/monitor-screen'
import { type MonitorStatus, rollPitchYaw } from '../../src/cli/monitor-status'

const quantiles = { p50: 0.002, p99: 0.0035, count: 900 }
const NAMES = ['base', 'shoulder', 'elbow', 'wrist_roll', 'wrist_pitch', 'a_gripper_with_a_long_name', 'lift']
const JOINTS = NAMES.map(name => ({ name, kind: 'continuous' as const, velocityLimit: 2, effortLimit: 1 }))

function status(faults: string[] = [], connected = true): MonitorStatus {
    return {
        seconds: 12,
        robot: 'arm',
        configHash: 'abc',
        via: '/dev/ttyACM0',
        state: {
            tick: 5,
            boardTime: 1,
            hostTime: 2,
            hostTimeBound: 0.0008,
            mode: faults.length > 0 ? 'fault' : 'armed',
            trajectory: 'none',
            faults,
            joints: NAMES.map((name, i) => ({
                name,
                position: -1234.5678,
                velocity: -12.345,
                effort: i % 2 === 0 ? -0.5 : 1,
                setpoint: i === 0 ? NaN : -1234.567,
                valid: i !== 2,
            })),
            imu: { orientation: [0, 0, 0, 1], angularVelocity: [0, 0, 0], linearAcceleration: [0, 0, 9.81] },
            power: { current: 1.25, voltage: 11.98 },
            odometry: { x: 0, y: 0, heading: 0, linear: 0, angular: 0 },
            lateness: 0,
        },
        statistics: {
            connected,
            reconnects: 0,
            samplesReceived: 100,
            samplesLost: 3,
            framesReceived: 25,
            crcErrors: 0,
            framingErrors: 0,
            bytesDiscarded: 0,
            ticks: 100,
            lateTicks: 0,
            sensorErrors: 0,
            period: { min: 0.009, mean: 0.01, max: 0.011 },
            latency: 0.001,
        },
        quality: {
            roundTrip: quantiles,
            echoesLost: 0,
            actuation: { p50: NaN, p99: NaN, count: 0 },
            stalled: false,
            stalls: 0,
            setpointsSent: 0,
            writesDropped: 0,
            frameGaps: 0,
        },
        clock: { boardTime: 1, offset: 1, drift: 12e-6, bound: 0.0008 },
        timing: { periodCounts: new Array<number>(24).fill(3), executionCounts: new Array<number>(24).fill(0) },
    }
}

function lines(given: MonitorStatus, columns = 80, rows = 24, messages = [{ text: 'armed', alarm: false }]) {
    const selection = { joint: 1, speed: 0.2, zeros: NAMES.map((_, i) => (i === 1 ? 0.5 : 0)) }
    return monitorScreen(given, JOINTS, selection, messages, { columns, rows })
}

describe('the screen of tendon monitor', () => {
    it('shows everything of seven joints in 80 by 24, but for the histograms', () => {
        const drawn = lines(status())
        const text = drawn.map(line => line.text)
        expect(drawn).toHaveLength(24)
        expect(text.filter(line => Array.from(line).length > 80)).toEqual([])
        expect(text[0]).toBe(`arm  armed: motors may move${'/dev/ttyACM0'.padStart(53)}`)
        expect(text[3]).toBe('  base               -1234.5678   -12.345 -0.50 ··███|·····       off')
        expect(text[4]).toBe('> shoulder           -1235.0678*  -12.345 +1.00 ·····|█████ -1234.567  jog 0.20')
        expect(drawn[4].style).toBe('chosen')
        // What was not measured is marked, a long name cut.
        expect(text[5]).toContain('-1234.5678!')
        expect(text[8]).toMatch(/^ {2}a_gripper_with_a {2}/)
        expect(text).toContain('power      11.98 V   1.250 A')
        expect(text).toContain('link       up, 0 reconnects, 0 stalls, round trip 2.0 / 3.5 ms')
        expect(text).toContain('clock      ±0.8 ms, drift +12 ppm, setpoint to tick - / - ms')
        expect(text).toContain('lost       3 of 103 samples, CRC 0, framing 0, 0 bytes, 0 echoes, sensor 0')
        expect(text.join()).not.toContain('period, ms')
        expect(text.slice(-3)).toEqual(['armed', ...KEYS])
    })

    it('has room for the histograms and older messages in a larger one', () => {
        const messages = [1, 2, 3].map(i => ({ text: `message ${i}`, alarm: i === 2 }))
        const drawn = lines(status(), 120, 40, messages)
        const text = drawn.map(line => line.text)
        expect(drawn).toHaveLength(40)
        expect(text.some(line => line.startsWith('period, ms '))).toBe(true)
        expect(text).toContain('           0    5    10   15   20 23+              0    5    10   15   20 23+')
        expect(drawn.filter(line => line.style === 'alarm').map(line => line.text)).toEqual(['message 2'])
        expect(text).toContain('message 3')
    })

    it('makes faults and a lost link stand out', () => {
        const faulty = lines(status(['encoder', 'supply']))
        expect(faulty[0]).toMatchObject({ style: 'alarm', text: expect.stringMatching(/^arm {2}fault /) })
        expect(faulty[1]).toMatchObject({ style: 'alarm', text: expect.stringContaining('encoder, supply') })
        expect(lines(status([], false))[0]).toMatchObject({
            style: 'alarm',
            text: expect.stringMatching(/^arm {2}LINK LOST/),
        })
    })

    it('shows what it can before the first sample', () => {
        const drawn = lines({ ...status(), state: undefined, timing: undefined, quality: undefined, clock: undefined })
        expect(drawn[0].text).toContain('no sample yet')
        expect(drawn[3].text).toMatch(/^ {2}base +-$/)
    })
})

describe('a histogram', () => {
    it('is logarithmic, and shows one among a million', () => {
        expect(histogram([0, 1, 1000, 1_000_000], 2)).toEqual(['   █', ' ▁██'])
        expect(histogram([0, 0], 2)).toEqual(['  ', '  '])
    })
})

describe('roll, pitch and yaw', () => {
    const half = Math.SQRT1_2
    it.each<[string, [number, number, number, number], number[]]>([
        ['none', [0, 0, 0, 1], [0, 0, 0]],
        ['roll to the right', [half, 0, 0, half], [90, 0, 0]],
        ['nose down', [0, Math.sin(Math.PI / 12), 0, Math.cos(Math.PI / 12)], [0, 30, 0]],
        ['turn to the left', [0, 0, half, half], [0, 0, 90]],
    ])('%s', (_, quaternion, degrees) => {
        rollPitchYaw(quaternion).forEach((angle, i) => expect((angle * 180) / Math.PI).toBeCloseTo(degrees[i], 9))
    })
})
