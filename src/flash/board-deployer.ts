import type { Commander, CommandLease } from '../host/lease'
import type { Scheduler } from '../host/scheduler'
import type { RobotSession } from '../host/session'
import { deployProgram, type DeployOptions, type Deployment, type DeployReport } from './deploy'
import { FlashError } from './flash-error'
import { keepProgram, knownProgram } from './known-programs'

/** Puts programs on the board of a robot that is served to others meanwhile: one at a time, and nobody else commands it. */
export class BoardDeployer {
    private busy = false

    constructor(
        private readonly session: RobotSession,
        private readonly scheduler: Scheduler,
        private readonly lease: CommandLease,
    ) {}

    /**
     * Takes the robot's lease over for `who` at once, and gives it back at the end.
     *
     * @throws FlashError `refused` while another deploy is under way; as `deployProgram`
     */
    async deploy(deployment: Deployment, options: Omit<DeployOptions, 'known'>, who: Commander): Promise<DeployReport> {
        if (this.busy) throw new FlashError('refused', 'another deploy to this board is under way: wait for its end')
        this.busy = true
        try {
            await this.lease.takeOver(who)
            await keepProgram(deployment.program)
            return await deployProgram(this.session, this.scheduler, deployment, { ...options, known: knownProgram })
        } finally {
            this.lease.release(who)
            this.busy = false
        }
    }
}
