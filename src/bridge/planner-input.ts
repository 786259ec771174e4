import type { Commander } from '../host/lease'
import { Refusal } from './checks'
import type { Hub } from './hub'
import { commandJoints, type Interface, readJointCommands } from './joint-commands'
import { sameType } from './ros/definitions'
import { readVelocity } from './setpoint'
import {
    EFFORT_TOPIC,
    JOINT_VELOCITY_TOPIC,
    POSITION_TOPIC,
    type Topic,
    TRAJECTORY_TOPIC,
    VELOCITY_TOPIC,
} from './topics'
import { show } from './checks'

const INTERFACES: Record<string, Interface> = {
    [POSITION_TOPIC]: 'position',
    [JOINT_VELOCITY_TOPIC]: 'velocity',
    [EFFORT_TOPIC]: 'effort',
}

/** What one planner publishes, whichever door it came through. */
export class PlannerInput {
    private warnedMode: string | undefined = 'armed'
    private warnedIgnored = false

    /** @param warn tells the planner, once each, what it should know about a command that was taken */
    constructor(
        private readonly hub: Hub,
        private readonly commander: Commander,
        private readonly warn: (text: string) => void,
    ) {}

    /** The topic of this name, if planners publish it. @throws Refusal naming those that they do */
    topic(name: string): Topic {
        const topic = this.hub.topic(name)
        if (topic.direction === 'in') return topic
        const inputs = [...this.hub.topics.values()].filter(({ direction }) => direction === 'in')
        const allowed = inputs.map(({ name }) => name).join(', ')
        throw new Refusal(`${topic.name} is what the robot publishes; planners publish: ${allowed}`)
    }

    /** Carries out a message. @throws Refusal saying why not; then nothing of it reached the robot */
    publish(topic: Topic, message: unknown): void {
        refused(() => this.hub.lease.command(this.commander, () => this.carryOut(topic, message)))
        this.hub.statistics.setpoints++
        this.warnMode(topic)
    }

    private carryOut(topic: Topic, message: unknown): void {
        const { hub } = this
        const { robot } = hub
        if (topic.name === TRAJECTORY_TOPIC) {
            hub.trajectories.replace(message)
        } else if (topic.name === VELOCITY_TOPIC) {
            const { linear, angular, ignored } = readVelocity(message, hub.limits!)
            robot.drive({ linear, angular })
            this.warnIgnored(topic, ignored)
        } else {
            const what = INTERFACES[topic.name]
            const values = readJointCommands(message, robot.description.joints, what)
            commandJoints(robot, what, values)
        }
    }

    private warnMode(topic: Topic): void {
        const mode = this.hub.mode()
        if (mode !== 'armed' && mode !== this.warnedMode) this.warn(`${topic.name}: ${hint(mode)}`)
        this.warnedMode = mode
    }

    private warnIgnored(topic: Topic, ignored: string[]): void {
        if (ignored.length === 0 || this.warnedIgnored) return
        this.warnedIgnored = true
        this.warn(`${topic.name}: ${ignored.join(', ')} ignored: the robot follows linear.x and angular.z`)
    }
}

/** @throws Refusal unless the topic has this type */
export function checkType(topic: Topic, type: string | undefined): void {
    const types = [topic.type, ...topic.alsoTypes]
    if (type === undefined || types.some(own => sameType(own, type))) return
    throw new Refusal(`type is ${show(type)}; ${topic.name} has: ${types.join(' or ')}`)
}

/** What the robot itself refuses is told like any other refusal. */
export function refused<T>(command: () => T): T {
    try {
        return command()
    } catch (error) {
        if (error instanceof Refusal) throw error
        throw new Refusal(error instanceof Error ? error.message : String(error), { cause: error })
    }
}

function hint(mode: string | undefined): string {
    if (mode === undefined) return 'the robot has sent no sample yet'
    if (mode === 'timeout') return 'the robot stopped because no velocity came before its deadline: call /arm first'
    if (mode === 'estop') return 'the robot is stopped: call /disarm, then /arm'
    if (mode === 'idle') return 'the robot is idle: call /arm first'
    if (mode === 'calibrating') return 'the robot is calibrating: wait until it is idle, then call /arm'
    return `the robot is in mode ${mode}: /diagnostics tells why`
}
