import type { JointDescription } from '../protocol/description'
import { type Message, monitorScreen, type Selection } from './monitor-screen'
import type { MonitorStatus } from './monitor-status'
import { print, printJson, span } from './output'
import { Screen } from './screen'

/** How a robot is watched. */
export interface MonitorView {
    /** Between two calls of {@link status}, ms. */
    readonly periodMs: number
    message(text: string, alarm: boolean): void
    status(status: MonitorStatus): void
    /** Leaves the terminal as it was. */
    end(): void
}

export class MonitorJson implements MonitorView {
    readonly periodMs = 1000

    message(text: string, alarm: boolean): void {
        printJson({ event: 'message', text, alarm })
    }
    status(status: MonitorStatus): void {
        printJson({ event: 'status', ...status })
    }
    end(): void {}
}

/** A line a second, for whatever is no terminal. */
export class MonitorLines implements MonitorView {
    readonly periodMs = 1000

    message(text: string): void {
        print(text)
    }
    status({ seconds, state, statistics, quality }: MonitorStatus): void {
        const { connected, period, lateTicks, samplesLost } = statistics
        const { min, mean, max } = period
        const joints = (state?.joints ?? []).map(
            ({ name, position, velocity }) => `${name} ${position.toFixed(3)} rad ${velocity.toFixed(2)} rad/s`,
        )
        print(
            [
                `${seconds.toFixed(1).padStart(6)} s`,
                connected ? (state?.mode ?? 'no sample') : 'disconnected',
                ...(state?.faults ?? []).map(fault => `FAULT ${fault}`),
                ...joints,
                ...(state?.power ? [`${state.power.voltage.toFixed(2)} V ${state.power.current.toFixed(3)} A`] : []),
                `period ${span({ min: min * 1000, mean: mean * 1000, max: max * 1000 })}`,
                `late ${lateTicks}`,
                `lost ${samplesLost}`,
                ...(quality ? [`round trip ${(quality.roundTrip.p99 * 1000).toFixed(1)} ms (p99)`] : []),
            ].join('  '),
        )
    }
    end(): void {}
}

/** The whole terminal, redrawn in place. */
export class MonitorScreen implements MonitorView {
    readonly periodMs = 100
    private readonly screen = new Screen(true)
    private readonly messages: Message[] = []

    constructor(
        private readonly joints: JointDescription[],
        private readonly selection: Selection,
    ) {}

    message(text: string, alarm: boolean): void {
        this.messages.push({ text, alarm })
        if (this.messages.length > this.screen.rows) this.messages.shift()
    }

    status(status: MonitorStatus): void {
        const { columns, rows } = this.screen
        this.screen.draw(monitorScreen(status, this.joints, this.selection, this.messages, { columns, rows }))
    }

    end(): void {
        this.screen.end()
    }
}
