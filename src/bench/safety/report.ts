import { escape } from '../report/html'
import { ms } from './stop-run'
import { failures, happened, type SafetyResult, type ScenarioResult } from './verify'

/** The scenario's name and what came of it, as one row for a terminal. */
export function textRow(row: ScenarioResult): string[] {
    const { worst, bound } = row
    return [
        row.pass ? 'pass' : 'FAIL',
        row.name,
        `${ms(worst.measured)} of ${ms(bound.seconds)} (seed ${worst.seed})`,
        bound.text,
        happened(row),
    ]
}

export function verdict({ robot, board, seeds, firstSeed, scenarios, complete, pass }: SafetyResult): string {
    const failed = scenarios.filter(({ pass }) => !pass).length
    const runs = scenarios.reduce((sum, row) => sum + row.runs.length, 0)
    const what =
        failed > 0 ? `${failed} of ${scenarios.length} scenarios FAILED` : `${scenarios.length} scenarios passed`
    return (
        `${pass ? 'PASS' : 'FAIL'}: ${robot} on ${board}, seeds ${firstSeed} to ${firstSeed + seeds - 1}, ${runs} runs: ${what}` +
        (complete ? '' : '; interrupted before the end')
    )
}

/** A whole file; nothing is fetched from anywhere. */
export function htmlSafetyReport(result: SafetyResult): string {
    const title = `Safety of ${result.robot}`
    const head = ['', 'Scenario', 'What must happen', 'What happened', 'Stop time, worst', 'Bound', 'All runs']
    return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escape(title)}</title><link rel="icon" href="data:,"><style>${STYLE}</style></head>
<body><h1>${escape(title)}</h1><p class="${result.pass ? 'pass' : 'fail'}">${escape(verdict(result))}</p>
<p>Simulated. Outputs are read from the motor controller's chip, modes from telemetry. A dot is one run's stop time as a part of its
bound, which is the line.</p>
<table><thead><tr>${head.map(text => `<th>${text}</th>`).join('')}</tr></thead>
<tbody>${result.scenarios.map(htmlRow).join('\n')}</tbody></table></body></html>
`
}

function htmlRow(row: ScenarioResult): string {
    const { worst, bound } = row
    const happenings = [happened(row), ...failures(row)].map(escape).join('<br>')
    const cells = [
        `<b class="${row.pass ? 'pass' : 'fail'}">${row.pass ? 'pass' : 'FAIL'}</b>`,
        escape(row.name),
        escape(row.must),
        happenings,
        `${ms(worst.measured)} (seed ${worst.seed})`,
        ms(bound.seconds),
        dots(row),
    ]
    return `<tr>${cells.map(cell => `<td>${cell}</td>`).join('')}</tr>`
}

/** Width of a bound, and of what is beyond it, px. */
const BOUND_WIDTH = 150
const BEYOND = 30

function dots({ runs }: ScenarioResult): string {
    const circles = runs.map(({ measured, bound }) => {
        const x = Math.min(BOUND_WIDTH + BEYOND - 4, 4 + (measured / bound) * (BOUND_WIDTH - 4))
        return `<circle cx="${x.toFixed(1)}" cy="8" r="3" class="${measured > bound ? 'over' : 'within'}"/>`
    })
    const line = `<line x1="${BOUND_WIDTH}" x2="${BOUND_WIDTH}" y1="0" y2="16"/>`
    return `<svg width="${BOUND_WIDTH + BEYOND}" height="16">${line}${circles.join('')}</svg>`
}

const STYLE = `
body{font:14px/1.4 system-ui,sans-serif;margin:24px;color:#1c2430}h1{font-size:22px}.pass{color:#0a7d38}.fail{color:#c22424}
table{border-collapse:collapse}th,td{text-align:left;vertical-align:top;padding:4px 12px 4px 0;border-bottom:1px solid #e1e5ea}
line{stroke:#1c2430}.within{fill:#1f6feb66}.over{fill:#c22424}`
