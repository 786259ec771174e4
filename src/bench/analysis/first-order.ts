import { levenbergMarquardt } from 'ml-levenberg-marquardt'

/** A speed that follows a step like 1 - exp(-t / τ), after a dead time. */
export interface FirstOrder {
    /** rad/s in the end */
    speed: number
    /** s */
    timeConstant: number
    /** s */
    delay: number
}

/**
 * Fits positions after a step from rest: x = ω (t' - τ (1 - exp(-t' / τ))), t' = t - delay. Positions, because an encoder
 * measures those: their noise is independent from sample to sample, which a speed's is not.
 */
export function fitFirstOrder(time: number[], position: number[]): FirstOrder {
    const last = position.length - 1
    const half = Math.floor(last / 2)
    const speed = (position[last] - position[half]) / (time[last] - time[half])
    // What the position lags behind a straight line from 0 is ω (τ + delay).
    const lag = Math.max(0.01, time[last] - position[last] / speed)
    const { parameterValues } = levenbergMarquardt(
        { x: time, y: position },
        ([w, tau, delay]) =>
            t => {
                const after = Math.max(0, t - delay)
                return w * (after - tau * (1 - Math.exp(-after / tau)))
            },
        {
            initialValues: [speed, lag * 0.8, lag * 0.2],
            minValues: [-1e3, 1e-3, 0],
            maxValues: [1e3, 10, 1],
            gradientDifference: [1e-3, 1e-4, 1e-4],
            centralDifference: true,
            damping: 0.01,
            maxIterations: 100,
            errorTolerance: 1e-12,
        },
    )
    return { speed: parameterValues[0], timeConstant: parameterValues[1], delay: parameterValues[2] }
}
