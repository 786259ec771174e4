import { MonitorAction, ParameterFlag } from '../protocol/parameters'
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
/** The numbers that a monitor has: `Part`. */
const PARTS = ['.limit', '.delay', '.action']
const enum Part {
    Limit,
    Delay,
    Action,
}
/** Above any motor supply of a driver here, V. */
const HIGHEST_SUPPLY = 100

/**
 * Limit, delay and action of every monitor that the robot's data names: three numbers each, which may be changed while it runs. A
 * change makes a monitor stricter, or looser as far as the data allows (`Monitor.loosest`).
 */
export class MonitorSettings {
    /** One monitor after the other: limit, delay in ms, `MonitorAction`. The first stands for those that are not given. */
    readonly values: number[] = [NEVER, 0, MonitorAction.Off]
    // Of the entry that {@link select} was given:
    name = ''
    unit = ''
    /** `ParameterFlag` */
    flags = 0
    /** Lowest and highest value, f32 each. */
    readonly range = Buffer.alloc(8)
    /** Which each is: joint · 16 + `Watched`; the robot comes behind its joints. */
    private readonly which: number[] = [-1]

    constructor(private readonly config: RobotConfig) {
        const robot = config.joints.length
        for (let joint = 0; joint <= robot; joint++) {
            for (let kind = 0; kind < NAMES.length; kind++) {
                const monitor = this.given(joint, kind)
                if (monitor) {
                    this.which.push(joint * 16 + kind)
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
        return this.values[at + Part.Action] === MonitorAction.Off ? NEVER : this.values[at]
    }

    /** Works out what a host is told of an entry of {@link values}. */
    select(entry: number): void {
        const which = this.which[Math.floor(entry / 3)]
        const joint = which >> 4
        const kind = which & 15
        const part = entry % 3
        const { joints } = this.config
        this.name = (joint < joints.length ? joints[joint].name + '.' : '') + 'monitors.' + NAMES[kind] + PARTS[part]
        this.unit = part === Part.Limit ? UNITS[kind] : part === Part.Delay ? 'ms' : ''
        const monitor = this.given(joint, kind) as Monitor
        const { limit, delayMs, action } = monitor.loosest ?? monitor
        this.flags = part === Part.Action ? ParameterFlag.Action : 0
        let low = 0
        let high = limit ?? monitor.limit
        if (part === Part.Delay) high = delayMs ?? monitor.delayMs
        else if (part === Part.Action) {
            low = numberOf(action ?? monitor.action)
            high = MonitorAction.Stop
        } else if (kind === Watched.Supply) {
            low = high
            high = HIGHEST_SUPPLY
        }
        this.range.setAt(0, 'f32', low)
        this.range.setAt(4, 'f32', high)
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
