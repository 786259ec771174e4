import { Bridge, Encoder, Recorder } from './drivers'
import { Robot } from './robot'

interface Ticking {
    tick(now: number, goal: number): void
}

class Loop {
    ticks = 0

    constructor(private readonly robot: Ticking) {}

    run(goals: number[]): void {
        const { robot } = this
        for (const goal of goals) {
            const now = this.ticks * 10
            robot.tick(now, goal)
            this.ticks++
        }
    }
}

/** Runs a robot whose bus answers with `answers` in turn, and tells everything that can be seen of it. */
export function run(answers: number[], goals: number[], mode: number): unknown {
    const asked: number[] = []
    const bus = {
        transfer(address: number, value: number): number {
            asked.push(address, value)
            return answers.length > 0 ? answers[asked.length % answers.length] : 0
        },
    }
    const encoder = new Encoder(bus)
    const bridge = new Bridge(bus, 2)
    const recorder = new Recorder(3)
    const robot = new Robot(answers.length % 5 === 4 ? undefined : encoder, bridge, recorder)
    robot.mode = mode
    new Loop(robot).run(goals)
    const { position, effort, missed, moved } = robot
    return [
        asked,
        position,
        effort,
        missed,
        moved,
        robot.mode,
        bridge.written,
        recorder.lines,
        recorder.dropped,
        encoder.errors,
    ]
}
