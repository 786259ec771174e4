import { NO_JOINT } from '../protocol/fault-report'
import { atan2, cos, sqrt } from '../control/trig'
import type { FaultLog } from './fault-log'
import type { Monitor, RobotConfig } from './robot-config'
import { Watch } from './watch'

/** Numbers of the `Fault` bits. */
const [SUPPLY, CURRENT, TILT, LATE] = [5, 13, 14, 15]

/** What housekeeping has found out. */
export interface RobotFindings {
    /** Motor supply, V; NaN when it was not measured, which is no finding. */
    supply: number
    /** Of all motors, A; NaN likewise. */
    current: number
    /** The IMU's sample (gyroscope x, y, z, accelerometer x, y, z, i16); undefined likewise. */
    imuFrame: Buffer | undefined
    /** Ticks that started late since start. */
    lateTicks: number
}

/** Watches what belongs to no joint: once in a housekeeping, so written plainly. */
export class RobotMonitor {
    /** `Fault` bits that hold now: of monitors that stop, and of those that warn. */
    faults = 0
    warnings = 0
    readonly supply: Watch
    readonly current: Watch
    readonly tilt: Watch
    readonly late: Watch
    private readonly all: Watch[]
    /** Square of the cosine of the largest tilt. */
    private cosineSquare = 0
    private lastLate = 0

    /** @param lookMs from one housekeeping to the next, ms */
    constructor(
        private readonly config: RobotConfig,
        lookMs: number,
        log: FaultLog,
    ) {
        const monitors = config.monitors
        const watch = (fault: number, monitor: Monitor | undefined) => new Watch(fault, [monitor], lookMs, log)
        this.supply = watch(SUPPLY, monitors?.supply)
        this.current = watch(CURRENT, monitors?.current)
        this.tilt = watch(TILT, monitors?.tilt)
        this.late = watch(LATE, monitors?.late)
        this.all = [this.supply, this.current, this.tilt, this.late]
        this.apply()
    }

    /** Takes over limits that have changed. */
    apply(): void {
        const cosine = cos(this.tilt.limit[0])
        this.cosineSquare = cosine * cosine
    }

    /** Called only when it must be: a call costs as much as fifty operations. @inline */
    look(found: RobotFindings, now: number): void {
        const monitors = this.config.monitors
        if (!monitors) return
        if (monitors.supply && found.supply === found.supply) {
            const { limit, hard } = this.supply
            // The one that must not be too low; without a hard limit that is below everything.
            const lowest = monitors.supply.hard === undefined ? -1 : hard[0]
            const low = found.supply < limit[0]
            if (low || this.supply.looks[0] !== 0)
                this.supply.judge(0, NO_JOINT, found.supply, low, found.supply < lowest, now)
        }
        if (monitors.current && (found.current > this.current.limit[0] || this.current.looks[0] !== 0))
            this.judge(this.current, found.current, now)
        if (monitors.tilt && found.imuFrame) this.judgeTilt(found.imuFrame, now)
        if (monitors.late) {
            const late = found.lateTicks - this.lastLate
            this.lastLate = found.lateTicks
            if (late > this.late.limit[0] || this.late.looks[0] !== 0) this.judge(this.late, late, now)
        }
        let faults = 0
        let warnings = 0
        for (const watch of this.all) {
            if (watch.stopping !== 0) faults |= 1 << watch.fault
            if (watch.warning !== 0) warnings |= 1 << watch.fault
        }
        this.faults = faults
        this.warnings = warnings
    }

    /** @inline */
    private judgeTilt(frame: Buffer, now: number): void {
        const x = frame.getAt(6, 'i16')
        const y = frame.getAt(8, 'i16')
        const z = frame.getAt(10, 'i16')
        const flat = x * x + y * y
        // The angle itself, which costs several calls, only when there is one to tell.
        const upright = z > 0 && z * z >= this.cosineSquare * (flat + z * z)
        if (!upright || this.tilt.looks[0] !== 0) this.judge(this.tilt, upright ? 0 : atan2(sqrt(flat), z), now)
    }

    private judge(watch: Watch, value: number, now: number): void {
        watch.judge(0, NO_JOINT, value, value > watch.limit[0], value > watch.hard[0], now)
    }
}
