import { type Log, Mode, type Motor, type Sensor } from './parts'
import { control, estimate } from './stages'

export class Robot {
    readonly position: number[] = [0, 0]
    readonly effort: number[] = [0, 0]
    mode = Mode.Off
    missed = 0
    moved = 0

    constructor(
        private readonly sensor: Sensor | undefined,
        private readonly motor: Motor,
        private readonly log: Log,
    ) {}

    /** One tick. @inline */
    tick(now: number, goal: number): void {
        this.sense()
        const moved = estimate(this, this.sensor ? this.sensor.reading : this.position)
        this.moved += moved
        if (this.mode === Mode.On && this.missed > 2) this.stop()
        control(this, goal)
        this.act()
        this.log.add(this, now)
    }

    /** @inline */
    private sense(): void {
        const sensor = this.sensor
        if (sensor) {
            const valid = sensor.sample()
            if (valid) this.missed = 0
            else this.missed++
        }
    }

    /** @inline */
    private act(): void {
        const { effort } = this
        if (!this.motor.write(effort[0], effort[1], effort[2])) this.missed++
        else if (this.mode === Mode.Stopped) this.mode = Mode.Off
    }

    private stop(): void {
        this.mode = Mode.Stopped
    }
}
