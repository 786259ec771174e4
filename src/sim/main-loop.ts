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
    /** The board put a frame out at `time`. */
    frameSent(time: number): void
    /** An SPI transfer will end at `time`, with an interrupt. */
    transferEnds(time: number): void
    /**
     * The Pico looks whether a transfer has ended when the program has had its share of a pass (`jd_spi_process` in
     * `src/main.c`): so long behind it, µs, and the program sees it in the next pass. Undefined where a worker tells at once.
     */
    readonly looksBehindProgram: number | undefined
    /** Time of the next pass, or Infinity when only a frame can bring one. Not before the last pass ended. */
    nextPass(): number
}

/** @param random uniform in [0, 1) */
export function mainLoopOf(profile: BoardProfile, random: () => number): MainLoop {
    if (profile.wake === 'rp2040') return new Rp2040MainLoop(random)
    if (profile.wake === 'esp32') return new Esp32MainLoop()
    return new IdealMainLoop()
}

/** Wakes to the microsecond when the runtime asks. */
class IdealMainLoop implements MainLoop {
    readonly looksBehindProgram = undefined
    private end = 0
    private next = 0
    private transfer = Infinity

    passEnded(start: number, end: number, sleep: number): void {
        if (this.transfer <= start) this.transfer = Infinity
        this.end = end
        this.next = Math.min(end + Math.max(sleep, 1), Math.max(this.transfer, end))
    }
    transferEnds(time: number): void {
        this.transfer = time
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
    readonly looksBehindProgram = undefined
    private end = 0
    private posted = 0
    private transfer = Infinity

    passEnded(start: number, end: number): void {
        if (this.transfer <= start) this.transfer = Infinity
        this.end = end
        // A tick that fell into the pass was posted meanwhile, and the pass follows at once.
        const tick = (Math.floor(start / Esp32MainLoop.TICK) + 1) * Esp32MainLoop.TICK
        this.posted = Math.max(Math.min(tick, this.transfer), end)
    }
    transferEnds(time: number): void {
        this.transfer = time
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
 * The Pico's main loop (`src/main.c`, `src/tim.c` of devicescript-pico; `source/jd_physical.c`, `source/jd_services.c` of
 * jacdac-c). It sleeps until an interrupt; one hardware alarm, set by the physical layer, is what wakes it. The alarm's
 * handler sets the next alarm to `jd_max_sleep` from then, and that variable is
 * - 10 ms from the beginning of a pass, so an alarm that fires while the program runs is followed by one 10 ms later;
 * - from the end of the program's share of the pass what the runtime asked for, at the end of the pass at most 1 ms. When
 *   something became due just then it is 0: the alarm is set to "now", which has passed before the write takes effect, and
 *   never fires.
 *
 * A frame in or out replaces the alarm: 59 to 186 µs later the physical layer looks at its queue, and as a Pico has no Jacdac
 * wire (no `jacdac.pin`, so `uart_start_tx` is done at once), sets the alarm to `jd_max_sleep` from then. A frame from the
 * host is read behind the program's share of a pass and handled in the next; this model makes one pass of both.
 */
class Rp2040MainLoop implements MainLoop {
    private static readonly MIN_MAX_SLEEP = 10_000
    private static readonly MAIN_LOOP_SLEEP = 1000
    /** `jd_random_around(150) - JD_WR_OVERHEAD`: 87 to 214, less 28. */
    private static readonly BUS_IDLE_MIN = 59
    private static readonly BUS_IDLE_RANGE = 128
    /** What of a pass follows the program's share: USB. About half a pass. */
    private static readonly TAIL = 45
    /** What of a pass with a frame follows the reading of the frame, and what of that the program's share. */
    private static readonly FRAME_PASS = 250
    private static readonly FRAME_TAIL = 125

    readonly looksBehindProgram = Rp2040MainLoop.TAIL
    private end = 0
    private alarm = 1000
    private maxSleep = Rp2040MainLoop.MIN_MAX_SLEEP
    /** When the physical layer looks at its queue. */
    private rearm = Infinity
    private frame = Infinity
    private transfer = Infinity
    /** An interrupt came since the loop last looked: its next sleep ends at once. */
    private event = false

    constructor(private readonly random: () => number) {}

    passEnded(start: number, end: number, sleep: number): void {
        this.interruptsUntil(start)
        const looked = end + Rp2040MainLoop.TAIL
        this.event = this.transfer > start && this.transfer <= looked
        if (this.transfer <= looked) this.transfer = Infinity
        this.maxSleep = Rp2040MainLoop.MIN_MAX_SLEEP
        let tail = Rp2040MainLoop.TAIL
        if (this.frame <= start) {
            this.frame = Infinity
            this.interruptsUntil(end - Rp2040MainLoop.FRAME_PASS)
            this.queue(end - Rp2040MainLoop.FRAME_PASS)
            tail = Rp2040MainLoop.FRAME_TAIL
        }
        this.interruptsUntil(end - tail)
        this.maxSleep = sleep
        this.interruptsUntil(end)
        this.maxSleep = Math.min(sleep, Rp2040MainLoop.MAIN_LOOP_SLEEP)
        this.end = end
    }

    frameArrived(time: number): void {
        this.frame = Math.min(this.frame, time)
    }

    frameSent(time: number): void {
        this.queue(time)
    }

    transferEnds(time: number): void {
        this.transfer = time
    }

    nextPass(): number {
        if (this.event) return this.end
        return Math.max(Math.min(this.frame, this.rearm, this.alarm, this.transfer), this.end)
    }

    /** A frame waits in the physical layer's queue: there is one alarm, which is now for that. */
    private queue(time: number): void {
        this.alarm = Infinity
        this.rearm = time + Rp2040MainLoop.BUS_IDLE_MIN + Math.floor(this.random() * Rp2040MainLoop.BUS_IDLE_RANGE)
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
