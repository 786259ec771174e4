import type { BenchResult, Plot } from '../result'
import { digits, escape, htmlPage, table } from './html'

/** One figure of two runs. */
export interface Compared {
    key: string
    name: string
    unit: string
    a: number | undefined
    b: number | undefined
    /** b over a, less 1 */
    change: number
}

/** The figures of two runs of one test, those of either. */
export function compareFigures(a: BenchResult, b: BenchResult): Compared[] {
    const known = new Map([...a.figures, ...b.figures].map(figure => [figure.key, figure]))
    return [...known.values()].map(({ key, name, unit }) => {
        const [left, right] = [a, b].map(run => run.figures.find(figure => figure.key === key)?.value)
        return { key, name, unit, a: left, b: right, change: (right ?? NaN) / (left ?? NaN) - 1 }
    })
}

/** A condition that is not the same in two runs. */
export interface ConditionDifference {
    key: string
    a: string | number | undefined
    b: string | number | undefined
}

/** What was different beside the date: a figure that changed may have changed by that. */
export function compareConditions(a: BenchResult, b: BenchResult): ConditionDifference[] {
    const [left, right] = [a, b].map(conditionsOf)
    return [...new Set([...left.keys(), ...right.keys()])]
        .map(key => ({ key, a: left.get(key), b: right.get(key) }))
        .filter(({ a: before, b: after }) => before !== after)
}

function conditionsOf({ conditions }: BenchResult): Map<string, string | number> {
    const { options, parameters = {}, ...told } = conditions
    const named = (what: string, values: object) =>
        Object.entries(values).map(([key, value]) => [`${what} ${key}`, value] as const)
    const all = [...Object.entries(told), ...named('option', options), ...named('parameter', parameters)]
    return new Map(all.filter(([key, value]) => key !== 'date' && value !== undefined && typeof value !== 'object'))
}

/** Two runs laid over each other. */
export function htmlComparison(a: BenchResult, b: BenchResult): string {
    const label = ({ conditions: { date, serial, joint } }: BenchResult) => `${serial ?? joint} ${date}`
    const rows = compareFigures(a, b).map(row => [
        row.name,
        row.a === undefined ? '–' : digits(row.a),
        row.b === undefined ? '–' : `${digits(row.b)} ${row.unit}`,
        Number.isFinite(row.change) ? `${(row.change * 100).toFixed(1)} %` : '',
    ])
    const head = `<h1>${escape(a.test)}: A ${escape(label(a))} against B ${escape(label(b))}</h1>`
    const conditions = compareConditions(a, b).map(({ key, a: before, b: after }) => [
        key,
        String(before ?? '–'),
        String(after ?? '–'),
    ])
    const body =
        `${head}<h2>Figures: A, B, change</h2>${table(rows)}` +
        `<h2>Conditions that differ: A, B</h2>${conditions.length > 0 ? table(conditions) : '<p>none</p>'}`
    return htmlPage(`${a.test}, compared`, body, overlaid(a, b))
}

/** Plots of the same title in one, over the x of both. */
function overlaid(a: BenchResult, b: BenchResult): Plot[] {
    return a.plots.flatMap(left => {
        const right = b.plots.find(({ title }) => title === left.title)
        if (!right) return []
        const x = [...new Set([...left.x, ...right.x])].sort((p, q) => p - q)
        const spread = (plot: Plot, name: string) => {
            const at = new Map(plot.x.map((value, i) => [value, i]))
            return plot.series.map(series => ({
                ...series,
                name: `${name} ${series.name}`,
                // Where only the other run has a point, the curve goes on between its own.
                values: x.map(value =>
                    at.has(value) ? series.values[at.get(value)!] : between(plot.x, series.values, value),
                ),
            }))
        }
        return [{ ...left, x, series: [...spread(left, 'A'), ...spread(right, 'B')] }]
    })
}

function between(x: number[], values: (number | null)[], at: number): number | null {
    let i = 1
    let high = x.length - 1
    if (x.length < 2 || at < x[0] || at > x[high]) return null
    while (i < high) {
        const middle = (i + high) >> 1
        if (x[middle] < at) i = middle + 1
        else high = middle
    }
    const [a, b] = [values[i - 1], values[i]]
    return a === null || b === null ? null : a + ((at - x[i - 1]) / (x[i] - x[i - 1])) * (b - a)
}
