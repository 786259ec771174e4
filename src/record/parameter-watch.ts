import { hasParameters, type Parameter, type Parameterised } from '../host/parameters'
import type { Robot } from '../host/robot'
import type { Scheduler } from '../host/scheduler'

/** The report on the tick in which a board listed the last of its parameters has come after so long, ms. */
const REPORT_MS = 100

/**
 * Has the host read a robot's parameters, which takes half a second, before its recording begins: a board that lists them may
 * lose samples, one that is armed some for each page, so that it is not asked. What goes wrong the recording tells.
 */
export async function readParameters(robot: Robot, scheduler: Scheduler): Promise<void> {
    if (!hasParameters(robot) || robot.state?.mode === 'armed') return
    await robot.parameters().catch(() => undefined)
    await new Promise<void>(resolve => scheduler.setTimeout(resolve, REPORT_MS))
}

/** Tells which parameters are in force: when they are first known, and at each change. */
export class ParameterWatch {
    /** Why they are not known; undefined when they are, and of a robot that has none. */
    unknown: string | undefined
    private readonly robot: (Robot & Parameterised) | undefined
    private readonly stopListening: (() => void) | undefined
    private asking = false

    constructor(
        robot: Robot,
        private readonly onParameters: (parameters: Parameter[]) => void,
    ) {
        if (!hasParameters(robot)) return
        this.robot = robot
        this.unknown = 'the robot did not tell them before the recording ended'
        this.stopListening = robot.onParameter(() => void this.ask(robot))
    }

    /** Asks for them while they are not known, once the robot is disarmed. To be called regularly. */
    look(): void {
        const { robot } = this
        if (robot !== undefined && this.unknown !== undefined && robot.state?.mode !== 'armed') void this.ask(robot)
    }

    stop(): void {
        this.stopListening?.()
    }

    /** The host has them at hand once it was told. Changes that come together, as by a reset, are told together. */
    private async ask(robot: Parameterised): Promise<void> {
        if (this.asking) return
        this.asking = true
        try {
            const parameters = await robot.parameters()
            this.unknown = undefined
            this.onParameters(parameters)
        } catch (error) {
            this.unknown = (error as Error).message
        } finally {
            this.asking = false
        }
    }
}
