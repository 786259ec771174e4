import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { McapIndexedReader } from '@mcap/core'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { htmlComparison } from '../../src/bench/report/compare'
import { writeReport } from '../../src/bench/report/write'
import type { BenchResult } from '../../src/bench/result'
import { textPlot } from '../../src/cli/bench-view'
import { buildFirmware } from '../../src/flash/build'
import { actuator } from '../../src/robots/actuator/robot'
import { bench } from './bench'
import { chromium, NEEDS_CHROMIUM, Page } from './chromium'

beforeAll(() => buildFirmware('actuator'), 180_000)

const { gains, effortLimit } = actuator.joints[0]

async function directory(): Promise<string> {
    const made = await mkdtemp(path.join(tmpdir(), 'tendon-report-'))
    onTestFinished(() => rm(made, { recursive: true }))
    return made
}

/** How many pixels of each plot have the colour of a curve: neither grey (axes, grid, text) nor nothing. */
const COLOURED = `[...document.querySelectorAll('.plot canvas')].map(canvas => {
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
    let count = 0
    for (let i = 0; i < data.length; i += 4) {
        const [r, g, b, a] = data.subarray(i, i + 4)
        if (a > 128 && Math.max(r, g, b) - Math.min(r, g, b) > 60) count++
    }
    return count
})`

test.skipIf(!chromium)(
    `the HTML report shows its plots in Chromium, without a complaint, and zooms${NEEDS_CHROMIUM}`,
    { timeout: 60_000 },
    async () => {
        const outcome = await bench({ test: 'step', seed: 3, settings: { repeats: 2 } })
        const { html } = await writeReport(await directory(), outcome)
        const page = await Page.open(html)
        const { plots, figures, conditions } = outcome.result
        const titles = await page.evaluate<string[]>(
            `[...document.querySelectorAll('.u-title')].map(e => e.textContent)`,
        )
        expect(titles).toEqual(plots.map(({ title }) => title))
        // A curve is a line across 400 pixels and more; a constant one is no less.
        const coloured = await page.evaluate<number[]>(COLOURED)
        expect(coloured).toHaveLength(plots.length)
        plots.forEach(({ title }, i) => expect(coloured[i], title).toBeGreaterThan(200))
        const text = await page.evaluate<string>('document.body.innerText')
        for (const { name } of figures) expect(text).toContain(name)
        expect(text).toContain(conditions.configHash)
        expect(text).toContain(conditions.date)
        // Dragging across the first plot shows a part of it.
        const before = await page.evaluate<string>(`document.querySelector('.plot canvas').toDataURL()`)
        await page.evaluate(`document.querySelector('.plot').scrollIntoView()`)
        const box = await page.evaluate<{ x: number; y: number; width: number; height: number }>(
            `(({ x, y, width, height }) => ({ x, y, width, height }))(document.querySelector('.plot .u-over').getBoundingClientRect())`,
        )
        await page.drag([box.x + box.width * 0.2, box.y + 40], [box.x + box.width * 0.5, box.y + 60])
        expect(await page.evaluate<string>(`document.querySelector('.plot canvas').toDataURL()`)).not.toBe(before)
        // Nothing is fetched, nothing is thrown, nothing is logged.
        expect(page.complaints).toEqual([])
    },
)

test.skipIf(!chromium)(`what Chromium complains of is heard${NEEDS_CHROMIUM}`, { timeout: 60_000 }, async () => {
    const file = path.join(await directory(), 'bad.html')
    await writeFile(
        file,
        `<script src="http://127.0.0.1:9/x.js"></script><script>console.error('told'); undefined.x</script>`,
    )
    const { complaints } = await Page.open(file)
    expect(complaints).toEqual(
        expect.arrayContaining([
            'fetches http://127.0.0.1:9/x.js',
            expect.stringContaining('told'),
            expect.stringContaining('TypeError'),
        ]),
    )
})

describe('the files of a run', () => {
    test('say the same, complete with the conditions, and the raw data holds every tick', async () => {
        const outcome = await bench({ test: 'step', seed: 3, settings: { repeats: 2, mode: 'effort' } })
        const files = await writeReport(await directory(), outcome)
        const twin = JSON.parse(await readFile(files.json, 'utf8')) as BenchResult
        expect(twin.figures).toEqual(outcome.result.figures)
        expect(twin.conditions).toMatchObject({
            robot: 'actuator',
            joint: 'motor',
            link: 'simulated actuator on rp2040, seed 3, drawn',
            firmware: (await buildFirmware('actuator')).sha256,
            supplyVoltage: expect.closeTo(outcome.truth.supplyVoltage, 0),
            serial: 'A-17',
            temperature: 21.5,
            parameters: {
                'motor.kp': expect.closeTo(gains.kp, 6),
                'motor.effort_limit': effortLimit,
                command_timeout: expect.any(Number),
            },
            options: { repeats: 2, mode: 'effort' },
        })
        expect(Date.parse(twin.conditions.date)).not.toBeNaN()
        const html = await readFile(files.html, 'utf8')
        for (const part of [
            twin.conditions.firmware!,
            twin.conditions.configHash,
            'A-17',
            '21.5',
            twin.conditions.date,
            'parameter motor.kp',
        ]) {
            expect(html).toContain(part)
        }

        const bytes = await readFile(files.mcap)
        const reader = await McapIndexedReader.Initialize({
            readable: {
                size: async () => BigInt(bytes.length),
                read: async (offset, size) => bytes.subarray(Number(offset), Number(offset + size)),
            },
        })
        const ticks: number[] = []
        const decoder = new TextDecoder()
        for await (const { data } of reader.readMessages()) {
            const sample = JSON.parse(decoder.decode(data)) as Record<string, number | null>
            ticks.push(sample.tick as number)
            // Measurement, setpoint, output and timing of the loop.
            for (const key of ['measured', 'position', 'velocity', 'effort', 'lateness', 'boardTime', 'supply']) {
                expect(sample[key], key).toBeTypeOf('number')
            }
            expect(sample).toHaveProperty('setpoint')
        }
        expect(ticks).toHaveLength(outcome.result.capture.samples)
        // 100 Hz, without a hole.
        expect(ticks.every((tick, i) => i === 0 || tick === ticks[i - 1] + 1)).toBe(true)
    })

    test('are drawn in the terminal, too, at most 90 columns wide', async () => {
        const { result } = await bench({ test: 'step', seed: 3, settings: { repeats: 2 } })
        const lines = textPlot(result.plots[0])
        expect(lines.length).toBeGreaterThan(10)
        expect(lines.join()).toContain('Step response, mean of all')
        expect(lines.slice(1).every(line => Array.from(line).length <= 90)).toBe(true)
    })

    test('are drawn in the terminal where a curve has a gap', async () => {
        const { result } = await bench({ test: 'ramp', seed: 1 })
        expect(result.plots.some(({ series }) => series.some(({ values }) => values.some(Number.isNaN)))).toBe(true)
        for (const plot of result.plots) expect(textPlot(plot).length).toBeGreaterThan(10)
    })

    test.skipIf(!chromium)(
        `two of them lie over each other in Chromium${NEEDS_CHROMIUM}`,
        { timeout: 60_000 },
        async () => {
            const [a, b] = [await bench({ test: 'ramp', seed: 1 }), await bench({ test: 'ramp', seed: 2 })]
            const file = path.join(await directory(), 'both.html')
            await writeFile(file, htmlComparison(a.result, b.result))
            const page = await Page.open(file)
            const names = await page.evaluate<string[]>(
                `[...document.querySelector('.plot').querySelectorAll('.u-legend .u-label')].map(e => e.textContent)`,
            )
            expect(names.some(name => name.startsWith('A '))).toBe(true)
            expect(names.some(name => name.startsWith('B '))).toBe(true)
            expect((await page.evaluate<number[]>(COLOURED)).every(count => count > 200)).toBe(true)
            expect(page.complaints).toEqual([])
        },
    )
})
