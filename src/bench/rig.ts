import type { JointHandle, Robot, RobotState } from '../host/robot'
import type { Scheduler } from '../host/scheduler'
import type { JointDescription } from '../protocol/description'
import { Capture } from './capture'

/** Inside what a test has to stay. */
export interface SafetyLimits {
    /** Motor duty, 0 to 1 */
    effort: number
    /** rad/s; measured speeds beyond 1.3 times this stop the test */
    velocity: number
    /** rad; measured positions outside stop the test */
    positionMin: number
    positionMax: number
    /** Of the motor supply, A */
    current: number
}

/** Who stands beside the actuator. */
export interface Operator {
    /** Watch the shaft from now on. */
    look(): void
    /**
     * How far the joint's shaft turned, in turns, positive in the joint's positive direction (counter-clockwise, seen from
     * its end, unless the robot's data says otherwise). Undefined when nobody looked.
     *
     * @param turns what the encoder says
     */
    turnsSeen(turns: number): Promise<number | undefined>
}

export type BenchStopCode = 'interrupted' | 'link' | 'limit' | 'fault'

/** A test that could not go on. */
export class BenchStop extends Error {
    override name = 'BenchStop'
    constructor(
        readonly code: BenchStopCode,
        message: string,
    ) {
        super(message)
    }
}

export type SetpointMode = 'effort' | 'velocity' | 'position'

/** A stretch of a test, by the host's clock, s. */
export interface Stretch {
    from: number
    to: number
}

export interface RigOptions {
    robot: Robot
    joint: string
    scheduler: Scheduler
    limits?: Partial<SafetyLimits>
    signal?: AbortSignal
    operator?: Operator
    /** Told of what is being done and how much of the test is over, 0 to 1. */
    onProgress?: (part: number, text: string) => void
}

/** Samples come in reports of several ticks, and travel: after this, s, what happened before is in the capture. */
const ARRIVAL = 0.08
/** The motor may overshoot a velocity limit by this before the test stops. */
const OVERSPEED = 1.3

/** One actuator under test: setpoints out at the robot's rate, every sample in, and an eye on everything that must not be. */
export class Rig {
    readonly capture: Capture
    readonly limits: SafetyLimits
    readonly description: JointDescription
    readonly robot: Robot
    readonly operator: Operator | undefined
    /** s */
    readonly period: number
    private readonly handle: JointHandle
    private readonly scheduler: Scheduler
    private readonly unsubscribe: () => void
    private trouble: BenchStop | undefined
    private armed = false
    /** Host's time of the last arming, s. Samples of before may still come. */
    private armedAt = 0
    /** Telemetry has told that it is armed; anything else from then on is trouble. */
    private seenArmed = false
    private elapsed = 0

    /**
     * @param expected how long the test will take, s, for progress
     * @throws RobotError `unknown-joint`; LimitError for limits beyond the joint's own
     */
    constructor(
        private readonly options: RigOptions,
        private readonly expected = 0,
    ) {
        const { robot, joint, scheduler } = options
        this.robot = robot
        this.scheduler = scheduler
        this.operator = options.operator
        this.handle = robot.joint(joint)
        this.description = robot.description.joints.find(({ name }) => name === joint)!
        this.period = robot.description.tickPeriodMs / 1000
        this.limits = safetyLimits(this.description, options.limits ?? {})
        this.capture = new Capture(robot.description, joint)
        this.unsubscribe = robot.onState(state => this.sample(state))
    }

    /** Lets the motor move. Only this joint will be told to. */
    async arm(): Promise<void> {
        this.check()
        await this.pause()
        await this.robot.arm()
        this.armedAt = this.scheduler.epoch()
        this.armed = true
    }

    /** Motor off while a person is asked; {@link arm} goes on. */
    async pause(): Promise<void> {
        this.armed = this.seenArmed = false
        await this.robot.disarm()
    }

    /** Motor off, disarmed, while something is done that is no part of the test: what it costs in samples is no hole in it. */
    async aside<T>(work: () => Promise<T>): Promise<T> {
        await this.pause()
        this.capture.counting = false
        try {
            return await work()
        } finally {
            await new Promise<void>(resolve => this.scheduler.setTimeout(resolve, ARRIVAL * 1000))
            this.capture.counting = true
        }
    }

    /**
     * Sends one setpoint after each period until `seconds` are over: `value` of the time since, s. From timers alone, so that
     * simulated time does not wait for promises.
     *
     * @param done ends it earlier
     */
    play(
        mode: SetpointMode,
        value: (time: number) => number,
        seconds: number,
        text = '',
        done: () => boolean = () => false,
    ): Promise<Stretch> {
        const { scheduler, period } = this
        const start = scheduler.now()
        const from = scheduler.epoch()
        const count = Math.max(1, Math.round(seconds / period))
        return new Promise((resolve, reject) => {
            let sent = 0
            const step = () => {
                try {
                    this.check()
                    if (sent === count || (sent > 0 && done())) return resolve({ from, to: scheduler.epoch() })
                    this.send(mode, value(sent * period))
                    sent++
                    this.elapsed += period
                    if (sent % 10 === 1) this.progress(text)
                    scheduler.setTimeout(step, Math.max(0, start + sent * period * 1000 - scheduler.now()))
                } catch (error) {
                    reject(error as Error)
                }
            }
            step()
        })
    }

    /** Holds a setpoint. */
    hold(mode: SetpointMode, value: number, seconds: number, text?: string): Promise<Stretch> {
        return this.play(mode, () => value, seconds, text)
    }

    /** Nothing is sent, and nothing driven: before {@link arm}, or between. */
    async idle(seconds: number, text = ''): Promise<Stretch> {
        const from = this.scheduler.epoch()
        if (this.armed) return this.hold('effort', 0, seconds, text)
        this.check()
        await this.until(this.scheduler.now() + seconds * 1000)
        this.elapsed += seconds
        this.progress(text)
        return { from, to: this.scheduler.epoch() }
    }

    /** Samples of a stretch; waits until they are there, holding the last setpoint's effort at zero meanwhile. */
    async samples(stretch: Stretch): Promise<[number, number]> {
        const newest = () => this.capture.host[this.capture.length - 1] ?? -Infinity
        for (let i = 0; newest() < stretch.to && i < 50; i++) await this.idle(ARRIVAL / 4)
        return this.capture.between(stretch.from, stretch.to)
    }

    /**
     * Samples of a stretch from `skip` seconds after its beginning, without a rest behind it: the setpoint is held meanwhile.
     */
    async samplesWhile(
        { from, to }: Stretch,
        mode: SetpointMode,
        value: number,
        skip: number,
    ): Promise<[number, number]> {
        const newest = () => this.capture.host[this.capture.length - 1] ?? -Infinity
        for (let i = 0; newest() < to && i < 50; i++) await this.hold(mode, value, ARRIVAL / 4)
        return this.capture.between(from + skip, to)
    }

    /** The newest state; a test that decides while it runs looks here. */
    get newest(): { position: number; velocity: number } {
        const last = this.capture.length - 1
        return { position: this.capture.position[last], velocity: this.capture.velocity[last] }
    }

    /** Motor off, disarmed, whatever happened. Listens on until what is under way has arrived. */
    async stop(): Promise<void> {
        try {
            if (this.robot.statistics().connected) {
                this.handle.off()
                await this.robot.disarm()
                await new Promise<void>(resolve => this.scheduler.setTimeout(resolve, ARRIVAL * 1000))
            }
        } catch {
            // The link is gone, and with it the setpoints: the board's own deadline stops the motor.
        } finally {
            this.armed = this.seenArmed = false
            this.unsubscribe()
        }
    }

    private send(mode: SetpointMode, value: number): void {
        const { limits, handle } = this
        if (mode === 'effort') handle.setEffort(inside('effort', value, -limits.effort, limits.effort))
        else if (mode === 'velocity') handle.setVelocity(inside('velocity', value, -limits.velocity, limits.velocity))
        else handle.setPosition(inside('position', value, limits.positionMin, limits.positionMax))
    }

    private sample(state: RobotState): void {
        this.capture.add(state)
        if (!this.armed || this.trouble || state.hostTime < this.armedAt) return
        const last = this.capture.length - 1
        const { limits, capture } = this
        const [speed, at, amperes] = [Math.abs(capture.velocity[last]), capture.position[last], capture.current[last]]
        if (state.mode === 'armed') this.seenArmed = true
        if (state.mode !== 'armed' && (this.seenArmed || state.mode !== 'idle')) {
            const why = state.faults.length > 0 ? `: ${state.faults.join(', ')}` : ''
            this.trouble = new BenchStop('fault', `the robot left the armed state (${state.mode}${why})`)
        } else if (speed > limits.velocity * OVERSPEED) {
            this.limit(`speed ${speed.toFixed(2)} rad/s`, `${limits.velocity} rad/s (--max-velocity)`)
        } else if (at < limits.positionMin || at > limits.positionMax) {
            this.limit(`position ${at.toFixed(3)} rad`, `${limits.positionMin} to ${limits.positionMax} rad`)
        } else if (Math.abs(amperes) > limits.current) {
            this.limit(`supply current ${amperes.toFixed(2)} A`, `${limits.current} A (--max-current)`)
        }
    }

    private limit(value: string, allowed: string): void {
        this.trouble = new BenchStop('limit', `${value} is beyond the limit of ${allowed}`)
    }

    /** @throws BenchStop when the test may not go on */
    private check(): void {
        if (this.options.signal?.aborted) throw new BenchStop('interrupted', 'by the user')
        if (this.trouble) throw this.trouble
        if (!this.robot.statistics().connected) throw new BenchStop('link', 'the link to the robot was lost')
    }

    private progress(text: string): void {
        if (this.expected > 0) this.options.onProgress?.(Math.min(1, this.elapsed / this.expected), text)
    }

    /** Waits until a time of the scheduler's clock, ms, or until there is trouble. */
    private until(time: number): Promise<void> {
        return new Promise(resolve => this.scheduler.setTimeout(resolve, Math.max(0, time - this.scheduler.now())))
    }
}

function inside(quantity: string, value: number, low: number, high: number): number {
    if (value >= low - 1e-9 && value <= high + 1e-9) return Math.max(low, Math.min(high, value))
    throw new BenchStop('limit', `the test asked for ${quantity} ${value}, allowed are ${low} to ${high}`)
}

/** A limit that the joint does not allow. The text names joint, limit, value and what is allowed. */
export class LimitError extends RangeError {
    override name = 'LimitError'
}

/** The joint's own limits, or tighter ones. @throws LimitError */
function safetyLimits(joint: JointDescription, given: Partial<SafetyLimits>): SafetyLimits {
    const own: SafetyLimits = {
        effort: joint.effortLimit,
        velocity: joint.velocityLimit,
        positionMin: joint.positionMin ?? -1e6,
        positionMax: joint.positionMax ?? 1e6,
        current: Infinity,
    }
    const wrong = (key: string, value: number, allowed: string) =>
        new LimitError(`limit ${key} ${value} of joint ${joint.name}: allowed ${allowed}`)
    for (const key of ['effort', 'velocity'] as const) {
        const value = given[key]
        if (value === undefined) continue
        if (!(value > 0 && value <= own[key]))
            throw wrong(key, value, `above 0 to ${own[key]}, as the robot's data says`)
        own[key] = value
    }
    if (given.current !== undefined) {
        if (!(given.current > 0)) throw wrong('current', given.current, 'above 0 A')
        own.current = given.current
    }
    if (given.positionMin !== undefined) own.positionMin = Math.max(own.positionMin, given.positionMin)
    if (given.positionMax !== undefined) own.positionMax = Math.min(own.positionMax, given.positionMax)
    if (!(own.positionMin < own.positionMax))
        throw wrong('positionMin', own.positionMin, `below ${own.positionMax} rad, its positionMax`)
    return own
}
