import type { Clock } from '../hal/clock'
import { TIMING_BINS } from '../protocol/timing'

/**
 * One tick in five has its execution timed: timing it takes a tenth of a millisecond itself. Five has no factor in common
 * with the ticks of a report or from one housekeeping to the next, so every kind of tick is seen.
 */
const EXECUTION_EVERY = 5

/**
 * Ticks from one look after the motor controller to the next. A multiple of four: at 100 Hz a telemetry report goes out after
 * each fourth tick, and housekeeping shall not make the same tick longer.
 */
export const HOUSEKEEPING_TICKS = 12
/**
 * Ticks before the first housekeeping, and from upkeep to the next one: so that at 100 Hz upkeep comes with a telemetry report, most
 * ticks stay as short as without either, and none has both.
 */
const FIRST_HOUSEKEEPING = 2

/** What the loop runs. */
export interface Ticking {
    /**
     * @param now board time, ms
     * @param tick index of this tick
     * @param deadline when it should have started, ms
     * @param lateTicks ticks that started late so far, this one included
     */
    tick(now: number, tick: number, deadline: number, lateTicks: number): void
    /** Deadlines passed without a tick. Called before the tick that follows. */
    skipped(now: number, lateTicks: number): void
    /** After one tick in so many; and what can wait, some ticks before the next. */
    housekeeping(): void
    upkeep(lateTicks: number): void
}

/**
 * Runs a tick at a fixed period, on absolute deadlines so that lateness never adds up, and counts how well that goes. A
 * tick is late when it starts more than half a period after its deadline. Deadlines that have passed altogether are
 * skipped, so tick n always belongs to the time `start + n · period`.
 */
export class TickLoop {
    /** Index of a recent tick. */
    ticks = 0
    lateTicks = 0
    /** Deadlines that passed without a tick. */
    skippedTicks = 0
    /** Bin i: ticks that started i to i + 1 ms after the one before; ticks that took i to i + 1 ms. */
    readonly periodCounts: number[] = []
    readonly executionCounts: number[] = []
    running = false

    constructor(
        private readonly clock: Clock,
        private readonly periodMs: number,
        private readonly robot: Ticking,
        /** Ticks from one housekeeping to the next: more than {@link FIRST_HOUSEKEEPING}. */
        private readonly housekeepingTicks: number,
    ) {
        for (let i = 0; i < TIMING_BINS; i++) {
            this.periodCounts.push(0)
            this.executionCounts.push(0)
        }
    }

    /** Ticks until {@link running} is set to false. */
    async run(): Promise<void> {
        const { clock, robot, periodMs, periodCounts, executionCounts, housekeepingTicks } = this
        const last = TIMING_BINS - 1
        const half = periodMs / 2
        // Or until upkeep, when that is next.
        let untilHousekeeping = FIRST_HOUSEKEEPING
        let upkeepNext = false
        let untilTimed = EXECUTION_EVERY
        let now = clock.millis()
        let started = now
        let deadline = now + periodMs
        let tick = this.ticks
        this.running = true
        while (this.running) {
            let time = deadline - now
            // A sleep of 0 would never let the runtime's main loop run.
            if (time < 1) time = 1
            await clock.sleep(time)
            now = clock.millis()
            time = now - started
            started = now
            if (time > last) time = last
            periodCounts[time]++
            time = now - deadline
            if (time > half) {
                this.lateTicks++
                if (time >= periodMs) {
                    const skipped = Math.floor(time / periodMs)
                    this.skippedTicks += skipped
                    tick += skipped
                    deadline += skipped * periodMs
                    robot.skipped(now, this.lateTicks)
                    // Reports begin anew at this tick: housekeeping keeps its place between them. Sooner, never later: else it would
                    // not come at all while ticks go on being skipped.
                    if (untilHousekeeping > FIRST_HOUSEKEEPING)
                        untilHousekeeping = upkeepNext ? untilHousekeeping & ~3 : ((untilHousekeeping - 2) & ~3) + 2
                    if (untilHousekeeping < 1) untilHousekeeping = FIRST_HOUSEKEEPING
                }
            }
            robot.tick(now, tick, deadline, this.lateTicks)
            tick++
            deadline += periodMs
            untilHousekeeping--
            if (untilHousekeeping === 0) {
                if (upkeepNext) {
                    robot.upkeep(this.lateTicks)
                    untilHousekeeping = FIRST_HOUSEKEEPING
                } else {
                    robot.housekeeping()
                    untilHousekeeping = housekeepingTicks - FIRST_HOUSEKEEPING
                }
                upkeepNext = !upkeepNext
            }
            untilTimed--
            if (untilTimed === 0) {
                untilTimed = EXECUTION_EVERY
                // The clock stands still while a fiber runs; a sleep of 0 sets it to now and comes back at once.
                await clock.sleep(0)
                time = now
                now = clock.millis()
                time = now - time
                executionCounts[time < last ? time : last]++
                this.ticks = tick
            }
        }
    }
}
