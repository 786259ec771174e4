import { type DrawnCase, type DrawnOutcome, runDrawn } from '../../src/bench/campaign/drawn'

/** Runs a test on a drawn simulated actuator, on simulated time. */
export function bench(options: DrawnCase): Promise<DrawnOutcome> {
    return runDrawn({ serial: 'A-17', temperature: 21.5, ...options })
}
