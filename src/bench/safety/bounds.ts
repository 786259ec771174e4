import { HOUSEKEEPING_TICKS } from '../../onboard/tick-loop'
import { samplesPerReport } from '../../onboard/describe'
import type { Monitor, RobotConfig } from '../../onboard/robot-config'

/** The Motoron counts its command timeout in steps of this, s (guide, 8 "Command timeout"). */
const CHIP_STEP = 0.004

/** By when the motors must be off. */
export interface Bound {
    /** What the time counts from: the last valid setpoint, the last tick before the motors were off, or the fault's beginning. */
    readonly from: 'setpoint' | 'tick' | 'fault'
    /** For people. */
    readonly text: string
    /** s; `selfStop`: how long after its last command the motor controller says that it stops, s, a Motoron's when absent. */
    seconds(config: RobotConfig, selfStop?: number): number
}

const tick = ({ tickPeriodMs }: RobotConfig) => tickPeriodMs / 1000
// `main.ts` of a robot gives its motor controller the robot's own command timeout.
const chip = ({ commandTimeoutMs }: RobotConfig) => Math.ceil(commandTimeoutMs / 1000 / CHIP_STEP) * CHIP_STEP

/**
 * Every bound that applies to some scenario. A fault may begin while a pass of the board's main loop runs, a tick's length late
 * at most, and its effect is seen by the tick after it: hence two ticks beside what the firmware or the chip waits for, and a
 * third for a new duty, which the Motoron takes every 10 ms.
 */
export const BOUNDS = {
    deadline: {
        from: 'setpoint',
        text: 'deadline + one tick after the last valid setpoint',
        seconds: config => config.commandTimeoutMs / 1000 + tick(config),
    },
    deadlineUnheard: {
        from: 'setpoint',
        text: 'deadline + four ticks after the last valid setpoint',
        // Each tick tells the controller again; three that it does not hear are a fault.
        seconds: config => config.commandTimeoutMs / 1000 + 4 * tick(config),
    },
    chip: {
        from: 'tick',
        text: "motor controller's timeout + 4 ms after the last tick",
        seconds: (config, selfStop = chip(config)) => selfStop + CHIP_STEP,
    },
    chipUnheard: {
        from: 'fault',
        text: "motor controller's timeout + 4 ms + two ticks after the fault",
        seconds: (config, selfStop = chip(config)) => selfStop + CHIP_STEP + 2 * tick(config),
    },
    told: {
        from: 'fault',
        text: 'five ticks + 50 ms after the fault',
        // Three commands that fail, the tick that is running, the one that reports; and the report's way.
        seconds: config => 5 * tick(config) + 0.05,
    },
    chipAtOnce: {
        from: 'fault',
        text: 'two ticks after the fault',
        seconds: config => 2 * tick(config),
    },
    sensor: {
        from: 'fault',
        text: 'sensor timeout + three ticks after the fault',
        seconds: config => config.sensorTimeoutMs / 1000 + 3 * tick(config),
    },
    supply: {
        from: 'fault',
        text: `housekeeping (${HOUSEKEEPING_TICKS} ticks) + three ticks after the fault`,
        seconds: config => (HOUSEKEEPING_TICKS + 3) * tick(config),
    },
    fall: {
        from: 'fault',
        text: 'three ticks after it leans by 2° more than it may',
        seconds: config => 3 * tick(config),
    },
    command: {
        from: 'fault',
        text: 'three ticks after the command or the press',
        seconds: config => 3 * tick(config),
    },
} satisfies Record<string, Bound>

/** A PCA9685 that no command reached for so long, s, hears the next one; it ends the pulse's period first (data sheet, 7.3.4), 20 ms at 50 Hz. */
export function heardAgain(away: number): Bound {
    return {
        from: 'fault',
        text: `two ticks + 20 ms after the controller, ${away} s after the fault, hears again`,
        seconds: config => away + 2 * tick(config) + 0.02,
    }
}

/**
 * By when a monitor must have stopped the robot. What it watches is seen at its looks: each tick, each turn of the joints' looks, or
 * each upkeep; it may begin just after one, and the delay counts from one look to another.
 *
 * @param rises until what is watched is beyond the limit, s
 */
export function monitorBound(name: string, monitor: Monitor, looks: 'tick' | 'joint' | 'robot', rises: number): Bound {
    const between = { tick: 'ticks', joint: "turns of the joints' looks", robot: 'looks after the robot' }[looks]
    return {
        from: 'fault',
        text: `the ${name} monitor's delay + two ${between} + three ticks${rises > 0 ? ` + ${rises} s` : ''} after the fault`,
        seconds: config => {
            const ticks = {
                tick: 1,
                joint: samplesPerReport(config) * config.joints.length,
                robot: HOUSEKEEPING_TICKS,
            }[looks]
            return monitor.delayMs / 1000 + (2 * ticks + 3) * tick(config) + rises
        },
    }
}
