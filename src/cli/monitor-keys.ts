import { emitKeypressEvents } from 'node:readline'
import type { Jog } from '../host/jog'
import { armingWarning } from '../host/motor-stop'
import type { OperatedRobot } from '../host/robot'
import type { Selection } from './monitor-screen'

/** Part of a joint's speed limit that a jog has at first, and by what a key changes it. */
const FIRST_SPEED = 0.1
const SPEED_STEP = 1.25

/** What keys do, apart from any terminal. */
export class MonitorKeys {
    readonly selection: Selection
    /** Armed by this monitor: leaving disarms. */
    armed = false

    /** @param say told what came of a key; `alarm` when it did not do what it should */
    constructor(
        private readonly robot: OperatedRobot,
        private readonly jog: Jog,
        private readonly say: (text: string, alarm: boolean) => void,
        private readonly quit: () => void,
    ) {
        const { joints } = robot.description
        this.selection = { joint: 0, speed: FIRST_SPEED * this.limit(0), zeros: joints.map(() => 0) }
    }

    /** @param key as node:readline calls it */
    press(key: string): void {
        const { selection, jog, robot } = this
        const { joints } = robot.description
        try {
            if (key === 'space') this.off('EMERGENCY STOP: motors off until d', () => robot.stop())
            else if (key === 's') {
                jog.halt()
                this.say('standing still', false)
            } else if (key === 'a') this.arm()
            else if (key === 'd') this.off('disarmed', () => robot.disarm())
            else if (key === 'left' || key === 'h') this.run(-1)
            else if (key === 'right' || key === 'l') this.run(1)
            else if (key === 'up' || key === 'k') this.choose((selection.joint + joints.length - 1) % joints.length)
            else if (key === 'down' || key === 'j') this.choose((selection.joint + 1) % joints.length)
            else if (key === '+' || key === '=') this.faster(SPEED_STEP)
            else if (key === '-') this.faster(1 / SPEED_STEP)
            else if (key === 'z') this.zero()
            else if (key === 'q') this.quit()
        } catch (error) {
            this.say((error as Error).message, true)
        }
    }

    private arm(): void {
        const warning = armingWarning(this.robot.description)
        this.do(warning === undefined ? 'armed: ←→ jogs' : `armed; ${warning}`, async () => {
            this.armed = true
            await this.robot.arm()
        })
    }

    private run(direction: number): void {
        const { selection, robot } = this
        this.jog.run(robot.description.joints[selection.joint].name, direction * selection.speed)
    }

    /** The joint that was jogged stands still first. */
    private choose(joint: number): void {
        this.jog.halt()
        this.selection.joint = joint
        this.selection.speed = Math.min(this.selection.speed, this.limit(joint))
    }

    private faster(by: number): void {
        const { selection } = this
        selection.speed = Math.min(selection.speed * by, this.limit(selection.joint))
        this.say(`jog speed ${selection.speed.toPrecision(3)} rad/s`, false)
    }

    /** For the eye only: the board's zero is its robot's data (`encoder.zeroOffset`). Pressed again it is taken back. */
    private zero(): void {
        const { zeros, joint } = this.selection
        const { name } = this.robot.description.joints[joint]
        const position = this.robot.state?.joints[joint].position
        if (position === undefined) return this.say('no sample yet: nothing to zero', true)
        const zeroed = zeros[joint] !== 0
        zeros[joint] = zeroed ? 0 : position
        this.say(
            zeroed ? `${name} is shown as the board counts` : `${name} is shown from ${position.toFixed(4)} rad (*)`,
            false,
        )
    }

    private limit(joint: number): number {
        return this.robot.description.joints[joint].velocityLimit
    }

    private off(done: string, action: () => Promise<void>): void {
        this.jog.release()
        this.do(done, action)
    }

    private do(done: string, action: () => Promise<void>): void {
        action().then(
            () => this.say(done, false),
            (error: Error) => this.say(error.message, true),
        )
    }
}

/** Reads single keys from a terminal. Returns a function that leaves it as it was. */
export function readKeys(press: (key: string) => void, quit: () => void, input = process.stdin): () => void {
    const listener = (text: string | undefined, key: { name?: string; ctrl?: boolean }) => {
        if (key.ctrl) {
            // The terminal no longer makes a signal of it.
            if (key.name === 'c') quit()
        } else press(key.name ?? text ?? '')
    }
    emitKeypressEvents(input)
    const raw = input.isRaw
    input.setRawMode(true)
    const restore = () => input.setRawMode(raw)
    // Also when the program ends by an error that nobody caught.
    process.once('exit', restore)
    input.on('keypress', listener)
    input.resume()
    return () => {
        input.off('keypress', listener)
        process.off('exit', restore)
        restore()
        input.pause()
    }
}
