import type { RobotDescription } from '../protocol/description'
import { RobotMode } from '../protocol/state'
import {
    MAX_STORED,
    PARAMETER_KIND_HEADER,
    PARAMETER_PAGE_HEADER,
    ParameterFlag,
    ParameterOrigin,
    ParameterResult,
    sealStored,
    STORED_HEADER,
} from '../protocol/parameters'
import { MAX_PAYLOAD } from '../protocol/service'
import { hash } from './describe'
import { JOINT_PARAMETERS, JointParameter, UNLIMITED } from './joint-parameters'
import { adoptJoints, startJoints } from './joints'
import type { MonitorSettings } from './monitor-settings'
import type { Robot } from './robot'

/** A kind of parameter: its values are the ones that the robot computes with, in place. */
export interface ParameterKind {
    readonly name: string
    /** SI, as text; empty for a pure number. */
    readonly unit: string
    readonly low: number
    readonly high: number
    /** `ParameterFlag` */
    readonly flags: number
    /** One, or one for each joint or axis. */
    readonly values: number[]
    /** Where its first value is, and how far from one to the next. */
    readonly first: number
    readonly stride: number
    /** How many it has. */
    readonly count: number
    /** Of the monitors, which travel as a kind each and whose settings say their names and ranges. */
    readonly settings?: MonitorSettings
}

/** Most kinds on a page, and of monitors one: more of them take longer to pack than the tick can wait. */
const PAGE_KINDS = 3
/** Settings of a monitor: limit, delay, action; and where those of monitors that there are begin. */
const MONITOR = 3
/** Fastest joint that telemetry can tell of, rad/s. */
const FASTEST = 65

/**
 * The robot's parameters by number (`protocol/parameters.ts`): what may be changed while it runs. Defaults are the values
 * at construction, from the robot's data. Nothing here is called by the tick.
 */
export class Parameters {
    /** How many parameters there are: the kinds' values together. */
    readonly count: number
    /** What was made of the flash's content. */
    origin = ParameterOrigin.Defaults
    /** Number of the last store; 0: none. */
    sequence = 0
    /** A value in force is not the stored one. */
    changed = false
    /** By number. */
    private readonly defaults: number[] = []
    private list: ParameterKind[] = []
    private kept: ParameterKind[] | undefined

    /** @param more adds the robot's own kinds, each time the table is made */
    constructor(
        private readonly robot: Robot,
        private readonly more?: (table: Parameters) => void,
    ) {
        for (const kind of this.kinds()) {
            const { values, first, stride, count } = kind
            for (let i = 0; i < count; i++) this.defaults.push(values[first + i * stride])
        }
        this.count = this.defaults.length
    }

    /** Gives up the table until it is asked for: called when the robot is armed. */
    forget(): void {
        this.kept = undefined
    }

    /**
     * The table. While the robot is armed it is made anew for each command: kept, its objects would lengthen each collection of
     * the heap by a millisecond, and those fall into the tick.
     */
    kinds(): ParameterKind[] {
        if (this.kept) return this.kept
        const { robot } = this
        const list: ParameterKind[] = []
        this.list = list
        const still = ParameterFlag.Disarmed
        this.addJoint('kp_position', '1/s', 0, 100, 0, JointParameter.KpPosition)
        this.addJoint('kp', 's/rad', 0, 10, 0, JointParameter.Kp)
        this.addJoint('ki', '1/rad', 0, 100, 0, JointParameter.Ki)
        this.addJoint('ks', '', 0, 1, 0, JointParameter.Ks)
        this.addJoint('kv', 's/rad', 0, 10, 0, JointParameter.Kv)
        this.addJoint('velocity_limit', 'rad/s', 0, FASTEST, 0, JointParameter.VelocityLimit)
        this.addJoint('effort_limit', '', 0, 1, 0, JointParameter.EffortLimit)
        if (robot.config.joints.some(({ kind }) => kind === 'revolute')) {
            this.addJoint('position_min', 'rad', -UNLIMITED, UNLIMITED, 0, JointParameter.PositionMin)
            this.addJoint('position_max', 'rad', -UNLIMITED, UNLIMITED, 0, JointParameter.PositionMax)
        }
        this.addJoint('observer_bandwidth', 'rad/s', 1, 1000, 0, JointParameter.ObserverBandwidth)
        this.addJoint('encoder_direction', '', -1, 1, still | ParameterFlag.Sign, JointParameter.EncoderDirection)
        this.addJoint('encoder_ratio', '', 0.001, 1000, still, JointParameter.EncoderRatio)
        this.addJoint('zero_offset', 'rad', -7, 7, still, JointParameter.ZeroOffset)
        this.addJoint('motor_direction', '', -1, 1, still | ParameterFlag.Sign, JointParameter.MotorDirection)
        this.add('command_timeout', 'ms', 20, 5000, 0, robot.commandTimeoutMs)
        if (robot.config.imu) this.add('imu.gyro_bias', 'rad/s', -1, 1, ParameterFlag.Axis, robot.gyroBias)
        this.addMonitors(robot.settings)
        if (this.more) this.more(this)
        this.list = []
        if (robot.mode !== RobotMode.Armed) this.kept = list
        return list
    }

    /**
     * Adds a kind: for `more`.
     *
     * @param values in place: what is set is written there. Their content at start is the default.
     */
    add(name: string, unit: string, low: number, high: number, flags: number, values: number[]): void {
        this.list.push({ name, unit, low, high, flags, values, first: 0, stride: 1, count: values.length })
    }

    private addMonitors(settings: MonitorSettings): void {
        const { values } = settings
        if (values.length === MONITOR) return
        const kind = { name: 'monitors', unit: '', low: 0, high: 0, flags: 0, values, settings }
        this.list.push({ ...kind, first: MONITOR, stride: 1, count: values.length - MONITOR })
    }

    private addJoint(
        name: string,
        unit: string,
        low: number,
        high: number,
        flags: number,
        which: JointParameter,
    ): void {
        const { parameters, count } = this.robot.joints
        flags |= ParameterFlag.Joint
        this.list.push({
            name,
            unit,
            low,
            high,
            flags,
            values: parameters,
            first: which,
            stride: JOINT_PARAMETERS,
            count,
        })
    }

    /** Brings a description of the robot's data up to date with what was restored. */
    describe(description: RobotDescription): RobotDescription {
        const { joints, commandTimeoutMs, gyroBias } = this.robot
        const values = joints.parameters
        let first = 0
        for (const joint of description.joints) {
            joint.velocityLimit = values[first + JointParameter.VelocityLimit]
            joint.effortLimit = values[first + JointParameter.EffortLimit]
            if (joint.kind === 'revolute') {
                joint.positionMin = values[first + JointParameter.PositionMin]
                joint.positionMax = values[first + JointParameter.PositionMax]
            }
            first += JOINT_PARAMETERS
        }
        description.commandTimeoutMs = commandTimeoutMs[0]
        if (description.imu) description.imu.gyroBias = gyroBias
        return description
    }

    /** Of the configuration's hash and everything that gives a stored number its meaning. */
    hashWith(configHash: string): string {
        return hash(
            configHash +
                this.kinds()
                    .map(({ name, unit, low, high }) => `${name}${unit}${low}${high}`)
                    .join(),
        )
    }

    /** Sets a parameter and makes it felt, without a jump where that can be. */
    set(parameter: number, value: number): ParameterResult {
        const { robot } = this
        let index = parameter
        for (const kind of this.kinds()) {
            const { values, flags, first, stride, count } = kind
            if (index >= count) {
                index -= count
                continue
            }
            if (!isAllowed(kind, index, value)) return ParameterResult.Range
            if (flags & ParameterFlag.Disarmed && robot.mode === RobotMode.Armed) return ParameterResult.Armed
            const at = first + index * stride
            const old = values[at]
            values[at] = value
            if (flags & ParameterFlag.Joint) {
                const { parameters } = robot.joints
                const min = parameters[JOINT_PARAMETERS * index + JointParameter.PositionMin]
                if (!(min < parameters[JOINT_PARAMETERS * index + JointParameter.PositionMax])) {
                    values[at] = old
                    return ParameterResult.Order
                }
                adoptJoints(robot.joints, 1 << index)
                if (flags & ParameterFlag.Disarmed) this.moved(index)
            }
            if (kind.settings) robot.adoptMonitors()
            this.changed = true
            return ParameterResult.Ok
        }
        return ParameterResult.Unknown
    }

    /** Obeys a `set_parameter`. @returns the answer */
    answerSet(payload: Buffer): Buffer {
        const answer = Buffer.alloc(6)
        if (payload.length === 5) {
            answer[0] = payload[0]
            answer[1] = this.set(payload[0], payload.getAt(1, 'f32'))
            answer.setAt(2, 'f32', this.get(payload[0]))
        } else answer[1] = ParameterResult.Unknown
        return answer
    }

    /** Every parameter to its default. */
    reset(): ParameterResult {
        if (this.robot.mode === RobotMode.Armed) return ParameterResult.Armed
        let parameter = 0
        for (const kind of this.kinds()) {
            const { values, first, stride, count } = kind
            for (let i = 0; i < count; i++) values[first + i * stride] = this.defaults[parameter++]
        }
        this.adoptAll()
        this.changed = true
        return ParameterResult.Ok
    }

    /** Value of a parameter that exists. */
    get(parameter: number): number {
        let index = parameter
        for (const kind of this.kinds()) {
            if (index < kind.count) return kind.values[kind.first + index * kind.stride]
            index -= kind.count
        }
        return NaN
    }

    /** A page of the table, from kind `first` on. Written on end, because the tick waits for it. */
    page(first: number): Buffer {
        const page = Buffer.alloc(MAX_PAYLOAD)
        page[1] = first
        page[2] = this.origin
        page[3] = this.changed ? 1 : 0
        page.setAt(4, 'u32', this.sequence)
        let at = PARAMETER_PAGE_HEADER
        let end = first + PAGE_KINDS
        let number = 0
        let parameter = 0
        for (const kind of this.kinds()) {
            const { settings, count } = kind
            if (number >= end || (!settings && number < first)) {
                number += settings ? count / MONITOR : 1
                parameter += count
                continue
            }
            const { values, first: start, stride } = kind
            const instances = settings ? MONITOR : count
            for (let i = 0; i < count; i += instances) {
                if (number >= first && number < end) {
                    if (settings) settings.select(start + i)
                    const { name, unit } = settings ?? kind
                    const texts = at + PARAMETER_KIND_HEADER
                    const nameBytes = Buffer.from(name)
                    const unitBytes = Buffer.from(unit)
                    const lengths = nameBytes.length + unitBytes.length
                    const behind = settings ? 16 : 0
                    if (texts + lengths + 8 * instances + behind > MAX_PAYLOAD) end = number
                    else {
                        page[at] = settings ? ParameterFlag.Monitor : kind.flags
                        page[at + 1] = instances
                        if (settings) page.blitAt(at + 2, settings.range, 0, 8)
                        else {
                            page.setAt(at + 2, 'f32', kind.low)
                            page.setAt(at + 6, 'f32', kind.high)
                        }
                        page[at + 10] = nameBytes.length
                        page[at + 11] = unitBytes.length
                        page.blitAt(texts, nameBytes, 0, nameBytes.length)
                        page.blitAt(texts + nameBytes.length, unitBytes, 0, unitBytes.length)
                        at = texts + lengths
                        for (let k = i; k < i + instances; k++) {
                            page.setAt(at, 'f32', this.defaults[parameter + k - i])
                            page.setAt(at + 4, 'f32', values[start + k * stride])
                            at += 8
                        }
                        if (settings) page.blitAt(at, settings.range, 8, behind)
                        at += behind
                        if (settings) end = number
                    }
                }
                number++
                parameter += instances
            }
        }
        page[0] = number
        return page.slice(0, at)
    }

    /** What is to be stored: the values that are not at their defaults. Undefined when they are too many for a slot. */
    pack(configuration: string, sequence: number): Buffer | undefined {
        const stored = Buffer.alloc(MAX_STORED)
        let at = STORED_HEADER + ((this.count + 7) >> 3)
        let parameter = 0
        for (const kind of this.kinds()) {
            const { values, first, stride, count } = kind
            for (let i = 0; i < count; i++) {
                const value = values[first + i * stride]
                if (value !== this.defaults[parameter]) {
                    if (at + 4 > MAX_STORED) return undefined
                    stored[STORED_HEADER + (parameter >> 3)] |= 1 << (parameter & 7)
                    stored.setAt(at, 'f32', value)
                    at += 4
                }
                parameter++
            }
        }
        const whole = stored.slice(0, at)
        sealStored(whole, this.count, configuration, sequence)
        return whole
    }

    /**
     * Takes values from what {@link pack} made, all or none. For start-up, before the robot can be armed.
     *
     * @returns false when it belongs to another configuration, or has values that are not allowed
     */
    unpack(stored: Buffer, configuration: string): boolean {
        if (stored[1] !== this.count || stored.slice(4, 12).toString() !== configuration) return false
        // Twice over: nothing is taken until all of it has been seen to fit.
        for (let taking = 0; taking < 2; taking++) {
            let at = STORED_HEADER + ((this.count + 7) >> 3)
            let parameter = 0
            for (const kind of this.kinds()) {
                const { values, first, stride, count } = kind
                for (let i = 0; i < count; i++) {
                    if (stored[STORED_HEADER + (parameter >> 3)] & (1 << (parameter & 7))) {
                        if (at + 4 > stored.length) return false
                        const value = stored.getAt(at, 'f32')
                        at += 4
                        if (!isAllowed(kind, i, value)) return false
                        if (taking === 1) values[first + i * stride] = value
                    }
                    parameter++
                }
            }
        }
        this.adoptAll()
        return true
    }

    private adoptAll(): void {
        for (let i = 0; i < this.robot.joints.count; i++) this.moved(i)
        this.robot.adoptMonitors()
    }

    /** A joint's position counts from elsewhere now: so does the odometry. */
    private moved(joint: number): void {
        const { joints, chassis } = this.robot
        startJoints(joints, 1 << joint)
        if (chassis) chassis.start(joints.position)
    }
}

function isAllowed({ low, high, flags, first, settings }: ParameterKind, index: number, value: number): boolean {
    if (settings) {
        const part = index % MONITOR
        settings.select(first + index - part)
        low = settings.range.getAt(8 * part, 'f32')
        high = settings.range.getAt(8 * part + 4, 'f32')
        if (part === 2 && value !== Math.floor(value)) return false
    }
    // Written so that NaN is refused.
    if (!(value >= low && value <= high)) return false
    return (flags & ParameterFlag.Sign) === 0 || value === 1 || value === -1
}
