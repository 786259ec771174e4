import type { ProgramStatus } from '../host/program-manager'
import { RobotError } from '../host/robot'
import type { Scheduler } from '../host/scheduler'
import type { RobotSession } from '../host/session'
import { FlashError } from './flash-error'

/** A program that goes wrong on the way is sent again, so often in all. */
const ATTEMPTS = 3
/** A board that went away is waited for so long, ms: it boots, and its port has to appear again. */
const RETURN_MS = 10_000
/**
 * A program comes up within this time, ms. The runtime starts it at once when it has come in, and 1.1 s after power-on
 * (devsmgr.c; up to version 2.14.0: 5 s); the robot announces itself each half second.
 */
const COME_UP_MS = 12_000
/** … and still runs after so long, ms: one that panics as it starts is stopped by then. */
const STEADY_MS = 1000
/** How long a robot that runs may take to announce itself, ms. */
const ANNOUNCE_MS = 1500
/** … and until a sample shows it disarmed, ms. */
const DISARM_MS = 1000
const LOOK_MS = 20

/** What is deployed. */
export interface Deployment {
    /** The robot's name, as it will describe itself. */
    robot: string
    program: Buffer
    /** SHA-256 of the program, hexadecimal. */
    sha256: string
}

export interface DeployOptions {
    /** A program that was built or deployed before, by its SHA-256: what is gone back to. */
    known: (sha256: string) => Promise<Buffer | undefined>
    /** The command that tries again, for error texts. */
    command: string
    /** Replace the program also when the robot does not confirm that it is disarmed. */
    force?: boolean
    /** Refuse a robot that is armed, instead of disarming it: for who deploys from afar. */
    refuseArmed?: boolean
    /** Told what happens, one line each. */
    onStep?: (text: string) => void
    onProgress?: (written: number, total: number) => void
}

export interface DeployReport {
    /** `unchanged`: the board had this program already, and the robot answers. */
    outcome: 'deployed' | 'unchanged'
    robot: string
    sha256: string
    /** SHA-256 of what was on the board; null when there was nothing whole. */
    before: string | null
    bytes: number
    /** Times that the program was sent. */
    attempts: number
    /** From the first question to the robot's answer, s. */
    seconds: number
    /** Of DeviceScript's runtime on the board. */
    runtime: string
}

/**
 * Replaces the program of a board over its running link: disarms, writes, compares the hash, waits for the robot to describe
 * itself; if it does not, writes the program before again.
 *
 * @throws FlashError `armed`, `refused`, `transfer`, `verify`, `no-answer`, `rolled-back`: each says what the board has now
 */
export async function deployProgram(
    session: RobotSession,
    scheduler: Scheduler,
    deployment: Deployment,
    options: DeployOptions,
): Promise<DeployReport> {
    return new Deploying(session, scheduler, deployment, options).run()
}

class Deploying {
    private attempts = 0
    private readonly began: number

    constructor(
        private readonly session: RobotSession,
        private readonly scheduler: Scheduler,
        private readonly deployment: Deployment,
        private readonly options: DeployOptions,
    ) {
        this.began = scheduler.now()
    }

    async run(): Promise<DeployReport> {
        const { deployment, options, session } = this
        const { robot, sha256, program } = deployment
        const status = await this.returned()
        if (status.sha256 === sha256 && (await this.comesUp(deployment)) === undefined) {
            return this.report('unchanged', status)
        }
        if (status.running) await this.until(() => session.robotFound, ANNOUNCE_MS)
        await this.disarm(status)
        const before = await this.former(status)
        options.onStep?.(`writing ${robot}, ${program.length} bytes, sha256 ${short(sha256)}`)
        await this.put(deployment)
        options.onStep?.(`written and compared; waiting for ${robot} to answer`)
        const trouble = await this.comesUp(deployment)
        if (trouble === undefined) return this.report('deployed', status)
        throw await this.rollBack(trouble, before)
    }

    private report(outcome: DeployReport['outcome'], { sha256, runtime }: ProgramStatus): DeployReport {
        return {
            outcome,
            robot: this.deployment.robot,
            sha256: this.deployment.sha256,
            before: sha256 ?? null,
            bytes: this.deployment.program.length,
            attempts: this.attempts,
            seconds: (this.scheduler.now() - this.began) / 1000,
            runtime,
        }
    }

    /** Nothing may move while the program is replaced, and nothing drives the motors until the next one does. */
    private async disarm(status: ProgramStatus): Promise<void> {
        const { session, options } = this
        if (!session.robotFound) return
        const still = `nothing was written; the board has its former program (${short(status.sha256)})`
        if (options.refuseArmed && session.state?.mode === 'armed') {
            throw new FlashError('armed', `the robot is armed: ${still}. Disarm it, then: ${options.command}`)
        }
        try {
            await session.disarm()
            // Its answer is ahead of the tick that turns the motors off.
            const before = session.state
            const off = () => session.state !== before && session.state?.mode !== 'armed'
            if (!(await this.until(off, DISARM_MS))) throw new RobotError('no-answer', 'no sample shows it disarmed')
        } catch (error) {
            if (options.force) {
                options.onStep?.(`the robot does not confirm that it is disarmed (${(error as Error).message})`)
                return
            }
            throw new FlashError(
                'armed',
                `the robot does not confirm that it is disarmed (${(error as Error).message}): ${still}. ` +
                    `Cut its motors' supply, then: ${this.forced}`,
                { cause: error },
            )
        }
    }

    /** Only somebody beside the robot can see to its supply. */
    private get forced(): string {
        const { command, refuseArmed } = this.options
        return refuseArmed
            ? `on its bridge's machine, tendon deploy ${this.deployment.robot} --force`
            : `${command} --force`
    }

    /** What is gone back to, when it is known. It cannot be read back from the board. */
    private async former({ sha256 }: ProgramStatus): Promise<Deployment | undefined> {
        const { session, options, deployment } = this
        if (sha256 === undefined || sha256 === deployment.sha256) return undefined
        const program = await options.known(sha256)
        if (program) return { robot: session.robotDescribed ? session.description.name : '', program, sha256 }
        options.onStep?.(
            `the board's program (${short(sha256)}) was not built on this machine: if the new one does not come up, there is nothing to go back to`,
        )
        return undefined
    }

    /** Writes a program until the board has it. @throws FlashError `transfer`, `verify` */
    private async put({ program, sha256 }: Deployment): Promise<void> {
        const { session, options } = this
        let last: Error | undefined
        for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
            this.attempts++
            if (last) options.onStep?.(`${last.message}: once more`)
            try {
                await session.replaceProgram(program, options.onProgress)
                const { sha256: written } = await this.returned()
                if (written === sha256) return
                last = new FlashError('verify', `the board has ${short(written)}, sent was ${short(sha256)}`)
            } catch (error) {
                if (!(error instanceof RobotError) || error.code === 'closed') throw error
                last = error
                const written = (await this.returned().catch(() => undefined))?.sha256
                // The cut came when all was there.
                if (written === sha256) return
            }
        }
        throw new FlashError(
            last instanceof FlashError ? last.code : 'transfer',
            `the program did not reach the board in ${ATTEMPTS} attempts: ${last?.message}. The board has no whole program now ` +
                `and its robot stands still. Check cable and supply, then: ${options.command}`,
            { cause: last },
        )
    }

    /** What the program's coming up fails of; undefined when the robot is there. */
    private async comesUp({ robot, sha256 }: Deployment): Promise<string | undefined> {
        const { session } = this
        if (!(await this.until(() => session.robotDescribed, COME_UP_MS))) {
            return `no robot announced itself within ${COME_UP_MS / 1000} s`
        }
        const { name } = session.description
        if (robot !== '' && name !== robot) return `the robot calls itself "${name}", expected was "${robot}"`
        await this.until(() => false, STEADY_MS)
        const status = await this.returned().catch((error: Error) => error)
        if (status instanceof Error) return status.message
        if (status.sha256 !== sha256) return `the board has ${short(status.sha256)}`
        return status.running ? undefined : 'the program started and has ended (see the log of the board: a panic)'
    }

    private async rollBack(trouble: string, before: Deployment | undefined): Promise<FlashError> {
        const { options, deployment } = this
        const what = `${deployment.robot} (${short(deployment.sha256)}) was written but does not come up: ${trouble}`
        if (!before) {
            return new FlashError(
                'no-answer',
                `${what}. The board has the new program still, since the one before is not known on this machine. ` +
                    `Mend the program, then: ${options.command}`,
            )
        }
        options.onStep?.(`${what}; going back to ${short(before.sha256)}`)
        try {
            await this.put(before)
        } catch (error) {
            return new FlashError('transfer', `${what}. Going back failed, too: ${(error as Error).message}`, {
                cause: error,
            })
        }
        const again = await this.comesUp(before)
        return new FlashError(
            again === undefined ? 'rolled-back' : 'no-answer',
            again === undefined
                ? `${what}. The board has its former program again (${short(before.sha256)}), and its robot answers, disarmed. ` +
                      `Mend the new program, then: ${options.command}`
                : `${what}. The board has its former program again (${short(before.sha256)}), which does not come up either ` +
                      `(${again}). Look at wiring and supply, then: ${options.command}`,
        )
    }

    /** What the board says, as soon as it is there. @throws FlashError `no-answer`; RobotError `closed` */
    private async returned(): Promise<ProgramStatus> {
        const { session } = this
        const until = this.scheduler.now() + RETURN_MS
        for (;;) {
            try {
                return await session.programs.status()
            } catch (error) {
                if (!(error instanceof RobotError) || error.code === 'closed') throw error
            }
            if (this.scheduler.now() > until) {
                throw new FlashError(
                    'no-answer',
                    `the board does not answer within ${RETURN_MS / 1000} s. Plug it in, then, whatever it has of the program: ${this.options.command}`,
                )
            }
            await this.until(() => false, LOOK_MS)
        }
    }

    /** Waits for a condition. Returns whether it came true in time. */
    private async until(condition: () => boolean, ms: number): Promise<boolean> {
        const end = this.scheduler.now() + ms
        while (!condition()) {
            if (this.scheduler.now() >= end) return false
            await new Promise<void>(resolve =>
                this.scheduler.setTimeout(() => resolve(), Math.min(LOOK_MS, Math.max(0, end - this.scheduler.now()))),
            )
        }
        return true
    }
}

function short(sha256: string | undefined): string {
    return sha256?.slice(0, 8) ?? 'none'
}
