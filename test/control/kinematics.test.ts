import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MecanumDrive } from '../../src/control/mecanum-drive'
import { TwoLinkArm } from '../../src/control/two-link-arm'

describe('MecanumDrive', () => {
    const config = { wheelRadius: 0.05, trackWidth: 0.3, wheelBase: 0.2 }

    it.each([
        ['forward', [0.5, 0, 0], [10, 10, 10, 10]],
        ['left', [0, 0.5, 0], [-10, 10, 10, -10]],
        ['turning left', [0, 0, 2], [-10, 10, -10, 10]],
    ])('%s turns the wheels as the rollers ask', (_name, [forward, left, angular], speeds) => {
        const drive = new MecanumDrive(config)
        const { frontLeft, frontRight, rearLeft, rearRight } = drive.inverse(forward, left, angular)
        ;[frontLeft, frontRight, rearLeft, rearRight].forEach((speed, i) => expect(speed).toBeCloseTo(speeds[i], 12))
    })

    it('knows each velocity from the wheels that it asked for, and takes out what contradicts', () => {
        const drive = new MecanumDrive(config)
        const number = fc.double({ min: -5, max: 5, noNaN: true })
        fc.assert(
            fc.property(number, number, number, number, (forward, left, angular, slip) => {
                const wheels = drive.inverse(forward, left, angular)
                // Front wheels together against rear wheels: a motion that the body can't make.
                const body = drive.forward(
                    wheels.frontLeft + slip,
                    wheels.frontRight + slip,
                    wheels.rearLeft - slip,
                    wheels.rearRight - slip,
                )
                expect(body.forward).toBeCloseTo(forward, 9)
                expect(body.left).toBeCloseTo(left, 9)
                expect(body.angular).toBeCloseTo(angular, 9)
            }),
            { seed: 51, numRuns: 300 },
        )
    })

    it('drives a circle sideways and comes back, in steps of any size', () => {
        for (const steps of [8, 1000]) {
            const drive = new MecanumDrive(config)
            // 0.4 m/s to the left while turning at 1 rad/s: a circle of 0.4 m about a point ahead of the robot.
            const { frontLeft, frontRight, rearLeft, rearRight } = drive.inverse(0, 0.4, 1)
            for (let i = 0; i <= steps; i++) {
                const time = (2 * Math.PI * i) / steps
                const pose = drive.update(frontLeft * time, frontRight * time, rearLeft * time, rearRight * time)
                if (i === steps / 2) {
                    expect(pose.x).toBeCloseTo(-0.8, 9)
                    expect(pose.y).toBeCloseTo(0, 9)
                }
            }
            expect(drive.pose.x).toBeCloseTo(0, 9)
            expect(drive.pose.y).toBeCloseTo(0, 9)
            expect(drive.pose.heading).toBeCloseTo(2 * Math.PI, 9)
        }
    })

    it('drops and counts bad positions; starts anew where it is told', () => {
        const drive = new MecanumDrive(config)
        drive.update(0, 0, 0, 0)
        drive.update(NaN, 0, 0, 0)
        drive.update(1, 1, 1, 1)
        expect(drive.pose).toEqual({ x: 0.05, y: 0, heading: 0, rejected: 1 })
        drive.reset(1, 2, 3)
        expect(drive.update(5, 6, 7, 8)).toEqual({ x: 1, y: 2, heading: 3, rejected: 0 })
        expect(() => new MecanumDrive({ ...config, wheelBase: 0 })).toThrow('wheelBase: got 0')
    })
})

describe('TwoLinkArm', () => {
    const arm = new TwoLinkArm({ upper: 0.3, fore: 0.2 })

    it('knows its corners', () => {
        expect(arm.inverse(0.3, 0.2, false)).toBeUndefined()
        expect(arm.angles.shoulder).toBeCloseTo(0, 12)
        expect(arm.angles.elbow).toBeCloseTo(Math.PI / 2, 12)
        expect(arm.inverse(0.3, -0.2, true)).toBeUndefined()
        expect(arm.angles.elbow).toBeCloseTo(-Math.PI / 2, 12)
        expect(arm.inverse(0, 0.5, true)).toBeUndefined()
        expect(arm.angles.shoulder).toBeCloseTo(Math.PI / 2, 6)
        expect(arm.angles.elbow).toBeCloseTo(0, 6)
    })

    it('reaches with both elbows every point that it reaches at all', () => {
        const angle = fc.double({ min: -Math.PI, max: Math.PI, noNaN: true })
        fc.assert(
            fc.property(angle, angle, (shoulder, elbow) => {
                const { x, y } = arm.forward(shoulder, elbow)
                for (const up of [true, false]) {
                    expect(arm.inverse(x, y, up)).toBeUndefined()
                    // Folded flat, -π and π are one.
                    const folded = Math.PI - Math.abs(arm.angles.elbow) < 1e-6
                    expect(folded || (up ? arm.angles.elbow <= 0 : arm.angles.elbow >= 0)).toBe(true)
                    const again = arm.forward(arm.angles.shoulder, arm.angles.elbow)
                    expect(again.x).toBeCloseTo(x, 9)
                    expect(again.y).toBeCloseTo(y, 9)
                }
            }),
            { seed: 52, numRuns: 500 },
        )
    })

    it('has the velocity that its positions show', () => {
        const step = 1e-6
        const before = { ...arm.forward(0.4 - step * 0.7, -1.1 + step * 1.3) }
        const after = { ...arm.forward(0.4 + step * 0.7, -1.1 - step * 1.3) }
        const { vx, vy } = arm.forward(0.4, -1.1, 0.7, -1.3)
        expect((after.x - before.x) / (2 * step)).toBeCloseTo(vx, 8)
        expect((after.y - before.y) / (2 * step)).toBeCloseTo(vy, 8)
    })

    it.each([
        [0.51, 0, 'too-far'],
        [0, -0.6, 'too-far'],
        [0.09, 0, 'too-near'],
        [0, 0, 'too-near'],
        [NaN, 0, 'not-a-point'],
        [0, Infinity, 'not-a-point'],
    ])('says why (%s, %s) is out of reach: %s, and keeps the last answer', (x, y, why) => {
        arm.inverse(0.3, 0.1, true)
        const before = { ...arm.angles }
        expect(arm.inverse(x, y, true)).toBe(why)
        expect(arm.angles).toEqual(before)
    })
})
