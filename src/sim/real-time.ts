import type { SimulatedRobot } from './simulated-robot'

/** Wall time and timers, handed in: the simulator itself reads no clock. */
export interface WallClock {
    /** ms, monotonic */
    now(): number
    setTimeout(callback: () => void, ms: number): unknown
    clearTimeout(handle: unknown): void
}

const STEP_MS = 1
/** A process that stood still for longer than this goes on from where it was, instead of catching up, ms. */
const LAG_MS = 250

/** Lets a simulated robot run beside wall time, `speed` times as fast. Returns a function that stops it. */
export function runRealTime(robot: SimulatedRobot, wall: WallClock, speed = 1): () => void {
    let last = wall.now()
    let timer: unknown
    const step = () => {
        const now = wall.now()
        const elapsed = Math.min(now - last, LAG_MS)
        last = now
        robot.runUntil(robot.clock.now / 1e6 + (elapsed * speed) / 1000)
        timer = wall.setTimeout(step, STEP_MS)
    }
    timer = wall.setTimeout(step, STEP_MS)
    return () => wall.clearTimeout(timer)
}
