import { Mode, type State } from './parts'

const PI = Math.PI
const TWO_PI = 2 * PI
const GAIN = 0.37

/** @inline */
export function estimate(state: State, reading: number[]): number {
    let moved = 0
    for (let i = 0; i < state.position.length; i++) {
        let step = reading[i] - state.position[i]
        if (step >= PI) step -= TWO_PI
        else if (step < -PI) step += TWO_PI
        if (step === 0) continue
        state.position[i] += step
        moved += step
    }
    return moved
}

/** @inline */
export function control(state: State, goal: number): void {
    const { position, effort } = state
    for (let i = 0; i < position.length; i++) {
        if (state.mode === Mode.Off) effort[i] = 0
        else {
            const error = goal - position[i]
            effort[i] = damped(error) * GAIN
        }
    }
}

function damped(error: number): number {
    return error / (1 + error * error)
}
