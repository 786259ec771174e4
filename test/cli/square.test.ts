import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { SQUARE_SECONDS, squareAt } from '../../src/cli/square-path'
import { driveSquare, PlannerError, type SquareOptions } from '../../src/cli/square-planner'
import { connectSimulated, schedulerOf, settle, simulate } from '../../src/simulate'
import { KinematicRobot } from '../bridge/kinematic-robot'
import { needFirmware } from './tendon'

needFirmware(true)

describe('the path', () => {
    it.each([
        [-1, 0, 0, 0],
        [0, 0, 0, 0],
        [1.8, 0.5, 0, 0],
        [3.6, 1, 0, 0],
        [4.3, 1, 0, 45],
        [5, 1, 0, 90],
        [8.6, 1, 1, 90],
        [10, 1, 1, 180],
        [13.6, 0, 1, 180],
        [15, 0, 1, 270],
        [18.6, 0, 0, 270],
        [20, 0, 0, 360],
        [99, 0, 0, 360],
    ])('is after %d s at (%d, %d), heading %d°', (time, x, y, degrees) => {
        const point = squareAt(time, 1)
        expect(point.x).toBeCloseTo(x, 9)
        expect(point.y).toBeCloseTo(y, 9)
        expect(point.heading).toBeCloseTo((degrees * Math.PI) / 180, 9)
    })

    it('has the velocity that its positions change by, and no jump in it', () => {
        const dt = 1e-4
        let speed = 0
        for (let time = 0; time < SQUARE_SECONDS + 1; time += 0.0137) {
            const [before, here, after] = [-dt, 0, dt].map(offset => squareAt(time + offset, 1))
            const travel = Math.hypot(after.x - before.x, after.y - before.y) / (2 * dt)
            expect(here.linear).toBeCloseTo(travel, 4)
            expect(here.angular).toBeCloseTo((after.heading - before.heading) / (2 * dt), 4)
            expect(Math.abs(here.linear - speed)).toBeLessThan(0.02)
            speed = here.linear
        }
        expect(squareAt(SQUARE_SECONDS, 1)).toMatchObject({ linear: 0, angular: 0 })
    })

    it('stays within what the rover can: 15 rad/s at a wheel of 40 mm, 240 mm apart', () => {
        for (let time = 0; time < SQUARE_SECONDS; time += 0.01) {
            const { linear, angular } = squareAt(time, 1)
            expect((Math.abs(linear) + Math.abs(angular) * 0.12) / 0.04).toBeLessThan(15)
        }
    })
})

describe('the planner', () => {
    it('drives the simulated rover around a square that closes within 5 cm by the true pose', async () => {
        const simulated = await simulate({ robot: 'rover' })
        const session = await connectSimulated(simulated)
        const begin = simulated.body.pose()
        const corners: number[] = []
        session.onState(() => {
            const { x, y } = simulated.body.pose()
            ;[
                [1, 0],
                [1, 1],
                [0, 1],
            ].forEach(([cx, cy], i) => {
                corners[i] = Math.min(corners[i] ?? Infinity, Math.hypot(x - cx, y - cy))
            })
        })
        const result = await settle(simulated, driveSquare(session, schedulerOf(simulated.clock)))
        const end = simulated.body.pose()
        expect(result).toMatchObject({ finished: true, rearmed: 0 })
        for (const corner of corners) expect(corner).toBeLessThan(0.05)
        expect(Math.hypot(end.x - begin.x, end.y - begin.y)).toBeLessThan(0.05)
        expect(Math.abs(end.heading - begin.heading - 2 * Math.PI)).toBeLessThan(0.05)
        // The next report tells.
        simulated.runUntil(simulated.clock.now / 1e6 + 0.1)
        expect(session.state?.mode).toBe('idle')
        await session.close()
    })

    /** Drives the kinematic robot, tick by tick, until the planner is done. `each` sees every tick. */
    async function drive(robot: KinematicRobot, options: SquareOptions = {}, each: (tick: number) => void = () => {}) {
        robot.step()
        let done = false
        const result = driveSquare(robot, robot.scheduler, options).finally(() => (done = true))
        result.catch(() => undefined)
        for (let tick = 0; !done && tick < 10_000; tick++) {
            await setImmediate()
            each(tick)
            if (!done) robot.step()
        }
        return result
    }

    it('follows the path of a robot without faults almost exactly', async () => {
        const robot = new KinematicRobot()
        const parts: number[] = []
        const result = await drive(robot, { side: 0.5, onProgress: part => parts.push(part) })
        expect(result).toMatchObject({ finished: true, rearmed: 0 })
        expect(result.closingError).toBeLessThan(0.005)
        expect(parts).toEqual([...parts].sort((a, b) => a - b))
        expect(parts.at(-1)).toBe(1)
        robot.step()
        expect(robot.state?.mode).toBe('idle')
    })

    it('starts from wherever the robot is', async () => {
        const robot = new KinematicRobot()
        await robot.arm()
        for (let i = 0; i < 100; i++) {
            robot.drive({ linear: 0.3, angular: 1 })
            robot.step()
        }
        await robot.disarm()
        robot.step()
        const begin = robot.state!.odometry!
        expect(Math.hypot(begin.x, begin.y)).toBeGreaterThan(0.2)
        const result = await drive(robot, { side: 0.5 })
        const end = robot.state!.odometry!
        expect(Math.hypot(end.x - begin.x, end.y - begin.y)).toBeLessThan(0.005)
        expect(result.closingError).toBeLessThan(0.005)
    })

    it('arms again when the deadline has stopped the robot, and still closes the square', async () => {
        const robot = new KinematicRobot()
        const result = await drive(robot, { side: 0.5 }, tick => {
            // For 0.3 s the planner does not get to run.
            if (tick === 300) robot.step(30)
        })
        expect(result).toMatchObject({ finished: true, rearmed: 1 })
        expect(result.closingError).toBeLessThan(0.01)
    })

    it('stops when the robot is stopped by somebody else', async () => {
        const robot = new KinematicRobot()
        const end = drive(robot, {}, tick => void (tick === 200 && robot.stop()))
        await expect(end).rejects.toThrow(PlannerError)
        await expect(end).rejects.toThrow('the robot stopped on its way: mode estop')
    })

    it('says what blocks the robot', async () => {
        const robot = new KinematicRobot()
        robot.blocked = ['supply']
        await expect(drive(robot)).rejects.toThrow('arming is blocked by: supply')
    })

    it('disarms and reports an unfinished square when it is told to end', async () => {
        const robot = new KinematicRobot()
        const abort = new AbortController()
        const result = await drive(robot, { signal: abort.signal }, tick => void (tick === 200 && abort.abort()))
        expect(result.finished).toBe(false)
        robot.step()
        expect(robot.state?.mode).toBe('idle')
    })
})
