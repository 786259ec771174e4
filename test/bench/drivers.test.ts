import { readdir, readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { measureDrivers } from '../../src/bench/drivers/measure'
import { driversPage, SHEETS } from '../../src/bench/drivers/page'

describe("the drivers' page", () => {
    it('is what the generator gives (if not: `npm run docs:drivers`, and read what changed)', async () => {
        expect(await readFile('docs/drivers.md', 'utf8')).toBe(await driversPage())
    }, 120_000)

    it('describes every driver in devices/', async () => {
        const entries = await readdir('devices', { withFileTypes: true, recursive: true })
        const files = entries.filter(entry => entry.isFile()).map(({ parentPath, name }) => `${parentPath}/${name}`)
        const drivers: string[] = []
        for (const file of files) {
            // A driver is what can be started; what several drivers of a chip share is called after it.
            if (file.endsWith('-chip.ts')) continue
            if (/^ {4}(async )?init\(/m.test(await readFile(file, 'utf8'))) drivers.push(file)
        }
        const described = SHEETS.flatMap(([, sheets]) => sheets.map(({ file }) => file))
        expect([...new Set(described)].sort()).toEqual(drivers.sort())
    })

    it('has bus times that follow from the bytes: start, nine bits a byte, stop', async () => {
        const costs = await measureDrivers('rp2040', 100_000)
        // Address and six bytes, written.
        expect(costs.get('Motoron write')!.busUs).toBeCloseTo((2 + 9 * 7) * 10, 6)
        // Address and pointer, again the address and twelve bytes.
        expect(costs.get('Lsm6dsox sample')!.busUs).toBeCloseTo((3 + 9 * (2 + 1 + 12)) * 10, 6)
        // Twice: address and pointer, again the address and two bytes.
        expect(costs.get('Ina226 sample')!.busUs).toBeCloseTo(2 * (3 + 9 * (2 + 1 + 2)) * 10, 6)
    }, 120_000)

    it('has tick costs that are more than bus and transaction, and less where the processor is faster', async () => {
        const [slow, fast] = await Promise.all([measureDrivers('rp2040', 400_000), measureDrivers('esp32', 400_000)])
        for (const [name, { busUs, totalUs, transactions, operations }] of slow) {
            // docs/timing.md: 2.7 µs an operation and 80 µs a transaction.
            expect(totalUs, name).toBeGreaterThan(busUs + 80 * transactions + 2.7 * operations - 1e-6)
            expect(fast.get(name)!.totalUs, name).toBeLessThan(totalUs)
            expect(fast.get(name)!.busUs, name).toBeCloseTo(busUs, 6)
        }
    }, 120_000)
})
