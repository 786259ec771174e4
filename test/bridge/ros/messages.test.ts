import { describe, expect, it } from 'vitest'
import { imuMessage, jointStateMessage, odometryEncoder, stamp } from '../../../src/bridge/ros/messages'
import type { RobotState } from '../../../src/host/robot'

const STATE: RobotState = {
    tick: 7,
    boardTime: 0.07,
    hostTime: 1_800_000_000.25,
    hostTimeBound: 0.0005,
    mode: 'armed',
    trajectory: 'none',
    faults: [],
    joints: [
        { name: 'left_wheel', position: 1.5, velocity: -2, effort: -0.3, setpoint: -2, valid: true },
        { name: 'right_wheel', position: 2.5, velocity: 3, effort: 0.4, setpoint: 3, valid: true },
    ],
    imu: {
        orientation: [0.1, 0.2, 0.3, 0.9],
        angularVelocity: [0.01, 0.02, 0.03],
        linearAcceleration: [0.5, -0.5, 9.8],
    },
    odometry: { x: 1, y: 2, heading: Math.PI / 2, linear: 0.3, angular: 0.7 },
    lateness: 0,
}
const DRIVE = { left: 'left_wheel', right: 'right_wheel', wheelRadius: 0.1, trackWidth: 0.5 }
const header = (frame: string) => ({ stamp: { sec: 1_800_000_000, nanosec: 250_000_000 }, frame_id: frame })

describe('stamp', () => {
    it.each([
        [0, 0, 0],
        [1.5, 1, 500_000_000],
        // One second less a tenth of a nanosecond: the fraction rounds up to a whole second.
        [4.9999999999, 5, 0],
        [1_800_000_000.125, 1_800_000_000, 125_000_000],
        [-0.25, -1, 750_000_000],
    ])('splits %d s into %d s and %d ns', (seconds, sec, nanosec) => {
        expect(stamp(seconds)).toEqual({ sec, nanosec })
    })
})

describe('joint states', () => {
    it('hold every joint in SI units and no effort, because a duty is no torque', () => {
        expect(jointStateMessage(STATE)).toEqual({
            header: header(''),
            name: ['left_wheel', 'right_wheel'],
            position: [1.5, 2.5],
            velocity: [-2, 3],
            effort: [],
        })
    })

    it('leave out a joint whose sample was dropped', () => {
        const joints = [{ ...STATE.joints[0], valid: false }, STATE.joints[1]]
        expect(jointStateMessage({ ...STATE, joints })).toMatchObject({
            name: ['right_wheel'],
            position: [2.5],
            velocity: [3],
        })
    })

    it('are none when every sample was dropped', () => {
        const joints = STATE.joints.map(joint => ({ ...joint, valid: false }))
        expect(jointStateMessage({ ...STATE, joints })).toBeUndefined()
    })

    it('have null where JSON has no number', () => {
        const joints = [{ ...STATE.joints[0], velocity: NaN }]
        expect(JSON.parse(JSON.stringify(jointStateMessage({ ...STATE, joints })))).toMatchObject({ velocity: [null] })
    })
})

describe('odometry', () => {
    const encode = odometryEncoder(DRIVE)

    it('holds the pose in odom and the twist in base_link', () => {
        const message = encode(STATE)!
        expect(message.header).toEqual(header('odom'))
        expect(message.child_frame_id).toBe('base_link')
        expect(message.pose.pose.position).toEqual({ x: 1, y: 2, z: 0 })
        expect(message.twist.twist).toEqual({ linear: { x: 0.3, y: 0, z: 0 }, angular: { x: 0, y: 0, z: 0.7 } })
    })

    it.each([
        ['a quarter turn left', Math.PI / 2, Math.SQRT1_2, Math.SQRT1_2],
        ['a quarter turn right', -Math.PI / 2, -Math.SQRT1_2, Math.SQRT1_2],
        ['nothing', 0, 0, 1],
        ['half a turn', Math.PI, 1, 0],
        ['a turn and a half', 3 * Math.PI, -1, 0],
    ])('turns %s into its quaternion', (_, heading, z, w) => {
        const { orientation } = encode({ ...STATE, odometry: { ...STATE.odometry!, heading } })!.pose.pose
        expect(orientation.x).toBe(0)
        expect(orientation.y).toBe(0)
        expect(orientation.z).toBeCloseTo(z, 12)
        expect(orientation.w).toBeCloseTo(w, 12)
    })

    it('states its covariance row-major, large where nothing is measured', () => {
        const { pose, twist } = encode(STATE)!
        expect(pose.covariance).toHaveLength(36)
        expect([0, 7, 14, 21, 28, 35].map(i => pose.covariance[i])).toEqual([
            expect.closeTo(0.0025, 9),
            expect.closeTo(0.0025, 9),
            1e6,
            1e6,
            1e6,
            expect.closeTo(0.0025, 9),
        ])
        // Wheels of 0.1 m, each 0.15 rad/s wrong: 0.015 m/s at each rim. The mean of both errs by 0.015/√2 m/s, the
        // difference over 0.5 m by 0.015·√2/0.5 rad/s.
        expect(twist.covariance[0]).toBeCloseTo(0.0001125, 12)
        expect(twist.covariance[35]).toBeCloseTo(0.0018, 12)
        expect(pose.covariance.filter(value => value !== 0)).toHaveLength(6)
        expect(twist.covariance.filter(value => value !== 0)).toHaveLength(6)
    })

    it('is none for a sample without it', () => {
        expect(encode({ ...STATE, odometry: undefined })).toBeUndefined()
    })
})

describe('imu', () => {
    it('holds orientation, angular velocity and acceleration in base_link', () => {
        expect(imuMessage(STATE)).toMatchObject({
            header: header('base_link'),
            orientation: { x: 0.1, y: 0.2, z: 0.3, w: 0.9 },
            angular_velocity: { x: 0.01, y: 0.02, z: 0.03 },
            linear_acceleration: { x: 0.5, y: -0.5, z: 9.8 },
        })
    })

    it('states its covariances: heading as an angle of which nothing is known', () => {
        const message = imuMessage(STATE)!
        const diagonal = (matrix: number[]) => [0, 4, 8].map(i => matrix[i])
        // Uniform over 2π: variance (2π)²/12.
        expect(diagonal(message.orientation_covariance)[2]).toBeCloseTo((2 * Math.PI) ** 2 / 12, 12)
        for (const name of ['orientation', 'angular_velocity', 'linear_acceleration'] as const) {
            const covariance = message[`${name}_covariance`]
            expect(covariance).toHaveLength(9)
            expect(Math.min(...diagonal(covariance)), name).toBeGreaterThan(0)
            expect(covariance.filter(value => value !== 0)).toHaveLength(3)
        }
    })

    it('is none for a sample without it', () => {
        expect(imuMessage({ ...STATE, imu: undefined })).toBeUndefined()
    })
})
