import type { Scheduler } from '../host/scheduler'
import type { Progress } from './messages'
import type { DeployWatch } from './program'

/** Between signs of life, ms. */
const SIGN_MS = 1000

/** Tells a planner how far its deploy is: each step, each tenth of the program, and once a second whatever happens. */
export class DeployProgress implements DeployWatch {
    private progress: Progress
    private timer: unknown

    constructor(
        private readonly send: (progress: Progress) => void,
        private readonly scheduler: Scheduler,
        id: string,
        bytes: number,
    ) {
        this.progress = { id, step: 'asking the board', written: 0, total: bytes }
        this.sign()
    }

    readonly onStep = (step: string): void => this.tell({ step })

    readonly onProgress = (written: number, total: number): void => {
        const tenth = (bytes: number) => Math.floor((10 * bytes) / total)
        const before = this.progress.written
        this.progress = { ...this.progress, written, total }
        if (tenth(written) !== tenth(before)) this.tell({})
    }

    end(): void {
        this.scheduler.clearTimeout(this.timer)
    }

    private tell(news: Partial<Progress>): void {
        this.progress = { ...this.progress, ...news }
        this.send(this.progress)
    }

    private sign(): void {
        this.tell({})
        this.timer = this.scheduler.setTimeout(() => this.sign(), SIGN_MS)
    }
}
