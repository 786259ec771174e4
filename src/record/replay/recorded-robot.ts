import { type LoopTiming, type Robot, RobotError, type RobotState, type RobotStatistics } from '../../host/robot'
import { StateStream } from '../../host/state-stream'
import type { RobotDescription } from '../../protocol/description'
import type { RecordedFirmware } from '../firmware-watch'
import { inForce } from '../in-force'
import type { RecordedState } from './recorded-states'
import type { ReplayClock } from './replay-clock'

/** A tick is late that starts more than this part of a period after its deadline, as the board counts. */
const LATE = 0.5

/** A recording in a robot's place: it says again what the robot said, and does nothing that it is told. */
export class RecordedRobot implements Robot {
    state: RobotState | undefined
    private readonly listeners = new Set<(state: RobotState) => void>()
    private readonly streams = new Set<StateStream<RobotState>>()
    private readonly counts = { received: 0, lost: 0, late: 0 }
    private readonly period = { min: Infinity, sum: 0, max: -Infinity, count: 0 }

    protected time = -Infinity // s since the Unix epoch, in the recording

    constructor(
        readonly description: RobotDescription,
        private readonly firmware: readonly RecordedFirmware[] = [],
    ) {}

    /** Says each sample when the host had it. Resolves at the recording's end, or when the signal is aborted. */
    async play(states: AsyncIterable<RecordedState>, clock: ReplayClock, signal?: AbortSignal): Promise<void> {
        for await (const { state, received } of states) {
            const wait = clock.until(received)
            if (wait > 0) await pause(clock, wait, signal)
            if (signal?.aborted) return
            this.time = received
            this.say(state)
        }
    }

    arm = () => this.refuse()
    disarm = () => this.refuse()
    stop = () => this.refuse()
    follow = () => this.refuse()

    drive(): void {
        throw refusal()
    }

    command(): void {
        throw refusal()
    }

    joint(): never {
        throw refusal()
    }

    states(options: { signal?: AbortSignal } = {}): AsyncIterableIterator<RobotState> {
        const stream: StateStream<RobotState> = new StateStream(() => this.streams.delete(stream))
        if (options.signal?.aborted) stream.end()
        else this.streams.add(stream)
        options.signal?.addEventListener('abort', () => stream.end(), { once: true })
        return stream
    }

    onState(listener: (state: RobotState) => void): () => void {
        this.listeners.add(listener)
        return () => this.listeners.delete(listener)
    }

    /** Of the program that the board ran then. */
    async firmwareHash(): Promise<string | undefined> {
        return inForce(this.firmware, this.time)?.sha256
    }

    statistics(): RobotStatistics {
        const { min, sum, max, count } = this.period
        return {
            connected: true,
            reconnects: 0,
            samplesReceived: this.counts.received,
            samplesLost: this.counts.lost,
            framesReceived: 0,
            crcErrors: 0,
            framingErrors: 0,
            bytesDiscarded: 0,
            ticks: this.state === undefined ? 0 : this.state.tick + 1,
            lateTicks: this.counts.late,
            sensorErrors: 0,
            period: { min, mean: sum / count, max },
            latency: NaN,
        }
    }

    async timing(): Promise<LoopTiming> {
        throw new RobotError('closed', 'a recording has no histograms: /ticks has the times themselves')
    }

    async close(): Promise<void> {
        for (const stream of [...this.streams]) stream.end()
    }

    protected say(state: RobotState): void {
        const before = this.state
        this.counts.received++
        if (state.lateness > (LATE * this.description.tickPeriodMs) / 1000) this.counts.late++
        if (before !== undefined && state.tick > before.tick) {
            this.counts.lost += state.tick - before.tick - 1
            if (state.tick === before.tick + 1) this.countPeriod(state.boardTime - before.boardTime)
        }
        this.state = state
        for (const listener of this.listeners) listener(state)
        for (const stream of this.streams) stream.push(state)
    }

    private countPeriod(seconds: number): void {
        const { period } = this
        period.min = Math.min(period.min, seconds)
        period.max = Math.max(period.max, seconds)
        period.sum += seconds
        period.count++
    }

    private async refuse(): Promise<never> {
        throw refusal()
    }
}

function refusal(): RobotError {
    return new RobotError('blocked', 'this is a recording: it cannot be commanded')
}

function pause(clock: ReplayClock, ms: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise(resolve => {
        const end = () => {
            clock.clearTimeout(timer)
            signal?.removeEventListener('abort', end)
            resolve()
        }
        const timer = clock.setTimeout(end, ms)
        if (signal?.aborted) end()
        signal?.addEventListener('abort', end)
    })
}
