import { SingleBar } from 'cli-progress'
import { note } from './output'

/** Where nobody sees a bar, a line is said this often, ms. */
const LINE_MS = 10_000

/** How far long work has come, and the time left. */
export interface Progress {
    /** @param part that is done, 0 to 1 */
    update(part: number, text: string): void
    stop(): void
}

/** A bar on a terminal's stderr; elsewhere a line now and then, so that work of minutes and hours tells how far it is. */
export function progress(): Progress {
    return process.stderr.isTTY ? barOf() : new ProgressLines(note)
}

function barOf(): Progress {
    const bar = new SingleBar({
        format: '{bar} {percentage} %  {eta_formatted} left  {text}',
        stream: process.stderr,
        hideCursor: true,
        clearOnComplete: true,
        etaBuffer: 50,
    })
    bar.start(1000, 0, { text: '' })
    return {
        update: (part, text) => bar.update(Math.round(part * 1000), { text: text.padEnd(28) }),
        stop: () => bar.stop(),
    }
}

export class ProgressLines implements Progress {
    private readonly start: number
    private said: number

    /** @param now ms, monotonic */
    constructor(
        private readonly say: (line: string) => void,
        private readonly now: () => number = () => performance.now(),
    ) {
        this.start = this.said = now()
    }

    update(part: number, text: string): void {
        const now = this.now()
        if (now - this.said < LINE_MS || part <= 0) return
        this.said = now
        const left = (((now - this.start) / 1000) * (1 - part)) / part
        this.say(`${Math.floor(part * 100)} %  ${duration(left)} left  ${text}`.trimEnd())
    }

    stop(): void {}
}

/** As `cli-progress` says it: `7s`, `3m20s`, `2h5m`. */
function duration(seconds: number): string {
    const whole = Math.round(seconds)
    if (whole < 60) return `${whole}s`
    if (whole < 3600) return `${Math.floor(whole / 60)}m${whole % 60}s`
    return `${Math.floor(whole / 3600)}h${Math.floor((whole % 3600) / 60)}m`
}
