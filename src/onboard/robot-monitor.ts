import { atan2, cos, sqrt } from '../control/trig'
import { NO_JOINT } from '../protocol/fault-log'
import { MonitorAction } from '../protocol/parameters'
import { Fault } from '../protocol/state'
import type { FaultLog } from './fault-log'
import { type MonitorSettings, NEVER, Watched } from './monitor-settings'

const NOT_SINCE = -1

/** Watches what belongs to no joint, at each upkeep. As in `Monitors`, what is out of the ordinary is judged in a function. */
export class RobotMonitor {
    /** `Fault` bits whose causes hold: of monitors that stop the robot, and of those that only warn. */
    faults = 0
    warnings = 0
    private cosineSquare = -1
    private currentLimit = NEVER
    private lateLimit = NEVER
    /** What was out of the ordinary at the last look, as `Fault` bits. */
    private seen = 0
    private lastLate = 0
    /** Of tilt, current and late ticks: board time since which it is so, ms. */
    private readonly since = [NOT_SINCE, NOT_SINCE, NOT_SINCE]
    /** Which have tripped, as {@link seen}. */
    private tripped = 0
    /** Where the settings of each are. */
    private readonly place: number[] = []

    /** @param joints of the robot */
    constructor(
        private readonly settings: MonitorSettings,
        joints: number,
        private readonly log: FaultLog,
    ) {
        this.place.push(settings.at(joints, Watched.Tilt))
        this.place.push(settings.at(joints, Watched.Current))
        this.place.push(settings.at(joints, Watched.Late))
    }

    /** Works out what follows from the settings. Called when one has changed. */
    derive(): void {
        const { settings, place } = this
        const tilt = settings.limit(place[0])
        const cosine = cos(tilt)
        this.cosineSquare = tilt < NEVER && cosine > 0 ? cosine * cosine : -1
        this.currentLimit = settings.limit(place[1])
        this.lateLimit = settings.limit(place[2])
    }

    /**
     * @param frame the IMU's last sample (gyroscope x, y, z, accelerometer x, y, z, i16); undefined when it failed
     * @param current of all motors, A; NaN when it was not measured
     * @param lateTicks since start
     * @param now board time, ms
     *
     * @inline
     */
    look(frame: Buffer | undefined, current: number, lateTicks: number, now: number): void {
        const cosineSquare = this.cosineSquare
        // A sample that failed is the fault of its sensor, and no reason to take back what was seen before.
        let seen = this.seen & Fault.Tilt
        if (frame && cosineSquare >= 0) {
            const x = frame.getAt(6, 'i16')
            const y = frame.getAt(8, 'i16')
            const z = frame.getAt(10, 'i16')
            const upright = z * z
            seen = z > 0 && upright >= cosineSquare * (x * x + y * y + upright) ? 0 : Fault.Tilt
        }
        if (current > this.currentLimit || current < -this.currentLimit) seen |= Fault.Current
        const late = lateTicks - this.lastLate
        this.lastLate = lateTicks
        if (late > this.lateLimit) seen |= Fault.Late
        if ((seen | this.seen) !== 0) this.judge(seen, frame, current, late, now)
    }

    /** Something is out of the ordinary, or was at the last look. */
    private judge(seen: number, frame: Buffer | undefined, current: number, late: number, now: number): void {
        const { since, place } = this
        const { values } = this.settings
        this.seen = seen
        this.faults = this.warnings = 0
        for (let kind = 0; kind < since.length; kind++) {
            const fault = kind === 0 ? Fault.Tilt : kind === 1 ? Fault.Current : Fault.Late
            if ((seen & fault) === 0) {
                since[kind] = NOT_SINCE
                this.tripped &= ~fault
            } else {
                if (since[kind] === NOT_SINCE) since[kind] = now
                if ((this.tripped & fault) === 0 && now - since[kind] >= values[place[kind] + 1]) {
                    this.tripped |= fault
                    let value = kind === 1 ? current : late
                    if (kind === 0) value = frame ? tiltOf(frame) : NaN
                    this.log.record(fault, NO_JOINT, value, values[place[kind]], now)
                }
                if (values[place[kind] + 2] === MonitorAction.Warn) this.warnings |= this.tripped & fault
                else this.faults |= this.tripped & fault
            }
        }
    }
}

/** Angle between the accelerometer's z axis and what it feels, rad: how far the robot leans while it does not accelerate. */
function tiltOf(frame: Buffer): number {
    const x = frame.getAt(6, 'i16')
    const y = frame.getAt(8, 'i16')
    return atan2(sqrt(x * x + y * y), frame.getAt(10, 'i16'))
}
