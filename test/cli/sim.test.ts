import { beforeAll, describe, expect, it } from 'vitest'
import { buildFirmware } from '../../src/flash/build'
import type { DriveReport } from '../../src/cli/measured-drive'
import { needFirmware, startTendon, tendon } from './tendon'

needFirmware(true)
beforeAll(() => buildFirmware('balancer'))

async function simulate(...args: string[]): Promise<DriveReport> {
    const { code, stdout } = await tendon('sim', 'rover', '--json', ...args)
    expect(code).toBe(0)
    return JSON.parse(stdout) as DriveReport
}

describe('tendon sim', () => {
    it('gives the same trace in two runs and at another speed, and another with another seed', async () => {
        const [first, second] = await Promise.all([simulate('--duration', '2'), simulate('--duration', '2')])
        const paced = await simulate('--duration', '2', '--speed', '4')
        const other = await simulate('--duration', '2', '--seed', '2')
        expect(first.traceHash).toMatch(/^[0-9a-f]{64}$/)
        expect(second.traceHash).toBe(first.traceHash)
        expect(paced.traceHash).toBe(first.traceHash)
        expect(other.traceHash).not.toBe(first.traceHash)
        // Four times real time, from which it can only fall behind.
        expect(paced.wallSeconds).toBeGreaterThanOrEqual(0.499)
    })

    it('reports every tick of a paced board, none late, none lost', async () => {
        const report = await simulate('--duration', '3')
        expect(report).toMatchObject({ robot: 'rover', board: 'rp2040', seed: 1, lateTicks: 0, samplesLost: 0 })
        expect(report.simulatedSeconds).toBeCloseTo(3, 6)
        expect(report.realTimeFactor).toBeCloseTo(report.simulatedSeconds / report.wallSeconds, 6)
        // 100 Hz; the tick at either end may fall on the other side.
        expect(Math.abs(report.ticks - 300)).toBeLessThanOrEqual(1)
        // Samples travel four to a report.
        expect(Math.abs(report.samplesSent - 300)).toBeLessThanOrEqual(4)
        expect(report.periodMs.mean).toBeCloseTo(10, 1)
        expect(report.periodMs.min).toBeGreaterThan(5)
        expect(report.periodMs.max).toBeLessThan(15)
        expect(report.tickMs.min).toBeGreaterThan(0)
        expect(report.tickMs.min).toBeLessThan(report.tickMs.mean)
        expect(report.tickMs.mean).toBeLessThan(report.tickMs.max)
        // The link takes 1 to 2 ms each way, an answer waits for the tick; a setpoint for the next one, a period at most.
        expect(report.roundTrip.p50).toBeGreaterThan(0.002)
        expect(report.roundTrip.p99).toBeLessThan(0.02)
        expect(report.setpointToTick.count).toBeGreaterThan(0)
        expect(report.setpointToTick.p50).toBeGreaterThan(0.001)
        expect(report.setpointToTick.p99).toBeLessThan(0.016)
        // Of the VM's heap of 64 KiB.
        expect(report.heapFreeBytes).toBeGreaterThan(0)
        expect(report.heapFreeBytes).toBeLessThan(65_536)
    })

    it('shows the stalls of a board that nobody paces', async () => {
        const [paced, unpaced] = await Promise.all([
            simulate('--duration', '3'),
            simulate('--duration', '3', '--no-pacing'),
        ])
        expect(unpaced.periodMs.max).toBeGreaterThan(paced.periodMs.max + 2)
        expect(unpaced.lateTicks).toBeGreaterThan(0)
    })

    it('prints a table for people', async () => {
        const { code, stdout } = await tendon('sim', 'rover', '--duration', '0.5', '--board', 'ideal')
        expect(code).toBe(0)
        expect(stdout).toMatch(/^rover on ideal, seed 1$/m)
        expect(stdout).toMatch(/^ {2}ticks {6}\d+, 0 late$/m)
        expect(stdout).toMatch(/^ {2}latency {4}round trip [\d.]+ \/ [\d.]+ ms, setpoint to tick .* \(p50 \/ p99\)$/m)
        expect(stdout).toMatch(/^ {2}trace {6}[0-9a-f]{64}$/m)
    })

    it('reports what it has when it is interrupted', async () => {
        const running = startTendon('sim', 'rover', '--duration', '60', '--speed', '1', '--json')
        await running.printed(/^driving for 60 s, 1 times as fast as wall time; Ctrl-C ends it/, 'stderr')
        running.signal('SIGINT')
        const { code, stdout } = await running.outcome
        expect(code).toBe(130)
        expect((JSON.parse(stdout) as DriveReport).simulatedSeconds).toBeLessThan(10)
    })
})

describe('tendon sim balancer', () => {
    it('arms it when it is ready, has it drive its own pattern, and reports it on its wheels', async () => {
        const { code, stdout } = await tendon('sim', 'balancer', '--duration', '20', '--json')
        expect(code).toBe(0)
        const report = JSON.parse(stdout) as DriveReport
        expect(report).toMatchObject({ robot: 'balancer', mode: 'armed', lateTicks: 0, samplesLost: 0 })
        expect(report.tickMs.mean).toBeLessThan(5)
    })
})
