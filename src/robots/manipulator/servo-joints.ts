import type { Pca9685Servos } from '../../../devices/motors/pca9685'
import type { Clock } from '../../hal/clock'
import type { JointEncoders, MotorController, PowerSensor } from '../../onboard/parts'
import type { PowerScale } from '../../onboard/describe'
import type { Parameters } from '../../onboard/parameters'
import { ParameterFlag } from '../../protocol/parameters'

/** How a servo is tied to its joint's encoder: the encoder's data of the joint, unless the servo has another zero. */
export interface ServoJoint {
    /** What the encoder reads where the servo's position is 0, rad; mid-range, so that the range does not cross a turn. */
    zeroOffset: number
    /** +1 when the reading grows with the servo's position, else -1. */
    direction: number
}

export interface ServoJointsConfig {
    /** In the order of the servos. */
    joints: ServoJoint[]
    /** Speed that effort 1 asks for, rad/s. */
    fullSpeed: number
    /** How far a servo stays behind a moving position, s: it is sent ahead by as much. */
    lag: number
    /** The farthest that a servo is sent from where its joint is, rad. */
    reach: number
    /** A slower correction than this is none, rad/s: without it servos hunt about their dead band. */
    leastSpeed: number
    /** Most supply current, A, and for how many readings of it in a row it may be passed. */
    currentLimit: number
    currentReadings: number
    /** s */
    period: number
}

const PI = Math.PI
/** Of any servo, s: `Servo`. */
const SHORTEST_PULSE = 0.3e-3
const LONGEST_PULSE = 3e-3
/** `Pca9685Servos.check` must fail so often that its chip is taken for one that was reset. */
const MISSES = 2
/** `statusFlags`, for people. */
export enum ServoStatus {
    Overcurrent = 1,
    Reset = 2,
}

/**
 * Hobby servos as the motors of joints that have encoders. A servo is a position loop of its own that tells nothing; a joint's
 * effort is the speed with which the position that it is sent moves, as part of {@link ServoJointsConfig.fullSpeed}. So the
 * robot's loops close over the encoder: what the servo's dead band, its pulse ends and the load leave is corrected, and a servo
 * is first sent to where its joint is, without a jump.
 */
export class ServoJoints implements MotorController {
    readonly part = 'PCA9685'
    /** The one-shot at pin OE (100 ms), and the pulse that has begun. */
    readonly selfStopMs = 120
    statusFlags = 0
    supplyVoltage = NaN
    readonly noPower = false
    faulting = false
    resetSeen = false
    readonly timedOut = false

    /** Positions of the servos, rad; NaN without pulses. */
    private readonly command: number[] = []
    private readonly sent = [NaN, NaN, NaN]
    private readonly centre: number[] = []
    private readonly turning: number[] = []
    private readonly count: number
    /** rad a tick for effort 1, and the least. */
    private readonly stride: number
    private readonly reach: number
    private readonly least: number
    /** Ticks that a servo stays behind. */
    private readonly ahead: number
    private missed = 0
    private overCurrent = 0

    constructor(
        private readonly servos: Pca9685Servos,
        private readonly encoders: JointEncoders,
        private readonly power: PowerSensor & PowerScale,
        private readonly config: ServoJointsConfig,
    ) {
        for (const joint of config.joints) {
            this.command.push(NaN)
            this.centre.push(joint.zeroOffset)
            this.turning.push(joint.direction)
        }
        this.count = config.joints.length
        this.reach = config.reach
        this.stride = config.fullSpeed * config.period
        this.least = config.leastSpeed * config.period
        this.ahead = config.lag / config.period
    }

    /** @throws DriverError */
    async init(clock: Clock): Promise<void> {
        this.forget()
        await this.servos.init(clock)
        this.resetSeen = false
        this.missed = 0
        this.statusFlags &= ~ServoStatus.Reset
    }

    /** From now on servos hold where their joints are, by the ends that their parameters tell. */
    enable(): boolean {
        if (!this.servos.adoptEnds()) return false
        const { centre, command, count, turning } = this
        const reading = this.encoders.reading
        for (let i = 0; i < count; i++) {
            let angle = reading[i] - centre[i]
            if (angle > PI) angle -= 2 * PI
            else if (angle < -PI) angle += 2 * PI
            command[i] = angle * turning[i]
        }
        return true
    }

    /** @inline */
    write(effort0: number, effort1: number, effort2: number): boolean {
        const { ahead, centre, command, count, least, reach, sent, stride, turning } = this
        const reading = this.encoders.reading
        for (let i = 0; i < count; i++) {
            let step = (i === 0 ? effort0 : i === 1 ? effort1 : effort2) * stride
            if (step < least && step > -least) step = 0
            // Nothing is compared with success while there are no pulses: NaN stays NaN.
            let position = command[i] + step
            const joint = (reading[i] - centre[i]) * turning[i]
            if (position > joint + reach) position = joint + reach
            else if (position < joint - reach) position = joint - reach
            command[i] = position
            sent[i] = position + step * ahead
        }
        return this.servos.write(sent)
    }

    /** No pulses: the servos go limp. */
    stop(): boolean {
        this.forget()
        return this.servos.release()
    }

    readStatus(): boolean {
        const { config, power } = this
        this.supplyVoltage = power.supplyRaw * power.voltPerCount
        const current = power.currentRaw * power.amperePerCount
        this.overCurrent = current > config.currentLimit ? this.overCurrent + 1 : 0
        this.faulting = this.overCurrent >= config.currentReadings
        if (this.faulting) this.statusFlags |= ServoStatus.Overcurrent
        else this.statusFlags &= ~ServoStatus.Overcurrent
        if (this.servos.check()) {
            this.missed = 0
            return true
        }
        this.missed++
        if (this.missed >= MISSES) {
            this.resetSeen = true
            this.statusFlags |= ServoStatus.Reset
        }
        return false
    }

    /** Has the servos' ends among the robot's parameters: the next arming takes them up, so that nothing jumps. */
    addParameters(table: Parameters): void {
        const { servos } = this
        const flags = ParameterFlag.Joint | ParameterFlag.Disarmed
        table.add('servo_low', 'rad', -4, 4, flags, servos.positionLow)
        table.add('servo_high', 'rad', -4, 4, flags, servos.positionHigh)
        table.add('pulse_low', 's', SHORTEST_PULSE, LONGEST_PULSE, flags, servos.pulseLow)
        table.add('pulse_high', 's', SHORTEST_PULSE, LONGEST_PULSE, flags, servos.pulseHigh)
    }

    private forget(): void {
        const { command, count } = this
        for (let i = 0; i < count; i++) command[i] = NaN
    }
}
