import type { BoardProfile } from './board-profile'

/**
 * When a board's main loop makes its next pass. The runtime says after each pass how long it would sleep; what the
 * board does with that differs, and is the largest part of its loop jitter.
 */
export interface MainLoop {
    /** A pass ran from `start` to `end` (µs); the runtime would now sleep `sleep` µs (0: something is due already). */
    passEnded(start: number, end: number, sleep: number): void
    /** A frame from the host arrived at `time`. */
    frameArrived(time: number): void
    /** The board put a frame of `bytes` bytes out at `time`. */
    frameSent(time: number, bytes: number): void
    /** Time of the next pass, or Infinity when only a frame can bring one. Not before the last pass ended. */
    nextPass(): number
}

export function mainLoopOf(profile: BoardProfile): MainLoop {
    if (profile.wake === 'rp2040') return new Rp2040MainLoop()
    if (profile.wake === 'esp32') return new Esp32MainLoop()
    return new IdealMainLoop()
}

/** Wakes to the microsecond when the runtime asks. */
class IdealMainLoop implements MainLoop {
    private end = 0
    private next = 0

    passEnded(_start: number, end: number, sleep: number): void {
        this.end = end
        this.next = end + Math.max(sleep, 1)
    }
    frameArrived(time: number): void {
        this.next = Math.min(this.next, Math.max(time, this.end))
    }
    frameSent(): void {}
    nextPass(): number {
        return this.next
    }
}

/** A timer posts a pass every 10 ms, whatever the runtime asks; a received frame posts one too (`main/main.c`). */
class Esp32MainLoop implements MainLoop {
    private static readonly TICK = 10_000
    private end = 0
    private posted = 0

    passEnded(start: number, end: number): void {
        this.end = end
        // A tick that fell into the pass was posted meanwhile, and the pass follows at once.
        const tick = (Math.floor(start / Esp32MainLoop.TICK) + 1) * Esp32MainLoop.TICK
        this.posted = Math.max(tick, end)
    }
    frameArrived(time: number): void {
        this.posted = Math.min(this.posted, Math.max(time, this.end))
    }
    frameSent(): void {}
    nextPass(): number {
        return this.posted
    }
}

/**
 * The Pico's main loop (`src/main.c`, `src/tim.c` of devicescript-pico; `source/jd_physical.c` of jacdac-c). It sleeps
 * until an interrupt; one hardware alarm, set by the physical layer, is what wakes it. The alarm's handler sets the next
 * alarm to `jd_max_sleep` from then, and that variable is
 * - 10 ms from the beginning of a pass, so an alarm that fires while a pass computes is followed by one 10 ms later;
 * - at the end of a pass what the runtime asked for, at most 1 ms. When something became due just then it is 0: the
 *   alarm is set to "now", which has passed before the write takes effect, and never fires.
 * A frame in or out sets the alarm anew: 122 µs later the physical layer looks at its queue, and when it has sent, again.
 */
class Rp2040MainLoop implements MainLoop {
    private static readonly MIN_MAX_SLEEP = 10_000
    private static readonly MAIN_LOOP_SLEEP = 1000
    /** `jd_random_around(150) - JD_WR_OVERHEAD`, its mean. */
    private static readonly BUS_IDLE = 122
    /** Jacdac's wire: 1 Mbaud, ten bits a byte. */
    private static readonly BYTE = 10

    private end = 0
    private alarm = 1000
    private maxSleep = Rp2040MainLoop.MIN_MAX_SLEEP
    /** When the physical layer sets the alarm anew. */
    private rearm = Infinity
    private frame = Infinity
    /** An interrupt came since the loop last looked: its next sleep ends at once. */
    private event = false

    passEnded(start: number, end: number, sleep: number): void {
        this.interruptsUntil(start)
        this.event = false
        if (this.frame <= start) this.frame = Infinity
        this.maxSleep = Rp2040MainLoop.MIN_MAX_SLEEP
        this.interruptsUntil(end)
        this.maxSleep = Math.min(sleep, Rp2040MainLoop.MAIN_LOOP_SLEEP)
        this.end = end
    }

    frameArrived(time: number): void {
        this.frame = Math.min(this.frame, time)
        this.rearm = time + Rp2040MainLoop.BUS_IDLE
    }

    frameSent(time: number, bytes: number): void {
        this.rearm = time + Rp2040MainLoop.BUS_IDLE + bytes * Rp2040MainLoop.BYTE
    }

    nextPass(): number {
        return this.event ? this.end : Math.max(Math.min(this.frame, this.rearm, this.alarm), this.end)
    }

    private interruptsUntil(time: number): void {
        for (;;) {
            const first = Math.min(this.alarm, this.rearm)
            if (first > time || first === Infinity) return
            if (this.rearm === first) this.rearm = Infinity
            this.alarm = this.maxSleep === 0 ? Infinity : first + this.maxSleep
            this.event = true
        }
    }
}
