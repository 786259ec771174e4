import type { RobotConditions } from '../host/conditions'

/** One number that a test found. */
export interface Figure {
    /** What limits and comparisons call it, for example `riseTime`. */
    key: string
    /** What people call it. */
    name: string
    value: number
    /** SI, or `` for a ratio */
    unit: string
    /** 95 % confidence interval */
    interval?: [number, number]
}

/** Something that the test has to say in words. */
export interface Finding {
    /** For machines, for example `motor-reversed`. */
    code: string
    level: 'note' | 'warning' | 'fault'
    text: string
}

/** A picture: curves over one axis. */
export interface Plot {
    title: string
    xLabel: string
    yLabel: string
    x: number[]
    series: { name: string; values: (number | null)[]; points?: boolean }[]
    /** Whether the x axis is logarithmic. */
    logarithmic?: boolean
}

/** What a figure may be. */
export interface Limit {
    min?: number
    max?: number
}

/** One figure held against its limit. */
export interface Judgement extends Limit {
    key: string
    value: number | undefined
    pass: boolean
}

/** Under what conditions a run was made: what the robot was when it began, and what else is known. */
export interface Conditions extends RobotConditions {
    /** ISO 8601 */
    date: string
    joint: string
    /** How the robot was reached: a port, or what was simulated. */
    link: string
    /** V, mean over the run, where it is measured. */
    supplyVoltage?: number
    /** °C, where it is known. */
    temperature?: number
    /** Of the unit under test. */
    serial?: string
    /** What the test was called with. */
    options: Record<string, unknown>
}

/** How complete the capture is. */
export interface CaptureSummary {
    samples: number
    /** Ticks of which no sample came. */
    missing: number
    /** Samples whose encoder reading was dropped. */
    invalid: number
    /** Ticks that started more than half a period late. */
    lateTicks: number
    /** s */
    seconds: number
}

/** Everything that a run of a test has to tell. */
export interface BenchResult {
    test: string
    /** `complete`; `interrupted` by the user; `stopped` by a limit, a fault or the link: see `reason`. */
    outcome: 'complete' | 'interrupted' | 'stopped'
    reason?: string
    /** `pass` or `fail` by findings and limits. An incomplete run fails. */
    verdict: 'pass' | 'fail'
    conditions: Conditions
    figures: Figure[]
    findings: Finding[]
    judgements: Judgement[]
    capture: CaptureSummary
    plots: Plot[]
}

/** A result without its plots: what is printed. */
export function withoutPlots(result: BenchResult): Partial<BenchResult> {
    return { ...result, plots: undefined }
}

/** Collects what a test finds while it runs, so that an interrupted one has something to show. */
export class Recorder {
    readonly figures: Figure[] = []
    readonly findings: Finding[] = []
    readonly plots: Plot[] = []

    /** Adds a figure, or renews it. */
    figure(key: string, name: string, value: number, unit = '', interval?: [number, number]): void {
        const figure: Figure = { key, name, value, unit, ...(interval && { interval }) }
        const at = this.figures.findIndex(known => known.key === key)
        if (at < 0) this.figures.push(figure)
        else this.figures[at] = figure
    }

    finding(code: string, level: Finding['level'], text: string): void {
        this.findings.push({ code, level, text })
    }

    /** Adds a plot, or renews the one of this title. */
    plot(plot: Plot): void {
        const at = this.plots.findIndex(known => known.title === plot.title)
        if (at < 0) this.plots.push(plot)
        else this.plots[at] = plot
    }
}

/** Holds figures against limits. A figure that is missing fails. */
export function judge(figures: Figure[], limits: Record<string, Limit>): Judgement[] {
    return Object.entries(limits).map(([key, { min, max }]) => {
        const value = figures.find(figure => figure.key === key)?.value
        const pass = value !== undefined && value >= (min ?? -Infinity) && value <= (max ?? Infinity)
        return { key, value, min, max, pass }
    })
}
