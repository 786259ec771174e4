import type { RobotStatistics } from '../host/robot'
import { print, printJson, span } from './output'
import { bar, percent, place, Screen } from './screen'
import { TrailMap } from './trail-map'

/** Where a robot is: m, m, rad. */
export interface Pose {
    x: number
    y: number
    heading: number
}

/** What `tendon start` shows, several times a second. */
export interface StartStatus {
    /** Since the motion began, s. */
    seconds: number
    mode: string
    /** What the robot does, and the part of it that is done, 0 to 1. */
    performance: string
    progress: number
    /** By odometry, and true. */
    pose: Pose
    truePose: Pose
    /** Of a robot that does not drive: each joint's angle as measured, and true, rad. */
    joints?: { name: string; position: number; angle: number }[]
    statistics: RobotStatistics
    /** Planners connected to the bridge. */
    clients: number
}

/** Something that happens once. `text` is for people, the rest for programs. */
export interface StartEvent {
    event: string
    text: string
    [field: string]: unknown
}

/** How a start is shown. */
export interface StartView {
    /** Between two calls of {@link status}, ms. */
    readonly periodMs: number
    event(event: StartEvent): void
    status(status: StartStatus): void
    /** Leaves the terminal as it was. */
    end(): void
}

/** JSON lines, a screen refreshed in place on a terminal, or else a line a second. */
export function startView(json: boolean): StartView {
    if (json) return new JsonView()
    return process.stdout.isTTY ? new ScreenView() : new LineView()
}

/** Where the robot is: its pose, or, of one that does not drive, its joints' measured and true angles. */
function whereabouts({ pose, truePose, joints }: StartStatus): { of: string; is: string }[] {
    if (joints) {
        const angles = (of: 'position' | 'angle') => `${joints.map(joint => joint[of].toFixed(2)).join('  ')} rad`
        return [
            { of: joints.map(({ name }) => name).join(', '), is: angles('position') },
            { of: 'true', is: angles('angle') },
        ]
    }
    return [
        { of: 'odometry', is: place(pose) },
        { of: 'true', is: place(truePose) },
    ]
}

class JsonView implements StartView {
    readonly periodMs = 1000

    event({ text: _, ...event }: StartEvent): void {
        printJson(event)
    }
    status(status: StartStatus): void {
        printJson({ event: 'status', ...status })
    }
    end(): void {}
}

class LineView implements StartView {
    readonly periodMs = 1000

    event({ text }: StartEvent): void {
        print(text)
    }
    status(status: StartStatus): void {
        const { seconds, mode, performance, progress, statistics } = status
        print(
            [
                `${seconds.toFixed(1).padStart(6)} s`,
                `${performance} ${percent(progress)}`,
                mode,
                ...whereabouts(status).map(({ of, is }) => `${of} ${is}`),
                `period ${span(period(statistics))}`,
                `late ${statistics.lateTicks}`,
                `lost ${statistics.samplesLost}`,
            ].join('  '),
        )
    }
    end(): void {}
}

/** Events scroll; below them a block that is overwritten. */
class ScreenView implements StartView {
    readonly periodMs = 100
    private readonly map = new TrailMap(32, 11, { x: -0.3, y: -0.6, size: 1.65 })
    private readonly screen = new Screen()

    event({ text }: StartEvent): void {
        this.screen.clear()
        print(text)
    }

    status(status: StartStatus): void {
        const { seconds, mode, performance, progress, truePose, statistics, clients } = status
        this.map.add(truePose.x, truePose.y)
        const facts = [
            '',
            `${mode}, ${seconds.toFixed(1)} s`,
            `${performance.padEnd(10)} ${bar(progress)} ${percent(progress)}`,
            ...whereabouts(status).map(({ of, is }) => `${of.padEnd(10)} ${is}`),
            '',
            `period     ${span(period(statistics))}`,
            `ticks      ${statistics.ticks}, ${statistics.lateTicks} late`,
            `samples    ${statistics.samplesReceived}, ${statistics.samplesLost} lost`,
            `round trip ${(statistics.latency * 2000).toFixed(1)} ms`,
            `planners   ${clients}`,
        ]
        this.screen.draw(this.map.draw(truePose).map((line, i) => `${line}  ${facts[i] ?? ''}`))
    }

    end(): void {
        this.screen.end()
    }
}

function period({ period: { min, mean, max } }: RobotStatistics): { min: number; mean: number; max: number } {
    return { min: min * 1000, mean: mean * 1000, max: max * 1000 }
}
