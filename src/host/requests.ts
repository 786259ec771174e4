import { RobotError } from './robot'
import type { Scheduler } from './scheduler'

const ANSWER_MS = 200
const ATTEMPTS = 5

interface Request {
    send: () => void
    accept: (payload: Buffer) => boolean
    resolve: (payload: Buffer) => void
    reject: (error: Error) => void
    attempts: number
    timer: unknown
}

/**
 * Commands that the board answers: sent, awaited, and sent again when no answer comes. One of a kind is under way at a
 * time; the next waits for it.
 */
export class Requests {
    private readonly pending = new Map<number, Request>()
    private readonly queues = new Map<number, Promise<unknown>>()
    /** Why everything asked so far has failed; a new object each time. */
    private aborted: RobotError | undefined

    constructor(private readonly scheduler: Scheduler) {}

    /**
     * @param code command code, which the answer carries too
     * @param send sends the command
     * @param accept tells whether an answer is the one to this request
     * @throws RobotError `no-answer` after the last attempt, `disconnected` when the link is lost meanwhile
     */
    ask(code: number, send: () => void, accept: (payload: Buffer) => boolean = () => true): Promise<Buffer> {
        const before = this.queues.get(code) ?? Promise.resolve()
        const { aborted } = this
        const answer = before
            .catch(() => undefined)
            .then(() => {
                // It waited for its turn meanwhile.
                if (this.aborted !== aborted) throw this.aborted as RobotError
                return this.start(code, send, accept)
            })
        this.queues.set(code, answer)
        return answer
    }

    /** Hands in an answer. Answers that nobody waits for are dropped: they belong to an earlier attempt. */
    answer(code: number, payload: Buffer): void {
        const request = this.pending.get(code)
        if (!request?.accept(payload)) return
        this.finish(code, request)
        request.resolve(payload)
    }

    /** Fails everything that is under way or waits for its turn. */
    abort(error: RobotError): void {
        this.aborted = error
        for (const [code, request] of [...this.pending]) {
            this.finish(code, request)
            request.reject(error)
        }
    }

    private start(code: number, send: () => void, accept: (payload: Buffer) => boolean): Promise<Buffer> {
        return new Promise((resolve, reject) => {
            const request: Request = { send, accept, resolve, reject, attempts: 0, timer: undefined }
            this.pending.set(code, request)
            this.attempt(code, request)
        })
    }

    private attempt(code: number, request: Request): void {
        if (request.attempts === ATTEMPTS) {
            this.finish(code, request)
            const ms = ATTEMPTS * ANSWER_MS
            request.reject(
                new RobotError('no-answer', `the robot did not answer command 0x${code.toString(16)} in ${ms} ms`),
            )
            return
        }
        request.attempts++
        request.send()
        request.timer = this.scheduler.setTimeout(() => this.attempt(code, request), ANSWER_MS)
    }

    private finish(code: number, request: Request): void {
        this.scheduler.clearTimeout(request.timer)
        this.pending.delete(code)
    }
}
