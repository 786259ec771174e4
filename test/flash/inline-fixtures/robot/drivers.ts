import { type Bus, Mode, type State } from './parts'
import { scaleOf } from './scale'

const ADDRESS = 0x36
const SCALE = scaleOf(12)
const LIMIT = 3

/** Fails now and then; gives up after {@link LIMIT} failures in a row. */
export class Encoder {
    readonly reading: number[] = [0, 0]
    errors = 0
    private failures = 0

    constructor(
        private readonly bus: Bus,
        protected readonly address = ADDRESS,
    ) {}

    /** @inline */
    sample(): boolean {
        // Both, one after the other.
        for (let i = 0; i < this.reading.length; i++) {
            const raw = this.bus.transfer(this.address, i)
            if (raw < 0) {
                this.failures++
                continue
            }
            this.reading[i] = raw * SCALE
        }
        if (this.failures > 0) {
            this.errors++
            if (this.failures < LIMIT) return false
            this.failures = 0
        }
        return true
    }
}

export class Bridge {
    readonly written: number[] = []
    private readonly channels: number

    constructor(
        private readonly bus: Bus,
        channels: number,
    ) {
        this.channels = channels
    }

    /**
     * Clamped; an effort that is left out is 0.
     *
     * @inline
     */
    write(effort0: number, effort1 = 0, effort2 = 0): boolean {
        if (effort0 > 1) effort0 = 1
        else if (effort0 < -1) effort0 = -1
        let word = (effort0 * 800 + (effort0 < 0 ? -0.5 : 0.5)) | 0
        this.written.push(word)
        if (this.channels > 1) {
            if (effort1 > 1) effort1 = 1
            else if (effort1 < -1) effort1 = -1
            word = (effort1 * 800) | 0
            this.written.push(word, effort2)
        }
        if (this.bus.transfer(0x10, word) < 0) {
            return false
        }
        return true
    }
}

export class Recorder {
    readonly lines: string[] = []
    dropped = 0
    private count = 0
    private busy = false

    constructor(private readonly size: number) {}

    /** A return inside a nested `if`: what follows it must be jumped over. @inline */
    add(robot: State, now: number): void {
        let count = this.count
        if (count === this.size) {
            this.busy = !this.busy
            count = 0
        }
        if (count === 0) {
            if (this.busy) {
                this.dropped++
                return
            }
            this.lines.push('report ' + now)
        }
        const { position, effort: duty, mode } = robot
        let line = mode === Mode.Off ? 'off' : ''
        for (const value of position) line += ' ' + value
        this.lines.push(line + ' | ' + duty.join())
        this.count = count + 1
    }
}
