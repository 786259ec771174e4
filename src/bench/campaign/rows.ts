import { DEFECTS } from '../../sim/plants/motor-draw'
import type { Figure } from '../result'
import { BANDWIDTH_TOLERANCE, MOST_OVERSHOOT } from '../tests/tune'
import { bandwidthOf, overshootOf } from '../analysis/velocity-loop'
import { gainsOf } from '../gains'
import { actuator } from '../../robots/actuator/robot'
import { atDuty, loopPlant, smallSignal } from './analytic'
import type { DrawnCase, DrawnOutcome } from './drawn'

/** What one run shows of one thing that is asked. */
export interface Shown {
    /** What it is, for example `identify: inertia`. */
    what: string
    /** Error as a part of the truth, or in the unit of `most`; or whether it is as asked. */
    value: number | boolean
    /** The largest error that is allowed. */
    most?: number
    unit?: 's' | 'rad'
}

/** Some runs of a seed, and what each shows. */
export interface Part {
    name: string
    cases(seed: number): Omit<DrawnCase, 'seed'>[]
    show(outcome: DrawnOutcome, asked: Omit<DrawnCase, 'seed'>): Shown[]
}

/** The step of the duty, and the sines' middle, lowest frequency (Hz) and tick (s), that the tests have when told nothing. */
const STEP_DUTY = 0.5
const SINE_DUTY = (1.6 * STEP_DUTY) / 3
const LOWEST = 0.3
const PERIOD = actuator.tickPeriodMs / 1000
const BOARD = { period: PERIOD, observerBandwidth: actuator.joints[0].encoder.observerBandwidth }
/** Runs with a defect: one seed in so many, each with all of them. */
const DEFECT_SEEDS = 5

/** How far identified constants may be off: issue 6. Resistance has no figure there; as its motor constant. */
const IDENTIFIED = {
    motorConstant: 0.03,
    resistance: 0.03,
    inertia: 0.1,
    coulombFriction: 0.15,
    viscousFriction: 0.15,
    staticFriction: 0.15,
} as const

export const parts: readonly Part[] = [
    {
        name: 'check',
        cases: seed => [
            { test: 'check' },
            ...(seed % DEFECT_SEEDS === 1 ? DEFECTS.map(defect => ({ test: 'check', defect })) : []),
        ],
        show: ({ result }, { defect }) => {
            const named = result.findings.filter(({ level }) => level === 'fault').map(({ code }) => code)
            if (!defect)
                return [{ what: 'check: no false alarm', value: named.length === 0 && result.verdict === 'pass' }]
            return [{ what: `check: names ${defect}`, value: named.length === 1 && named[0] === defect }]
        },
    },
    {
        name: 'step',
        cases: () => [{ test: 'step', settings: { mode: 'effort' } }],
        show: ({ result, truth, delays }) => {
            const { speed, timeConstant } = atDuty(truth, STEP_DUTY)
            const figure = figuresOf(result.figures)
            return [
                { what: 'step: final speed', value: figure('finalSpeed') / speed - 1, most: 0.01 },
                { what: 'step: time constant', value: figure('timeConstant') / timeConstant - 1, most: 0.05 },
                { what: 'step: dead time', value: figure('deadTime') - mean(delays), most: 0.004, unit: 's' },
            ]
        },
    },
    {
        name: 'sweep',
        cases: () => [{ test: 'sweep' }],
        show: ({ result, truth }) => {
            const { gain, bandwidth } = smallSignal(truth, SINE_DUTY, LOWEST, PERIOD)
            const figure = figuresOf(result.figures)
            return [
                { what: 'sweep: gain at 0.3 Hz', value: figure('lowGain') / gain - 1, most: 0.02 },
                { what: 'sweep: bandwidth', value: figure('bandwidth') / bandwidth - 1, most: 0.04 },
            ]
        },
    },
    {
        name: 'backlash',
        cases: () => [{ test: 'backlash' }],
        show: ({ result, truth }) => [
            // Two counts of an AS5600.
            {
                what: 'backlash: play',
                value: figuresOf(result.figures)('backlash') - truth.backlash,
                most: 0.003,
                unit: 'rad',
            },
        ],
    },
    {
        name: 'identify',
        cases: () => [{ test: 'identify' }],
        show: ({ result, truth, delays }) => {
            const keys = Object.keys(IDENTIFIED) as (keyof typeof IDENTIFIED)[]
            // The first 24 changes of the duty are those of the fit: on, off, on, …
            const delay = mean(delays.slice(0, 24).filter((_, i) => i % 2 === 0))
            const holds = (key: string, value: number) => {
                const { interval } = result.figures.find(known => known.key === key) ?? {}
                return interval !== undefined && value >= interval[0] && value <= interval[1]
            }
            return [
                ...keys.map(key => ({
                    what: `identify: ${words(key)}`,
                    value: figuresOf(result.figures)(key) / truth[key] - 1,
                    most: IDENTIFIED[key],
                })),
                ...keys.map(key => ({ what: `interval: ${words(key)}`, value: holds(key, truth[key]) })),
                { what: 'interval: delay', value: holds('delay', delay) },
            ]
        },
    },
    {
        name: 'tune',
        cases: () => [
            { test: 'tune', settings: { method: 'model' } },
            { test: 'tune', settings: { method: 'relay' } },
        ],
        show: ({ result, truth, delays }, { settings }) => {
            const figure = figuresOf(result.figures)
            const by = `tune by ${settings!.method}`
            const gains = gainsOf(result.figures)
            if (!gains) return [{ what: `${by}: finds gains`, value: false }]
            const wanted = figure('predictedBandwidth')
            const plant = loopPlant(truth, mean(delays))
            const tried = figure('afterBandwidth')
            const off = (bandwidth: number) => ({ value: bandwidth / wanted - 1, most: BANDWIDTH_TOLERANCE })
            return [
                { what: `${by}: bandwidth around the true motor`, ...off(bandwidthOf(plant, BOARD, gains)) },
                {
                    what: `${by}: overshoot around the true motor`,
                    value: overshootOf(plant, BOARD, gains),
                    most: MOST_OVERSHOOT,
                },
                // The firmware needs parameters for that.
                { what: `${by}: new gains tried`, value: Number.isFinite(tried) },
                ...(Number.isFinite(tried)
                    ? [
                          { what: `${by}: measured bandwidth`, ...off(tried) },
                          {
                              what: `${by}: measured overshoot`,
                              value: figure('afterOvershoot'),
                              most: MOST_OVERSHOOT,
                          },
                      ]
                    : []),
            ]
        },
    },
]

function figuresOf(figures: Figure[]): (key: string) => number {
    return key => figures.find(known => known.key === key)?.value ?? NaN
}

function mean(values: number[]): number {
    return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** `motorConstant` as `motor constant`. */
function words(key: string): string {
    return key.replace(/[A-Z]/g, letter => ` ${letter.toLowerCase()}`)
}
