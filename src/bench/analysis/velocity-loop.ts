import { trackingGains } from '../../control/velocity-estimator'

/** A motor as the velocity loop sees it: speed = gain · duty beyond friction, a lag of first order, and a dead time. */
export interface LoopPlant {
    /** rad/s for each duty */
    gain: number
    /** s */
    timeConstant: number
    /** From the encoder's reading to when the duty that follows from it is felt, s. */
    delay: number
    /** Duty that sliding friction takes. */
    frictionDuty: number
}

/** What the board adds to it. */
export interface LoopBoard {
    /** Of the tick, s */
    period: number
    /** Of the velocity observer, rad/s; undefined: the speed is taken as measured. */
    observerBandwidth?: number
}

export interface LoopGains {
    /** Duty for each rad/s of error, and a second */
    kp: number
    ki: number
}

/** Plant and loop as a recursion from tick to tick: the same arithmetic as `controlJoints`, without its limits. */
interface Discrete {
    /** Speed kept over a tick. */
    keep: number
    /** Speed and angle that a tick gains by the duty of its later and of its earlier part. */
    speed: [number, number]
    angle: [number, number]
    /** Angle a tick for each rad/s at its beginning, s. */
    coast: number
    /** Ticks from the reading to the tick in which its duty is first felt. */
    ticks: number
    observer: { position: number; velocity: number }
}

function discrete({ gain, timeConstant: tau, delay }: LoopPlant, board: LoopBoard): Discrete {
    const dt = board.period
    const ticks = Math.floor(delay / dt + 1e-9)
    const early = Math.max(0, delay - ticks * dt)
    // Speed and angle a time after a duty of 1 began.
    const speedAt = (t: number) => gain * (1 - Math.exp(-t / tau))
    const angleAt = (t: number) => gain * (t - tau * (1 - Math.exp(-t / tau)))
    const later = dt - early
    const observer = { position: 1, velocity: 1 / dt }
    if (board.observerBandwidth !== undefined) trackingGains(board.observerBandwidth, dt, observer)
    return {
        keep: Math.exp(-dt / tau),
        speed: [speedAt(later), speedAt(dt) - speedAt(later)],
        angle: [angleAt(later), angleAt(dt) - angleAt(later)],
        coast: tau * (1 - Math.exp(-dt / tau)),
        ticks,
        observer,
    }
}

interface Complex {
    re: number
    im: number
}

const add = (a: Complex, b: Complex): Complex => ({ re: a.re + b.re, im: a.im + b.im })
const scaled = (a: Complex, k: number): Complex => ({ re: a.re * k, im: a.im * k })
const times = (a: Complex, b: Complex): Complex => ({ re: a.re * b.re - a.im * b.im, im: a.re * b.im + a.im * b.re })
const over = (a: Complex, b: Complex): Complex =>
    scaled(times(a, { re: b.re, im: -b.im }), 1 / (b.re * b.re + b.im * b.im))
const size = (a: Complex): number => Math.hypot(a.re, a.im)
const ONE: Complex = { re: 1, im: 0 }

/**
 * What the board makes of a sine of the joint's angle: the observed speed, over the angle. With q one tick's delay, e the
 * error of the prediction p + v dt: v (1 - q) = g₂ e, p (1 - q) = dt q v + g₁ e, and e = angle - q (p + dt v).
 */
export function observedOver(board: LoopBoard, frequency: number): Complex {
    const dt = board.period
    const gains = { position: 1, velocity: 1 / dt }
    if (board.observerBandwidth !== undefined) trackingGains(board.observerBandwidth, dt, gains)
    const w = 2 * Math.PI * frequency * dt
    const q = { re: Math.cos(w), im: -Math.sin(w) }
    const change = add(ONE, scaled(q, -1))
    const v = over({ re: gains.velocity, im: 0 }, change)
    const p = over(add(times(scaled(q, dt), v), { re: gains.position, im: 0 }), change)
    const e = over(ONE, add(ONE, times(q, add(p, scaled(v, dt)))))
    return times(v, e)
}

/** The joint's speed over the setpoint's, at a frequency, Hz. */
export function closedLoop(plant: LoopPlant, board: LoopBoard, gains: LoopGains, frequency: number): Complex {
    const d = discrete(plant, board)
    const dt = board.period
    const w = 2 * Math.PI * frequency * dt
    const z = { re: Math.cos(w), im: Math.sin(w) }
    const q = { re: z.re, im: -z.im }
    const late = { re: Math.cos(w * d.ticks), im: -Math.sin(w * d.ticks) }
    const driven = (pair: [number, number]) => times(late, add({ re: pair[0], im: 0 }, scaled(q, pair[1])))
    const speed = over(driven(d.speed), add(z, { re: -d.keep, im: 0 }))
    const angle = over(add(scaled(speed, d.coast), driven(d.angle)), add(z, { re: -1, im: 0 }))
    const controller = add({ re: gains.kp, im: 0 }, over({ re: gains.ki * dt, im: 0 }, add(ONE, scaled(q, -1))))
    const loop = times(controller, times(observedOver(board, frequency), angle))
    return over(times(controller, speed), add(ONE, loop))
}

/** Frequency at which the closed loop's gain has fallen by 3 dB, Hz; NaN above half the highest that there is. */
export function bandwidthOf(plant: LoopPlant, board: LoopBoard, gains: LoopGains): number {
    const gain = (f: number) => size(closedLoop(plant, board, gains, f))
    const highest = 0.25 / board.period
    let low = 0.01
    while (low < highest && gain(low * 1.1) > Math.SQRT1_2) low *= 1.1
    if (low >= highest) return NaN
    let high = low * 1.1
    for (let i = 0; i < 20; i++) {
        const middle = (low + high) / 2
        if (gain(middle) > Math.SQRT1_2) low = middle
        else high = middle
    }
    return low
}

/** The joint's speed at each tick after the setpoint has jumped from 0 to 1. */
export function stepOf(plant: LoopPlant, board: LoopBoard, { kp, ki }: LoopGains, seconds: number): number[] {
    const d = discrete(plant, board)
    const dt = board.period
    const sent = new Array<number>(d.ticks + 2).fill(0)
    let [speed, angle, integral, position, velocity] = [0, 0, 0, 0, 0]
    return Array.from({ length: Math.round(seconds / dt) }, () => {
        const predicted = position + velocity * dt
        const error = angle - predicted
        position = predicted + d.observer.position * error
        velocity += d.observer.velocity * error
        integral += ki * dt * (1 - velocity)
        sent.unshift(kp * (1 - velocity) + integral)
        sent.pop()
        const [later, earlier] = [sent[d.ticks], sent[d.ticks + 1]]
        const now = speed
        angle += d.coast * speed + d.angle[0] * later + d.angle[1] * earlier
        speed = d.keep * speed + d.speed[0] * later + d.speed[1] * earlier
        return now
    })
}

/** By how much a step goes beyond its goal, as a part of it. Infinite for a loop that does not settle. */
export function overshootOf(plant: LoopPlant, board: LoopBoard, gains: LoopGains): number {
    const response = stepOf(plant, board, gains, Math.max(2, 12 * plant.timeConstant))
    const last = response.slice(-10)
    if (!last.every(value => Math.abs(value - 1) < 0.2)) return Infinity
    return Math.max(0, Math.max(...response) - 1)
}
