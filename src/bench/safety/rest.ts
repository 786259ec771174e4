import type { JointStop, RobotConfig } from '../../onboard/robot-config'
import type { RobotBody } from '../../sim/robot-body'

/** A joint that is held stays within so much of where it ends, rad: its encoder's noise, its play, and a servo's dead band of 14 mrad. */
const HELD_WITHIN = 0.02
/** … and a servo's pulse within so much of the one that it ends with, s: an HS-645MG turns by 0.02 rad for it. */
const PULSE_WITHIN = 12e-6
/** A joint that was parked stands so near to its place, rad. */
const PARKED_WITHIN = 0.05
/** From the end of the way to standing still, s: the loops, and a servo that follows 70 ms behind. */
const SETTLES = 0.3
/** How far behind its setpoint a joint is that turns evenly, s. */
const LAG = 0.1
/** Shortest way between two points of a stop, s (`stop-actions.ts`). */
const SHORTEST = 0.05

/** A robot that balances stands within so much of where it ends, m, and upright within so much, rad: it sways with its encoders' play. */
const STANDS_WITHIN = 0.1
const UPRIGHT = (3 * Math.PI) / 180
/** It never leans more after the deadline, rad: braking from slow motion takes a third of it. */
const LEANS_AT_MOST = (15 * Math.PI) / 180
/** Until it has braked and stands, s; and how far from where it was at the deadline, m, at so many m/s: it first has to lean back. */
const BALANCES_AFTER = 2.5
const BALANCE_LAG = 1.5

/** How long a robot that stands on is watched until it must be at rest, and after that, s. */
export const REST_WATCH = { held: 1.5, balancing: 4 }

/** Whether its motors are driven after a missed deadline: of the joints that are held or parked, of one that balances all. */
export function drivenAfterDeadline({ balance, joints }: RobotConfig): boolean[] {
    return joints.map(({ stop }) => balance !== undefined || stop?.action === 'hold' || stop?.action === 'park')
}

interface Sample {
    time: number
    /** What must stand still: angles of the joints, and pulses in s, or the place of one that balances, m. */
    angles: number[]
    pulses: number[]
    velocities: number[]
    place: { x: number; y: number }
    tilt: number
}

/** What became of a robot that was to come to rest with its motors driven. */
export interface Rest {
    /** When it was last elsewhere than where it ends, s. */
    moved: number
    /** By when it must stand, s after the deadline. */
    allowed: number
    /** What is not as it must be, in words. */
    failures: string[]
}

/** Records from outside how a robot comes to rest: true angles, and pulses as the servos' driver gives them. */
export class RestRecord {
    private readonly samples: Sample[] = []

    constructor(
        private readonly body: RobotBody,
        private readonly config: RobotConfig,
        /** Which joints must stand still. */
        private readonly joints = drivenAfterDeadline(config),
    ) {}

    /** After a step of the plant. @param time s */
    step(time: number): void {
        const { body } = this
        const { x, y } = body.pose()
        this.samples.push({
            time,
            angles: body.angles(),
            pulses: body.pulses?.() ?? [],
            velocities: body.velocities(),
            place: { x, y },
            tilt: body.tilt?.() ?? 0,
        })
    }

    /**
     * @param last when its last valid setpoint came: it slows down from the speed that it had since, s
     * @param deadline when the robot had to begin with it, s
     * @param until its motors were driven: what it did then is no matter, s
     */
    judge(last: number, deadline: number, until = Infinity): Rest {
        const { config } = this
        const samples = this.samples.filter(({ time }) => time <= until)
        const end = samples[samples.length - 1]
        const speeds = fastest(samples.filter(({ time }) => time >= last && time <= deadline))
        const since = samples.filter(({ time }) => time >= deadline)
        const away = config.balance ? isSwaying : this.isTurning
        const moved = samples.filter(sample => away(sample, end)).at(-1)?.time ?? deadline
        return { moved, ...(config.balance ? balanced(since, speeds, config) : this.heldOrParked(since, end, speeds)) }
    }

    /** When it first leant by more than this, rad; Infinity: never. */
    leantAt(tilt: number): number {
        return this.samples.find(sample => Math.abs(sample.tilt) > tilt)?.time ?? Infinity
    }

    private readonly isTurning = (sample: Sample, end: Sample): boolean =>
        this.joints.some(
            (driven, i) =>
                driven &&
                (Math.abs(sample.angles[i] - end.angles[i]) > HELD_WITHIN ||
                    Math.abs((sample.pulses[i] ?? 0) - (end.pulses[i] ?? 0)) > PULSE_WITHIN),
        )

    private heldOrParked(since: readonly Sample[], end: Sample, speeds: readonly number[]): Omit<Rest, 'moved'> {
        const [start] = since
        const failures: string[] = []
        const stops = this.config.joints.map(({ stop }) => stop)
        const slowing = Math.max(SHORTEST, ...stops.map((stop, i) => speeds[i] / decelerationOf(stop)))
        let parking = 0
        this.config.joints.forEach(({ name, stop }, i) => {
            const speed = speeds[i]
            const way = Math.abs(end.angles[i] - start.angles[i])
            if (stop?.action === 'hold') {
                const allowed = speed * (slowing / 2 + LAG) + HELD_WITHIN
                if (way > allowed) {
                    failures.push(
                        `${name} was held ${way.toFixed(3)} rad from where it was at the deadline, allowed are ${allowed.toFixed(3)}`,
                    )
                }
            } else if (stop?.action === 'park') {
                const position = stop.position ?? 0
                const off = Math.abs(end.angles[i] - position)
                parking = Math.max(
                    parking,
                    (1.5 * (Math.abs(position - start.angles[i]) + speed * slowing)) / (stop.speed ?? 1),
                )
                if (off > PARKED_WITHIN)
                    failures.push(`${name} stands ${off.toFixed(3)} rad from where it is to be parked`)
            }
        })
        return { allowed: slowing + parking + SETTLES, failures }
    }
}

function isSwaying({ place, tilt }: Sample, end: Sample): boolean {
    return Math.hypot(place.x - end.place.x, place.y - end.place.y) > STANDS_WITHIN || Math.abs(tilt) > UPRIGHT
}

function balanced(since: readonly Sample[], speeds: readonly number[], { drive }: RobotConfig): Omit<Rest, 'moved'> {
    const [start] = since
    const end = since[since.length - 1]
    const failures: string[] = []
    const leant = Math.max(...since.map(({ tilt }) => Math.abs(tilt)))
    if (leant > LEANS_AT_MOST)
        failures.push(`it leant by ${leant.toFixed(2)} rad, allowed are ${LEANS_AT_MOST.toFixed(2)}`)
    const speed = Math.max(...speeds) * (drive?.wheelRadius ?? 0)
    const way = Math.hypot(end.place.x - start.place.x, end.place.y - start.place.y)
    const allowed = speed * BALANCE_LAG + STANDS_WITHIN
    if (way > allowed) {
        failures.push(
            `it stands ${way.toFixed(2)} m from where it was at the deadline, allowed are ${allowed.toFixed(2)}`,
        )
    }
    return { allowed: BALANCES_AFTER, failures }
}

function decelerationOf(stop: JointStop | undefined): number {
    return stop?.deceleration ?? Infinity
}

/** Of each joint, rad/s. */
function fastest(samples: readonly Sample[]): number[] {
    const [first] = samples
    return first.velocities.map((_, i) => Math.max(...samples.map(({ velocities }) => Math.abs(velocities[i]))))
}
