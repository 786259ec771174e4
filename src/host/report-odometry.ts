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
    const states: OdometryState[] = []
    let pose = report.odometry
    for (let k = report.samples.length - 1; k >= 0; k--) {
        const wheels = report.samples[k].joints
        const next = report.samples[k + 1]?.joints
        if (next) {
            const leftStep = next[left].position - wheels[left].position
            const rightStep = next[right].position - wheels[right].position
            const turn = (rightStep - leftStep) * perTrack
            const middle = pose.heading - turn / 2
            const travel = (leftStep + rightStep) * half
            pose = {
                x: pose.x - travel * Math.cos(middle),
                y: pose.y - travel * Math.sin(middle),
                heading: pose.heading - turn,
            }
        }
        states.unshift({
            ...pose,
            linear: (wheels[left].velocity + wheels[right].velocity) * half,
            angular: (wheels[right].velocity - wheels[left].velocity) * perTrack,
        })
    }
    return states
}
