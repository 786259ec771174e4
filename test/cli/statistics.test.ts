import { describe, expect, it } from 'vitest'
import { commonDrive, fixedVelocity } from '../../src/cli/drive'
import { startFixedDrive } from '../../src/cli/fixed-drive'
import { SETPOINT_MS } from '../../src/host/robot-drive'
import { spread, TickStatistics } from '../../src/cli/tick-statistics'
import type { SimulatedBoard, TickCost } from '../../src/sim/simulated-board'
import { KinematicRobot } from '../bridge/kinematic-robot'

describe('tick statistics', () => {
    const cost = (startUs: number, transactions: number, totalUs: number): TickCost => ({
        startUs,
        operations: 100,
        calls: 1,
        builtins: 2,
        transactions,
        busUs: 50,
        collectionUs: 0,
        totalUs,
    })

    it('take as ticks what talks to the bus as much as is usual, or more', () => {
        const board: Pick<SimulatedBoard, 'onTick'> = { onTick: undefined }
        const statistics = new TickStatistics(board as SimulatedBoard)
        const costs = [
            // Start-up; five ticks, one of them with housekeeping; a single transaction between two of them.
            cost(0, 2, 900),
            cost(10_000, 6, 3000),
            cost(20_000, 6, 3100),
            cost(25_000, 1, 200),
            cost(30_500, 10, 4000),
            cost(40_000, 6, 3000),
            cost(50_000, 6, 2900),
        ]
        for (const each of costs) board.onTick!(each)
        expect(statistics.ticks().map(({ totalUs }) => totalUs)).toEqual([3000, 3100, 4000, 3000, 2900])
        const { min, mean, max } = statistics.periodMs()
        expect([min, mean, max].map(value => Math.round(value * 1000))).toEqual([9500, 10_000, 10_500])
    })

    it('have nothing to say about nothing', () => {
        expect(spread([])).toEqual({ min: NaN, mean: NaN, max: NaN })
        expect(spread([3, -1, 4])).toEqual({ min: -1, mean: 2, max: 4 })
    })
})

describe('the fixed drive', () => {
    it.each([
        [0, 0.3, 0],
        [1.999, 0.3, 0],
        [2, 0.25, 0.8],
        [4, 0, 1.5],
        [5.5, 0, 0],
        [6, 0.25, -0.8],
        [8, -0.2, 0],
        [9.5, 0, 0],
        [10, 0.3, 0],
        [1004, 0, 1.5],
    ])('is after %d s at %d m/s and %d rad/s', (time, linear, angular) => {
        expect(fixedVelocity(time)).toEqual({ linear, angular })
    })

    it('sends a setpoint each 20 ms on absolute deadlines, until it is ended', async () => {
        const robot = new KinematicRobot()
        const times: number[] = []
        robot.on('drive', () => times.push(robot.scheduler.now()))
        await robot.arm()
        const end = startFixedDrive(robot, robot.scheduler, commonDrive)
        robot.step(10)
        end()
        robot.step(10)
        expect(times).toEqual([0, 1, 2, 3, 4, 5].map(i => i * SETPOINT_MS))
    })

    it('arms a robot that has stopped by its deadline, at the beginning of a round', async () => {
        const robot = new KinematicRobot()
        await robot.arm()
        robot.drive({ linear: 0, angular: 0 })
        robot.step(20)
        expect(robot.state?.mode).toBe('timeout')
        const end = startFixedDrive(robot, robot.scheduler, commonDrive)
        robot.step(5)
        expect(robot.state?.mode).toBe('armed')
        end()
    })
})
