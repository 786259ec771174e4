import type { RobotDescription } from '../protocol/description'
import type { TelemetryReport } from '../protocol/telemetry'
import type { OdometryState } from './robot'

/**
 * Odometry at each sample of a report. The board sends its pose at the last one; the others are found by going back along
 * the wheels' positions, arc by arc. Undefined for a robot that does not drive.
 */
export function odometryOf(report: TelemetryReport, { drive, joints }: RobotDescription): OdometryState[] | undefined {
    if (!drive) return undefined
    const left = joints.findIndex(joint => joint.name === drive.left)
    const right = joints.findIndex(joint => joint.name === drive.right)
    const half = drive.wheelRadius / 2
    const perTrack = drive.wheelRadius / drive.trackWidth
    const { samples } = report
    const states = new Array<OdometryState>(samples.length)
    let { x, y, heading } = report.odometry
    for (let k = samples.length - 1; k >= 0; k--) {
        const wheels = samples[k].joints
        if (k + 1 < samples.length) {
            const next = samples[k + 1].joints
            const leftStep = next[left].position - wheels[left].position
            const rightStep = next[right].position - wheels[right].position
            const turn = (rightStep - leftStep) * perTrack
            const middle = heading - turn / 2
            const travel = (leftStep + rightStep) * half
            x -= travel * Math.cos(middle)
            y -= travel * Math.sin(middle)
            heading -= turn
        }
        const linear = (wheels[left].velocity + wheels[right].velocity) * half
        const angular = (wheels[right].velocity - wheels[left].velocity) * perTrack
        states[k] = { x, y, heading, linear, angular }
    }
    return states
}
