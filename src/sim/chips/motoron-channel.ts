// Pololu Motoron Motor Controller User's Guide (docs 0J84), section 8 "Variable reference": motor variables.
import { MAX_SPEED, MotorVariable } from './motoron-protocol'

/** The current speed is kept in eighths, the unit of the acceleration limits for one update. */
const EIGHTHS = 8

/** Settable motor variables and the largest value of each; the smallest and the default are 0. */
const LIMITS = new Map<number, number>([
    [MotorVariable.PWM_MODE, 8],
    [MotorVariable.MAX_ACCEL_FORWARD, 6400],
    [MotorVariable.MAX_ACCEL_REVERSE, 6400],
    [MotorVariable.MAX_DECEL_FORWARD, 6400],
    [MotorVariable.MAX_DECEL_REVERSE, 6400],
    [MotorVariable.STARTING_SPEED_FORWARD, MAX_SPEED],
    [MotorVariable.STARTING_SPEED_REVERSE, MAX_SPEED],
    [MotorVariable.DIRECTION_CHANGE_DELAY_FORWARD, 250],
    [MotorVariable.DIRECTION_CHANGE_DELAY_REVERSE, 250],
])

/** One motor of a Motoron: what it was told, and the speed on its way there. */
export class MotoronChannel {
    /** -800 to 800 */
    target = 0
    /** -800 to 800, for later */
    buffered = 0
    /** 0 coasting to 800 braking, when stopped */
    brake = 0
    private eighths = 0
    private readonly settings = new Uint16Array(24)
    private lastDirection = 0
    private updatesAtZero = 0

    /** The speed applied now, -1 to 1 of full. */
    get drive(): number {
        return this.eighths / (EIGHTHS * MAX_SPEED)
    }

    get stopped(): boolean {
        return this.eighths === 0
    }

    /** Applies `speed` at once, ignoring the limits. */
    jump(speed: number): void {
        this.target = speed
        this.eighths = speed * EIGHTHS
        this.updatesAtZero = 0
        if (speed !== 0) this.lastDirection = Math.sign(speed)
    }

    /** Settings to their defaults; the motor is left as it turns. */
    initialize(): void {
        this.settings.fill(0)
        this.target = 0
        this.buffered = 0
        this.brake = 0
    }

    /** @returns false when no such variable can be set */
    set(offset: number, value: number): boolean {
        const limit = LIMITS.get(offset)
        if (limit === undefined) return false
        this.settings[offset] = value > limit ? limit : value
        return true
    }

    /** Byte `offset` of the motor's variables, little-endian; 0 where there are none. */
    byte(offset: number): number {
        if (offset < MotorVariable.TARGET_SPEED || offset >= MotorVariable.DIRECTION_CHANGE_DELAY_FORWARD) {
            return offset < this.settings.length ? this.settings[offset] & 0xff : 0
        }
        return (this.word(offset & ~1) >> (8 * (offset & 1))) & 0xff
    }

    /**
     * The controller's periodic update: moves the speed towards its target. Limits are the change per update in eighths
     * of a speed unit, 0 for none.
     */
    update(): void {
        const goal = this.target * EIGHTHS
        if (this.eighths !== 0 && (this.eighths > 0 ? goal < this.eighths : goal > this.eighths)) {
            if (!this.slowDown(goal)) return
        }
        if (goal !== this.eighths) this.speedUp(goal)
        else if (goal === 0) this.updatesAtZero++
    }

    /** @returns whether time is left in this update: stopped without a limit on the way to the other direction */
    private slowDown(goal: number): boolean {
        const forward = this.eighths > 0
        const limit = this.settings[forward ? MotorVariable.MAX_DECEL_FORWARD : MotorVariable.MAX_DECEL_REVERSE]
        const size = Math.abs(this.eighths)
        const reverses = goal === 0 || goal > 0 !== forward
        const floor = reverses ? 0 : Math.abs(goal)
        const next = limit === 0 ? floor : Math.max(floor, size - limit)
        this.eighths = forward ? next : -next
        this.updatesAtZero = 0
        return limit === 0 && reverses && goal !== 0
    }

    private speedUp(goal: number): void {
        const forward = goal > 0
        const direction = forward ? 1 : -1
        const size = Math.abs(goal)
        const limit = this.settings[forward ? MotorVariable.MAX_ACCEL_FORWARD : MotorVariable.MAX_ACCEL_REVERSE]
        if (this.eighths === 0 && this.lastDirection === -direction) {
            const delay =
                this.settings[
                    forward
                        ? MotorVariable.DIRECTION_CHANGE_DELAY_FORWARD
                        : MotorVariable.DIRECTION_CHANGE_DELAY_REVERSE
                ]
            if (this.updatesAtZero < delay) {
                this.updatesAtZero++
                return
            }
        }
        const start =
            this.settings[forward ? MotorVariable.STARTING_SPEED_FORWARD : MotorVariable.STARTING_SPEED_REVERSE]
        const reach = Math.max(Math.abs(this.eighths) + limit, this.eighths === 0 ? start * EIGHTHS : 0)
        this.eighths = direction * (limit === 0 ? size : Math.min(size, reach))
        this.lastDirection = direction
        this.updatesAtZero = 0
    }

    private word(offset: number): number {
        switch (offset) {
            case MotorVariable.TARGET_SPEED:
                return this.target
            case MotorVariable.TARGET_BRAKE_AMOUNT:
                return this.brake
            case MotorVariable.CURRENT_SPEED:
                return (this.eighths / EIGHTHS) | 0
            case MotorVariable.BUFFERED_SPEED:
                return this.buffered
        }
        return this.settings[offset]
    }
}
