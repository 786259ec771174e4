import Table from 'cli-table3'
import chart from 'simple-ascii-chart'
import { digits } from '../bench/report/html'
import type { BenchResult, Plot } from '../bench/result'
import { print } from './output'

/** What a run found, for people. */
export function printResult(result: BenchResult): void {
    const { conditions, capture, figures, findings, judgements } = result
    print(`${result.test} of ${conditions.joint}, ${conditions.link}`)
    const first = result.plots[0]
    if (first) for (const line of textPlot(first)) print(line)
    const table = new Table({ head: ['figure', 'value', 'unit', '95 % interval'], style: { head: [], border: [] } })
    for (const { name, value, unit, interval } of figures) {
        table.push([name, digits(value), unit, interval ? `${digits(interval[0])} … ${digits(interval[1])}` : ''])
    }
    if (figures.length > 0) print(table.toString())
    for (const { level, text } of findings) print(`${level}: ${text}`)
    for (const { key, value, min, max, pass } of judgements) {
        print(
            `limit ${key}: ${value === undefined ? 'missing' : digits(value)} (${min ?? ''} … ${max ?? ''}) ${pass ? 'pass' : 'FAIL'}`,
        )
    }
    print(`capture: ${capture.samples} samples in ${capture.seconds.toFixed(1)} s, ${capture.missing} missing`)
    const how = result.outcome === 'complete' ? '' : ` (${result.outcome}: ${result.reason})`
    print(`${result.verdict.toUpperCase()}${how}`)
}

const COLUMNS = 72
const ROWS = 14

/** A plot drawn in text; what is missing (null, NaN) is left out. */
export function textPlot({ title, x, series, xLabel, yLabel, logarithmic }: Plot): string[] {
    const every = Math.max(1, Math.ceil(x.length / COLUMNS))
    const curves = series.map(({ values }) =>
        x.flatMap((at, i): [number, number][] => {
            const point: [number, number] = [logarithmic ? Math.log10(at) : at, values[i] ?? NaN]
            // The library throws at what is no number; in a report it is a gap.
            return i % every === 0 && point.every(Number.isFinite) ? [point] : []
        }),
    )
    const drawn = curves.filter(curve => curve.length > 1)
    if (drawn.length === 0) return []
    const text = chart(drawn, {
        width: COLUMNS,
        height: ROWS,
        title: `${title}: ${series.map(({ name }) => name).join(', ')}  [${yLabel} over ${logarithmic ? 'log10 of ' : ''}${xLabel}]`,
        formatter: value => String(Number(Number(value).toPrecision(3))),
    })
    return text.split('\n').map(line => line.trimEnd())
}
