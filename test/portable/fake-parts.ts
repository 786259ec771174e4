import type { Clock } from '../../src/hal/clock'
import type { ImuSensor, JointEncoders, MotorController } from '../../src/onboard/parts'

// Parts of a robot that do as a test says. They run on both VMs.

const TWO_PI = 2 * Math.PI

export class FakeEncoders implements JointEncoders {
    readonly reading: number[] = []
    failed = 0
    samples = 0
    checks = 0

    constructor(count: number) {
        for (let i = 0; i < count; i++) this.reading.push(0)
    }

    sample(): void {
        this.samples++
    }

    check(): void {
        this.checks++
    }

    /** Turns encoder `i` on by `angle`, rad, less than a turn. */
    turn(i: number, angle: number): void {
        let reading = this.reading[i] + angle
        if (reading < 0) reading += TWO_PI
        else if (reading >= TWO_PI) reading -= TWO_PI
        this.reading[i] = reading
    }
}

export class FakeImu implements ImuSensor {
    readonly frame = Buffer.alloc(12)
    valid = true

    sample(): boolean {
        return this.valid
    }

    /** The next sample: axis i holds `counts + i`, -32768 to 32767. */
    next(counts: number, valid: boolean): void {
        for (let axis = 0; axis < 6; axis++) this.frame.setAt(axis * 2, 'i16', counts + axis)
        this.valid = valid
    }
}

/** Remembers what it was told. */
export class FakeMotors implements MotorController {
    readonly part: string = 'fake controller'
    readonly selfStopMs: number = 100
    statusFlags = 0
    supplyVoltage = 12
    noPower = false
    faulting = false
    resetSeen = false
    timedOut = false
    /** Whether it answers at all. */
    acknowledges = true
    effort: number[] = [0, 0, 0]
    writes = 0
    enables = 0
    inits = 0

    write(effort0: number, effort1: number, effort2: number): boolean {
        this.writes++
        if (this.acknowledges) this.effort = [effort0, effort1, effort2]
        return this.acknowledges
    }

    enable(): boolean {
        this.enables++
        if (this.acknowledges) this.resetSeen = this.timedOut = false
        return this.acknowledges
    }

    stop(): boolean {
        if (this.acknowledges) this.effort = [0, 0, 0]
        return this.acknowledges
    }

    readStatus(): boolean {
        return this.acknowledges
    }

    async init(clock: Clock): Promise<void> {
        this.inits++
        await clock.sleep(2)
        this.resetSeen = true
    }
}

/** Time that passes only in `sleep`, which oversleeps by a pattern. */
export class FakeClock implements Clock {
    now = 0
    /** Milliseconds that the running fiber has taken. The clock shows them after its next `await`, as on the board. */
    busy = 0
    /** Milliseconds that each sleep takes too long, in turn. */
    oversleeps: number[] = [0]
    /** What each sleep was asked for. */
    readonly sleeps: number[] = []
    private turn = 0

    millis(): number {
        return this.now
    }

    async sleep(ms: number): Promise<void> {
        this.sleeps.push(ms)
        const free = this.now + this.busy
        this.busy = 0
        this.now = this.now + ms > free ? this.now + ms : free
        if (ms === 0) return
        this.now += this.oversleeps[this.turn % this.oversleeps.length]
        this.turn++
    }
}
