import { RobotError } from './robot'

/** Whoever may command a robot: a client of a bridge, the fleet's agent. */
export interface Commander {
    /** As others are told who commands. */
    readonly name: string
    /** Another one commands from now on. */
    takenOver(by: string): void
}

/**
 * Who commands a robot: one at a time, the others watch. The first that commands holds the lease until it leaves or another
 * one takes over by name. Neither tells the joints anything: they keep their setpoint until the holder speaks or the
 * setpoint's deadline passes. An emergency stop asks nobody.
 */
export class CommandLease {
    private current: Commander | undefined
    /** Trajectories of former holders whose last word may still reach the joints. */
    private settling = 0
    private settled: Promise<unknown> = Promise.resolve()

    /**
     * Ends what runs by itself for a holder that lost the lease; `why` is for whoever waits for it. Resolves when nothing of
     * it reaches the joints any more; undefined when nothing ran.
     */
    halt: (why: string) => Promise<void> | undefined = () => undefined

    get holder(): Commander | undefined {
        return this.current
    }

    /** @throws RobotError `leased` when another one commands, naming it, or when what a former one started still ends */
    check(who: Commander): void {
        if (this.current !== undefined && this.current !== who) {
            throw new RobotError(
                'leased',
                `${this.current.name} commands the robot: call /take_over first (/stop works for everybody)`,
            )
        }
        if (this.settling > 0) {
            throw new RobotError('leased', 'the trajectory of the commander before is being ended: try again at once')
        }
    }

    /**
     * Carries out a command of `who`, which holds the lease from then on. One that fails gives nobody the lease.
     *
     * @throws RobotError `leased`; then nothing was done
     */
    command<T>(who: Commander, action: () => T): T {
        this.check(who)
        const result = action()
        this.current = who
        return result
    }

    /** The same for a command that is answered: meanwhile nobody else gets in. */
    async commandAndWait(who: Commander, action: () => Promise<void>): Promise<void> {
        this.check(who)
        const wasFree = this.current === undefined
        this.current = who
        try {
            await action()
        } catch (error) {
            if (wasFree) this.release(who)
            throw error
        }
    }

    /**
     * Makes `who` the holder at once. Resolves with who was it before, when `who` may command.
     *
     * @throws RobotError `leased` when somebody else took over meanwhile
     */
    async takeOver(who: Commander): Promise<Commander | undefined> {
        const before = this.current
        this.current = who
        if (before !== undefined && before !== who) {
            before.takenOver(who.name)
            this.settle(`${who.name} took over`)
        }
        await this.settled
        this.check(who)
        return before
    }

    /** `who` has left: if it was the holder, there is none from now on. */
    release(who: Commander): void {
        if (this.current !== who) return
        this.current = undefined
        this.settle(`${who.name} has left`)
    }

    private settle(why: string): void {
        const halted = this.halt(why)
        if (halted === undefined) return
        this.settling++
        this.settled = Promise.all([this.settled, halted.finally(() => this.settling--)])
    }
}
