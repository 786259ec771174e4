import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { BenchResult, Plot } from '../result'

const require = createRequire(import.meta.url)

/** A whole file: what it says, its plots and the code that draws them (uPlot). Nothing is fetched from anywhere. */
export function htmlPage(title: string, body: string, plots: Plot[]): string {
    const asset = (name: string) => readFileSync(require.resolve(`uplot/dist/${name}`), 'utf8')
    // A script's text may hold anything but its own end.
    const data = JSON.stringify(plots).replace(/</g, '\\u003c')
    return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escape(title)}</title>
<link rel="icon" href="data:,">
<style>${asset('uPlot.min.css')}${STYLE}</style></head>
<body><main>${body}
<p class="hint">Drag across a plot to zoom, double-click to see all of it again; click a curve's name to hide it.</p>
<div id="plots"></div></main>
<script>${asset('uPlot.iife.min.js')}</script>
<script>const plots = ${data};${SCRIPT}</script></body></html>
`
}

/** The report of a run. */
export function htmlReport(result: BenchResult): string {
    const { conditions, capture } = result
    const { options, parameters, ...told } = conditions
    const given = Object.entries(options).filter(([, value]) => value !== undefined && typeof value !== 'object')
    const rows = [
        ...Object.entries(told)
            .filter(([, value]) => value !== undefined)
            .map(([key, value]) => [key, typeof value === 'number' ? digits(value) : String(value ?? '')]),
        ...given.map(([key, value]) => [`option ${key}`, String(value)]),
        ...Object.entries(parameters ?? {}).map(([key, value]) => [`parameter ${key}`, String(value)]),
        [
            'samples',
            `${capture.samples} in ${digits(capture.seconds)} s, ${capture.missing} missing, ${capture.invalid} dropped by the encoder`,
        ],
        ['late ticks', String(capture.lateTicks)],
    ]
    const title = `${result.test} of ${conditions.robot} ${conditions.joint}`
    const verdict = result.verdict === 'pass' ? 'PASS' : 'FAIL'
    const how = result.outcome === 'complete' ? '' : ` (${result.outcome}: ${escape(result.reason ?? '')})`
    const body = [
        `<h1>${escape(title)} <span class="${result.verdict}">${verdict}</span></h1><p>${escape(conditions.date)}${how}</p>`,
        result.findings.length > 0
            ? `<ul>${result.findings.map(({ level, text }) => `<li class="${level}">${escape(text)}</li>`).join('')}</ul>`
            : '',
        '<div class="columns"><section><h2>Figures</h2>',
        table(
            result.figures.map(({ name, value, unit, interval }) => [
                name,
                `${digits(value)} ${unit}`,
                interval ? `${digits(interval[0])} … ${digits(interval[1])}` : '',
            ]),
        ),
        result.judgements.length > 0
            ? `<h2>Limits</h2>${table(result.judgements.map(({ key, value, min, max, pass }) => [key, value === undefined ? 'missing' : digits(value), `${min ?? ''} … ${max ?? ''}`, pass ? 'pass' : 'FAIL']))}`
            : '',
        `</section><section><h2>Conditions</h2>${table(rows)}</section></div>`,
    ]
    return htmlPage(title, body.join('\n'), result.plots)
}

export function table(rows: string[][]): string {
    const cells = (row: string[]) => row.map(cell => `<td>${escape(cell)}</td>`).join('')
    return `<table>${rows.map(row => `<tr>${cells(row)}</tr>`).join('')}</table>`
}

export function escape(text: string): string {
    return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;')
}

/** Four digits, as people read them. */
export function digits(value: number): string {
    return Number.isFinite(value) ? String(Number(value.toPrecision(4))) : '–'
}

const STYLE = `
body{font:14px/1.45 system-ui,sans-serif;margin:0;background:#f6f7f9;color:#1c2430}main{max-width:1160px;margin:0 auto;padding:20px}
h1{font-size:22px;margin:0}h2{font-size:15px;margin:14px 0 6px}.pass{color:#0a7d38}.fail{color:#c22424}
.columns{display:grid;grid-template-columns:1fr 1fr;gap:24px}table{border-collapse:collapse;width:100%}
td{padding:2px 8px 2px 0;border-bottom:1px solid #e1e5ea;vertical-align:top;overflow-wrap:anywhere}
li.fault{color:#c22424;font-weight:600}li.warning{color:#a35b00}.hint{color:#667}
#plots{display:grid;grid-template-columns:1fr 1fr;gap:14px}.plot{background:#fff;border:1px solid #e1e5ea;border-radius:6px;padding:8px}
@media(max-width:900px){.columns,#plots{grid-template-columns:1fr}}`

const SCRIPT = `
const colors = ['#1f6feb', '#d1495b', '#2a9d5c', '#b07d12', '#7b4fc9', '#0e8a9b'];
for (const plot of plots) {
  const box = document.createElement('div'); box.className = 'plot'; document.getElementById('plots').append(box);
  const series = plot.series.map((s, i) => ({ label: s.name, stroke: colors[i % colors.length], width: 1.5,
    points: { show: !!s.points }, paths: s.points && !plot.logarithmic ? () => null : undefined }));
  new uPlot({ title: plot.title, width: Math.max(320, box.clientWidth - 18), height: 260, scales: { x: { time: false, distr: plot.logarithmic ? 3 : 1 } },
    axes: [{ label: plot.xLabel }, { label: plot.yLabel, size: 64 }], series: [{ label: plot.xLabel }, ...series] },
    [plot.x, ...plot.series.map(s => s.values)], box);
}`
