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
    patience: Patience
    timer: unknown
}

/** How long an answer is awaited, ms, and how often it is asked for. */
interface Patience {
    answerMs: number
    attempts: number
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
     * @param patience for what takes the board longer than usual
     * @throws RobotError `no-answer` after the last attempt, `disconnected` when the link is lost meanwhile
     */
    ask(
        code: number,
        send: () => void,
        accept: (payload: Buffer) => boolean = () => true,
        patience: Patience = { answerMs: ANSWER_MS, attempts: ATTEMPTS },
    ): Promise<Buffer> {
        const before = this.queues.get(code) ?? Promise.resolve()
        const { aborted } = this
        const answer = before
            .catch(() => undefined)
            .then(() => {
                // It waited for its turn meanwhile.
                if (this.aborted !== aborted) throw this.aborted as RobotError
                return this.start(code, send, accept, patience)
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

    private start(
        code: number,
        send: () => void,
        accept: (payload: Buffer) => boolean,
        patience: Patience,
    ): Promise<Buffer> {
        return new Promise((resolve, reject) => {
            const request: Request = { send, accept, resolve, reject, attempts: 0, patience, timer: undefined }
            this.pending.set(code, request)
            this.attempt(code, request)
        })
    }

    private attempt(code: number, request: Request): void {
        const { answerMs, attempts } = request.patience
        if (request.attempts === attempts) {
            this.finish(code, request)
            const ms = attempts * answerMs
            request.reject(
                new RobotError('no-answer', `the robot did not answer command 0x${code.toString(16)} in ${ms} ms`),
            )
            return
        }
        request.attempts++
        request.send()
        request.timer = this.scheduler.setTimeout(() => this.attempt(code, request), answerMs)
    }

    private finish(code: number, request: Request): void {
        this.scheduler.clearTimeout(request.timer)
        this.pending.delete(code)
    }
}
