import { mean } from './statistics'

/** Figures of a step response. Times in s, from the setpoint's jump. */
export interface StepResponse {
    /** To 5 % of the way */
    delay: number
    /** From 10 to 90 % */
    riseTime: number
    /** Beyond the goal, of the way */
    overshoot: number
    /** After which it stays within 5 % of the way */
    settlingTime: number
    finalValue: number
}

/**
 * @param time s, from 0
 * @param goal where it should end; by default where it does end: the mean of the last fifth
 * @param start where it began
 */
export function responseOf(time: number[], response: number[], goal: number | undefined, start: number): StepResponse {
    const finalValue = mean(response.slice(-Math.ceil(response.length / 5)))
    const way = (goal ?? finalValue) - start
    const part = response.map(value => (value - start) / way)
    const crossing = (level: number) => {
        const i = part.findIndex(value => value >= level)
        if (i <= 0) return i === 0 ? time[0] : NaN
        return time[i - 1] + ((level - part[i - 1]) / (part[i] - part[i - 1])) * (time[i] - time[i - 1])
    }
    let settled = part.length
    while (settled > 0 && Math.abs(part[settled - 1] - 1) <= 0.05) settled--
    return {
        delay: crossing(0.05),
        riseTime: crossing(0.9) - crossing(0.1),
        overshoot: Math.max(0, Math.max(...part) - 1),
        settlingTime: settled < part.length ? time[settled] : NaN,
        finalValue,
    }
}
