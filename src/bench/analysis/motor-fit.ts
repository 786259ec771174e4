import Matrix, { inverse, solve } from 'ml-matrix'

/** A motor with gears and load, at the joint's shaft: V = R i + K ω, K i = J ω' + B ω + T sign ω. */
export interface MotorModel {
    /** V·s/rad, N·m/A */
    motorConstant: number
    /** Ω */
    resistance: number
    /** While it gains speed, and while it loses it: gears pass a load's inertia on at 1/η and at η, kg·m² */
    inertia: number
    brakingInertia: number
    /** N·m */
    coulombFriction: number
    /** N·m·s/rad */
    viscousFriction: number
}

/** What feeds it: V less Ω times what is drawn. */
export interface Supply {
    voltage: number
    resistance: number
}

/** A piece of a record that begins at rest, its columns by tick. */
export interface Piece {
    /** s, from the piece's first tick */
    time: number[]
    /** rad */
    position: number[]
    /** Duty that each tick sends, -1 to 1. */
    duty: number[]
    /** From the supply, less what the electronics take, A; NaN where it is not measured. */
    current: number[]
}

/** Of switching on, and of switching off, s. */
export interface Edges {
    on: number
    off: number
}

export interface MotorFit {
    model: MotorModel
    /** 95 % */
    intervals: Record<keyof MotorModel, [number, number]>
    /** From a tick to when its duty is felt, s; of each piece. */
    delays: Edges[]
    /** What the model says the encoder would have read, rad: of each piece. */
    fitted: number[][]
    /** Root mean square of measured less fitted, rad. */
    rms: number
}

/** Step of the simulation, s: the board's clock tells no less. */
const STEP = 0.001
/** Standard deviation of a position, rad: an AS5600's count is 1.5e-3 wide, and has 0.3 counts of noise. */
const POSITION_DEVIATION = 7e-4
/** And of its time, s: the clock's step of 1 ms, uniform. */
const TIME_DEVIATION = 3e-4
/** Of a current, A, and of its time, s: a conversion of the sensor, and when it was. */
const CURRENT_DEVIATION = 2e-3
const CURRENT_TIME_DEVIATION = 1e-3
/** Errors within such a time, s, are taken for one: the loop's phase wanders slowly. */
const CLUSTER = 0.2
/** The shaft moves less than this while the gears' play is crossed, rad: such samples say nothing. */
const PLAY = 0.06
/**
 * From a tick to when its duty is felt, s. A current jumps with the duty, and a sample between tells whether it has jumped
 * already: it would decide the delay, and a wrong delay the inertia. So currents count only from when they must have jumped.
 */
const LONGEST_DELAY = 0.03
const KEYS = ['motorConstant', 'resistance', 'inertia', 'brakingInertia', 'coulombFriction', 'viscousFriction'] as const
/** What the sensors' own scales may be off, as a part (95 %): twice the INA226's typical 0.02 %, and what a tick's clock is. */
const SENSOR_GAIN = 5e-4
const PASSES = 5
/** s: half the Motoron's update period of 10 ms, and what a tick takes until it commands. */
const FIRST_DELAY = 0.008

/**
 * Fits the model to positions and currents by least squares over the simulated response (output error), so that the encoder's
 * noise, which is in positions, does not bias it as it would an accelerating regression. Offsets and delays of each piece are
 * no parameters: what of a piece's error looks like a shift, or like a shift in time, is projected out.
 *
 * @param guess where to begin; where no current is measured its resistance is kept, and viscous friction is 0
 */
export function fitMotor(pieces: Piece[], supply: Supply, guess: MotorModel): MotorFit {
    const sensed = pieces.some(({ current }) => current.some(Number.isFinite))
    const free = sensed ? [0, 1, 2, 3, 4, 5] : [0, 2, 3, 4]
    const start = KEYS.map(key => guess[key])
    if (!sensed) start[5] = 0
    const modelOf = (logs: number[]): MotorModel => {
        const values = [...start]
        free.forEach((which, i) => (values[which] = start[which] * Math.exp(logs[i])))
        return Object.fromEntries(KEYS.map((key, i) => [key, values[i]])) as unknown as MotorModel
    }
    let delays: Edges[] = pieces.map(() => ({ on: FIRST_DELAY, off: FIRST_DELAY }))
    let logs: number[] = free.map(() => 0)
    for (let pass = 0; pass < PASSES; pass++) {
        logs = improve(values => compare(pieces, supply, modelOf(values), delays).residuals, logs)
        const { shifts } = compare(pieces, supply, modelOf(logs), delays)
        const later = (delay: number, shift: number) => Math.max(0, Math.min(LONGEST_DELAY, delay + shift))
        delays = delays.map(({ on, off }, i) => ({ on: later(on, shifts[i].on), off: later(off, shifts[i].off) }))
    }
    const last = compare(pieces, supply, modelOf(logs), delays)
    const spread = deviations(values => compare(pieces, supply, modelOf(values), delays), logs)
    const model = modelOf(logs)
    const intervals = Object.fromEntries(
        KEYS.map((key, which) => {
            const at = free.indexOf(which)
            const part = at < 0 ? 0 : Math.hypot(2 * spread[at], SENSOR_GAIN)
            return [key, [model[key] * Math.exp(-part), model[key] * Math.exp(part)]]
        }),
    ) as unknown as MotorFit['intervals']
    return { model, intervals, delays, fitted: last.fitted, rms: last.rms }
}

interface Comparison {
    /** Over their deviations. */
    residuals: number[]
    /** Which cluster each belongs to. */
    clusters: number[]
    /** By how much later than assumed each piece's duty is felt, s. */
    shifts: Edges[]
    fitted: number[][]
    rms: number
}

/** Measured less simulated. */
function compare(pieces: Piece[], supply: Supply, model: MotorModel, delays: Edges[]): Comparison {
    const all: Comparison = { residuals: [], clusters: [], shifts: [], fitted: [], rms: 0 }
    let cluster = 0
    let [squares, count] = [0, 0]
    const currentResiduals: number[] = []
    const currentClusters: number[] = []
    pieces.forEach((piece, p) => {
        const simulated = simulateMotor(piece, supply, model, delays[p])
        const settled = sinceChange(piece).map(since => since > LONGEST_DELAY + STEP / 2)
        const currents: { error: number; rate: number }[] = []
        const { position, velocity, current, currentRate } = simulated
        const moving = piece.position.map(value => Math.abs(value) > PLAY)
        const weight = velocity.map((w, i) => (moving[i] ? 1 / Math.hypot(POSITION_DEVIATION, TIME_DEVIATION * w) : 0))
        const error = piece.position.map((value, i) => value - position[i])
        // Switching off is an edge of its own: what it is late by shifts what comes after it.
        const end = offEdge(piece.duty)
        const [on, off] = [
            project(error, velocity, weight, 0, end),
            project(error, velocity, weight, end, error.length),
        ]
        const part = (i: number) => (i < end ? on : off)
        all.shifts.push({ on: on.shift, off: off.shift })
        all.fitted.push(position.map((value, i) => value + part(i).offset - part(i).shift * velocity[i]))
        for (let i = 0; i < piece.time.length; i++) {
            if (moving[i]) {
                const left = error[i] - part(i).offset + part(i).shift * velocity[i]
                all.residuals.push(left * weight[i])
                all.clusters.push(cluster + Math.floor(piece.time[i] / CLUSTER))
                squares += left * left
                count++
            }
            if (Number.isFinite(piece.current[i]) && settled[i]) {
                const deviation = Math.hypot(CURRENT_DEVIATION, CURRENT_TIME_DEVIATION * currentRate[i])
                currents.push({ error: (piece.current[i] - current[i]) / deviation, rate: currentRate[i] / deviation })
                currentClusters.push(cluster + Math.floor(piece.time[i] / CLUSTER))
            }
        }
        // A current is as old as its conversion, and the encoder is not read at the same moment. The conversions and the ticks
        // drift past each other, so each piece has a shift of its own.
        const age = currents.reduce((sum, { error, rate }) => sum + error * rate, 0)
        const rates = currents.reduce((sum, { rate }) => sum + rate * rate, 0)
        const early = rates > 0 ? age / rates : 0
        for (const { error, rate } of currents) currentResiduals.push(error - early * rate)
        cluster += Math.floor(piece.time[piece.time.length - 1] / CLUSTER) + 1
    })
    all.residuals.push(...currentResiduals)
    all.clusters.push(...currentClusters)
    all.rms = Math.sqrt(squares / Math.max(1, count))
    return all
}

/** Since each tick's duty became what it is, s. */
function sinceChange({ time, duty }: Piece): number[] {
    let changed = -Infinity
    return time.map((t, i) => {
        if (i > 0 && duty[i] !== duty[i - 1]) changed = t
        return t - changed
    })
}

/** First tick of the last rest. */
function offEdge(duty: number[]): number {
    let i = duty.length
    while (i > 0 && duty[i - 1] === 0) i--
    return i
}

/** Offset and shift in time of the least squares: error = offset - shift · velocity. */
function project(
    error: number[],
    velocity: number[],
    weight: number[],
    from: number,
    to: number,
): { offset: number; shift: number } {
    let [s, sv, svv, se, sev] = [0, 0, 0, 0, 0]
    for (let i = from; i < to; i++) {
        const w = weight[i] * weight[i]
        s += w
        sv += w * velocity[i]
        svv += w * velocity[i] * velocity[i]
        se += w * error[i]
        sev += w * error[i] * velocity[i]
    }
    const determinant = s * svv - sv * sv
    if (!(determinant > 1e-9 * s * svv)) return { offset: s > 0 ? se / s : 0, shift: 0 }
    const slope = (s * sev - sv * se) / determinant
    return { offset: (se - slope * sv) / s, shift: -slope }
}

/** What the model does with a piece's duties: from rest, sampled at the piece's times. */
export function simulateMotor(
    { time, duty }: Pick<Piece, 'time' | 'duty'>,
    supply: Supply,
    model: MotorModel,
    delay: Edges,
) {
    const { motorConstant: k, resistance, inertia, brakingInertia, coulombFriction, viscousFriction } = model
    const [position, velocity, current, currentRate] = [[0], [0], [0], [0]]
    let [angle, speed, tick] = [0, 0, -1]
    let drawn = 0
    const end = offEdge(duty)
    const felt = time.map((t, i) => t + (i < end ? delay.on : delay.off))
    let at = time[0]
    for (let i = 1; i < time.length; i++) {
        const before = drawn
        // Whole steps of about 1 ms to the next sample.
        const steps = Math.max(1, Math.round((time[i] - time[i - 1]) / STEP))
        const dt = (time[i] - time[i - 1]) / steps
        for (let n = 0; n < steps; n++) {
            // Where the duty changes within the step, each counts for its part of it.
            let d = 0
            let from = at
            while (tick + 1 < time.length && felt[tick + 1] < at + dt) {
                const change = Math.max(from, felt[tick + 1])
                d += (duty[Math.max(0, tick)] * (change - from)) / dt
                from = change
                tick++
            }
            d += (duty[Math.max(0, tick)] * (at + dt - from)) / dt
            const open = d * supply.voltage - k * speed
            // What is drawn lowers the voltage; a supply takes nothing back.
            const amperes = open / (resistance + (open * d > 0 ? supply.resistance * d * d : 0))
            const torque = k * amperes - viscousFriction * speed
            // The speed's own share of torque, taken at the step's end: stable for any step.
            const damping = viscousFriction + (k * k) / resistance
            let next = speed
            if (speed === 0) {
                if (Math.abs(torque) > coulombFriction)
                    next = ((torque - Math.sign(torque) * coulombFriction) * dt) / inertia
            } else {
                const pull = torque - Math.sign(speed) * coulombFriction
                const mass = pull * speed < 0 ? brakingInertia : inertia
                next = speed + (pull * dt) / (mass + (damping * dt) / 2)
                if (next * speed < 0) next = 0
            }
            angle += ((speed + next) / 2) * dt
            speed = next
            drawn =
                (d * (d * supply.voltage - k * speed)) / (resistance + (open * d > 0 ? supply.resistance * d * d : 0))
            at += dt
        }
        position.push(angle)
        velocity.push(speed)
        current.push(drawn)
        currentRate.push((drawn - before) / (time[i] - time[i - 1]))
    }
    return { position, velocity, current, currentRate }
}

/** Columns: what each residual changes by with each parameter. */
function derivatives(residuals: (logs: number[]) => number[], logs: number[]): number[][] {
    const h = 1e-4
    return logs.map((_, j) => {
        const at = (sign: number) => residuals(logs.map((value, i) => (i === j ? value + sign * h : value)))
        const [up, down] = [at(1), at(-1)]
        return up.map((value, i) => (value - down[i]) / (2 * h))
    })
}

/** Steps of Gauss and Newton, each shortened until it improves (Levenberg and Marquardt would damp it instead). */
function improve(residuals: (logs: number[]) => number[], start: number[]): number[] {
    const cost = (values: number[]) => values.reduce((sum, value) => sum + value * value, 0)
    let logs = start
    let now = residuals(logs)
    for (let round = 0; round < 12; round++) {
        const jacobian = new Matrix(derivatives(residuals, logs)).transpose()
        const step = solve(jacobian, Matrix.columnVector(now)).to1DArray()
        const longest = Math.max(...step.map(Math.abs))
        let scale = Math.min(1, 0.5 / longest)
        let next = logs
        let then = now
        for (let halving = 0; halving < 8; halving++, scale /= 2) {
            const tried = logs.map((value, i) => value - scale * step[i])
            const found = residuals(tried)
            if (cost(found) < cost(now)) {
                next = tried
                then = found
                break
            }
        }
        if (next === logs) break
        logs = next
        now = then
        if (longest * scale < 1e-5) break
    }
    return logs
}

/**
 * Standard deviations of the (logarithms of the) parameters. Errors of one cluster are not independent, so the squares of the
 * clusters' sums stand for them (the sandwich estimate), and at least what independent errors would give.
 */
function deviations(residuals: (logs: number[]) => Comparison, logs: number[]): number[] {
    const middle = residuals(logs)
    const n = middle.residuals.length
    const p = logs.length
    const columns = derivatives(values => residuals(values).residuals, logs)
    const normal = new Matrix(p, p)
    for (let a = 0; a < p; a++) {
        for (let b = 0; b < p; b++) {
            let sum = 0
            for (let i = 0; i < n; i++) sum += columns[a][i] * columns[b][i]
            normal.set(a, b, sum)
        }
    }
    const bread = inverse(normal)
    const count = Math.max(...middle.clusters) + 1
    const sums = Array.from({ length: count }, () => new Array<number>(p).fill(0))
    for (let i = 0; i < n; i++)
        for (let j = 0; j < p; j++) sums[middle.clusters[i]][j] += columns[j][i] * middle.residuals[i]
    const scores = new Matrix(sums)
    const meat = scores
        .transpose()
        .mmul(scores)
        .mul(count / Math.max(1, count - p))
    const sandwich = bread.mmul(meat).mmul(bread)
    const variance = middle.residuals.reduce((sum, value) => sum + value * value, 0) / (n - p)
    return logs.map((_, j) => Math.sqrt(Math.max(sandwich.get(j, j), variance * bread.get(j, j))))
}
