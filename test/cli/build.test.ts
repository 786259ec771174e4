import { describe, expect, it } from 'vitest'
import type { TickReport } from '../../src/cli/tick-cost'
import { listBoards } from '../../src/flash/board-definition'
import { needFirmware, tendon } from './tendon'

needFirmware(true, false)

interface Report {
    bytes: number
    sha256: string
    inlined: string[]
    tick: TickReport
    functions: { name: string; operations: number }[]
    configHash: string
    heap: { peakBytes: number; totalBytes: number }
    busUs: number
    budget: Record<string, number | null>
    warnings: string[]
}

describe('tendon build', () => {
    it('keeps the rover within its budgets and says what the tick consists of', async () => {
        const { code, stdout, stderr } = await tendon('build', 'rover', '--json', '--profile')
        expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
        const { bytes, sha256, inlined, tick, functions, heap, busUs, budget, configHash, warnings } = JSON.parse(
            stdout,
        ) as Report
        expect(bytes).toBeLessThanOrEqual(56_320)
        expect(sha256).toMatch(/^[0-9a-f]{64}$/)
        expect(inlined.length).toBeGreaterThan(0)
        expect(tick.medianUs).toBeLessThanOrEqual(5000)
        expect(tick.medianUs).toBeLessThanOrEqual(tick.maxUs)
        expect(Math.abs(tick.ticks - 300)).toBeLessThanOrEqual(3)
        const { shares } = tick
        const sum = Object.values(shares).reduce((total, { us }) => total + us, 0)
        expect(sum).toBeCloseTo(tick.meanUs, 3)
        // The RP2040's profile: 2.7 µs an operation, 185 µs a call, 20 µs a call of the runtime.
        expect(shares.operations.us).toBeCloseTo(2.7 * shares.operations.units, 6)
        expect(shares.calls.us).toBeCloseTo(185 * shares.calls.units, 6)
        expect(shares.builtins.us).toBeCloseTo(20 * shares.builtins.units, 6)
        // At 400 kHz the tick's bytes, nine bits each, take about 0.75 ms.
        expect(shares.bus.us).toBeGreaterThan(500)
        expect(shares.bus.us).toBeLessThan(1200)
        // The rest of what a robot has a budget for (src/robots/rover/budget.json).
        expect(budget).toEqual({ programBytes: 56_320, heapBytes: 47_000, busUs: 1000, tickUs: 5000 })
        expect(busUs).toBe(shares.bus.us)
        expect(heap.totalBytes).toBeGreaterThan(60_000)
        expect(heap.peakBytes).toBeGreaterThan(5000)
        expect(heap.peakBytes).toBeLessThanOrEqual(41_000)
        expect(configHash).toMatch(/^[0-9a-f]{8}$/)
        // The program is within a tenth of its budget, and the build says so.
        expect(warnings.filter(warning => !warning.startsWith('the program'))).toEqual([])
        // The functions' operations are those of the ticks, and of what little runs between them.
        const operations = functions.reduce((total, f) => total + f.operations, 0)
        expect(operations / shares.operations.units).toBeGreaterThan(0.9)
        expect(operations / shares.operations.units).toBeLessThan(1.5)
    })

    it('fails when the tick does not fit its budget, and says where to look', async () => {
        const { code, stdout, stderr } = await tendon('build', 'rover', '--no-inline')
        expect(code).toBe(1)
        expect(stdout).toMatch(/^ {2}inlined {2}nothing$/m)
        expect(stdout).toMatch(/^ {2}tick {5}[\d.]+ ms typical, [\d.]+ ms at most on rp2040, budget 5\.00 ms$/m)
        expect(stderr).toMatch(/a typical tick takes [\d.]+ ms on the rp2040; allowed: 5\.00 ms\. `--profile`/)
    })

    it('has no budget for the tick on another board', async () => {
        const { code, stdout } = await tendon('build', 'rover', '--no-inline', '--board', 'esp32')
        expect(code).toBe(0)
        expect(stdout).toMatch(/^ {2}tick {5}[\d.]+ ms typical, [\d.]+ ms at most on esp32$/m)
    })

    it("prints the boards' ids as an array", async () => {
        const { code, stdout } = await tendon('build', '--list-boards', '--json')
        expect(code).toBe(0)
        expect(JSON.parse(stdout)).toEqual(await listBoards())
    })
})
