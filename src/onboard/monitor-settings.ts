import { MonitorAction } from '../protocol/parameters'
import type { Monitor, RobotConfig } from './robot-config'

/** A limit that nothing passes. */
export const NEVER = 1e9

/** What a monitor watches: of a joint up to `Jump`, then of the robot. */
export const enum Watched {
    Velocity,
    Position,
    Following,
    Stall,
    Frozen,
    Acceleration,
    Jump,
    Tilt,
    Current,
    Late,
    Supply,
}
/** As the robot's data names them. */
// prettier-ignore
const NAMES = [
    'velocity', 'position', 'following', 'stall', 'frozen', 'acceleration', 'jump', 'tilt', 'current', 'late', 'supply',
]
const UNITS = ['rad/s', 'rad', 'rad/s', '', '', 'rad/s²', 'rad', 'rad', 'A', '', 'V']
/** Above any motor supply of a driver here, V. */
const HIGHEST_SUPPLY = 100

/**
 * Limit, delay and action of every monitor that the robot's data names: three numbers each, which may be changed while it runs. A
 * change makes a monitor stricter, or looser as far as the data allows (`Monitor.loosest`).
 */
export class MonitorSettings {
    /** One monitor after the other: limit, delay in ms, `MonitorAction`. The first stands for those that are not given. */
    readonly values: number[] = [NEVER, 0, MonitorAction.Off]
    // Of the monitor that {@link select} was given:
    name = ''
    /** Of its limit. */
    unit = ''
    /** Lowest and highest limit, delay and action, f32 each. */
    readonly range = Buffer.alloc(24)
    /** Which each is: joint · 16 + `Watched`; the robot comes behind its joints. And its data. */
    private readonly which: number[] = [-1]
    private readonly data: (Monitor | undefined)[] = [undefined]

    constructor(private readonly config: RobotConfig) {
        const robot = config.joints.length
        for (let joint = 0; joint <= robot; joint++) {
            for (let kind = 0; kind < NAMES.length; kind++) {
                const monitor = this.given(joint, kind)
                if (monitor) {
                    this.which.push(joint * 16 + kind)
                    this.data.push(monitor)
                    this.values.push(monitor.limit)
                    this.values.push(monitor.delayMs)
                    this.values.push(numberOf(monitor.action))
                }
            }
        }
    }

    /** Where in {@link values} a monitor begins. */
    at(joint: number, kind: Watched): number {
        return 3 * Math.max(0, this.which.indexOf(joint * 16 + kind))
    }

    /** Limit of the monitor at this place; {@link NEVER} when it does not watch. */
    limit(at: number): number {
        return this.values[at + 2] === MonitorAction.Off ? NEVER : this.values[at]
    }

    /** Works out what a host is told of a monitor. @param first of its three {@link values} */
    select(first: number): void {
        const { range } = this
        const which = this.which[first / 3]
        const monitor = this.data[first / 3] as Monitor
        const { joints } = this.config
        const joint = which >> 4
        const kind = which & 15
        this.name = (joint < joints.length ? joints[joint].name + '.monitors.' : 'monitors.') + NAMES[kind]
        this.unit = UNITS[kind]
        const { limit, delayMs, action } = monitor.loosest ?? monitor
        const loosest = limit ?? monitor.limit
        const least = kind === Watched.Supply
        range.setAt(0, 'f32', least ? loosest : 0)
        range.setAt(4, 'f32', least ? HIGHEST_SUPPLY : loosest)
        range.setAt(12, 'f32', delayMs ?? monitor.delayMs)
        range.setAt(16, 'f32', numberOf(action ?? monitor.action))
        range.setAt(20, 'f32', MonitorAction.Stop)
    }

    /** The data of a monitor; the robot's own are those behind the last joint. */
    private given(joint: number, kind: number): Monitor | undefined {
        const { joints, monitors, supplyMonitor } = this.config
        const of = joint < joints.length ? joints[joint].monitors : monitors
        if (kind === Watched.Supply) return joint < joints.length ? undefined : supplyMonitor
        return of ? (of as { [name: string]: Monitor | undefined })[NAMES[kind]] : undefined
    }
}

function numberOf(action: Monitor['action']): MonitorAction {
    return action === 'off' ? MonitorAction.Off : action === 'warn' ? MonitorAction.Warn : MonitorAction.Stop
}
