import type { RobotState } from '../../host/robot'

/** How far a joint went another way than in the recording. */
export interface Deviation {
    joint: string
    /** Largest difference of the way since the first command, rad. */
    position: number
    /** Root mean square of the difference of velocities, rad/s. */
    velocity: number
}

/**
 * Compares what a robot did with what was recorded, at the same times since the first command.
 *
 * @param recordedStart when the first command was sent then, s since the Unix epoch; the same of `start` now
 */
export function deviations(
    recorded: readonly RobotState[],
    recordedStart: number,
    states: readonly RobotState[],
    start: number,
): Deviation[] {
    const after = recorded.filter(({ hostTime }) => hostTime >= recordedStart)
    const now = states.filter(({ hostTime }) => hostTime >= start)
    if (after.length === 0 || now.length === 0) return []
    return after[0].joints.map(({ name }, joint) => {
        const [zeroThen, zeroNow] = [after[0].joints[joint].position, now[0].joints[joint].position]
        let next = 0
        let position = 0
        let squares = 0
        let count = 0
        for (const state of now) {
            const time = state.hostTime - start + recordedStart
            while (next < after.length && after[next].hostTime < time) next++
            if (next === 0 || next === after.length) continue
            const [a, b] = [after[next - 1], after[next]]
            const part = (time - a.hostTime) / (b.hostTime - a.hostTime)
            const between = (key: 'position' | 'velocity') =>
                a.joints[joint][key] + part * (b.joints[joint][key] - a.joints[joint][key])
            const gone = state.joints[joint].position - zeroNow - (between('position') - zeroThen)
            position = Math.max(position, Math.abs(gone))
            squares += (state.joints[joint].velocity - between('velocity')) ** 2
            count++
        }
        return { joint: name, position, velocity: Math.sqrt(squares / count) }
    })
}
