import { describe, expect, expectTypeOf, it, vi } from 'vitest'
import { rover } from '../../examples/rover'
import { ConnectedRobot } from '../../src/api/connected-robot'
import type { JointName, ParameterName, RobotSpec } from '../../src/api/robot-spec'
import type { JointSetpoint } from '../../src/host/robot'
import { JointRobot } from '../bridge/joint-robot'
import { KinematicRobot } from '../bridge/kinematic-robot'

const arm = {
    name: 'arm',
    joints: {
        shoulder: { kind: 'revolute', velocityLimit: 2, effortLimit: 0.8, positionMin: -1.5, positionMax: 1.5 },
        elbow: { kind: 'revolute', velocityLimit: 2, effortLimit: 0.8, positionMin: -1.5, positionMax: 1.5 },
    },
    drives: false,
    parameters: ['elbow.kp', 'elbow.direction'],
} as const satisfies RobotSpec

function connectedArm() {
    const robot = new JointRobot()
    return { robot, planner: new ConnectedRobot<typeof arm>(robot, robot.scheduler, true) }
}

function connectedRover() {
    const robot = new KinematicRobot()
    return { robot, planner: new ConnectedRobot<typeof rover>(robot, robot.scheduler, true) }
}

/** Lets ms pass, and promises settle in between. */
async function pass(robot: KinematicRobot, ms: number): Promise<void> {
    for (let t = 0; t < ms; t += 10) {
        robot.step()
        await new Promise(setImmediate)
    }
}

describe('a typed robot', () => {
    it('knows its joints and parameters at compile time', () => {
        expectTypeOf<JointName<typeof arm>>().toEqualTypeOf<'shoulder' | 'elbow'>()
        expectTypeOf<ParameterName<typeof arm>>().toEqualTypeOf<'elbow.kp' | 'elbow.direction'>()
        const { robot, planner } = connectedArm()
        type Refused = (planner: ConnectedRobot<typeof arm>) => unknown
        const refused: Refused[] = [
            // @ts-expect-error there is no such joint
            planner => planner.joint('wrist'),
            // @ts-expect-error there is no such joint
            planner => planner.command({ shoulder: { position: 0 }, wrist: { position: 0 } }),
            // @ts-expect-error a setpoint has one quantity
            planner => planner.command({ shoulder: { torque: 1 } }),
            // @ts-expect-error there is no such joint
            planner => planner.follow({ joints: ['wrist'], points: [] }),
            // @ts-expect-error there is no such parameter
            planner => planner.setParameter('elbow.ki', 1),
            // @ts-expect-error an arm does not drive
            planner => planner.drive({ linear: 1, angular: 0 }),
        ]
        expect(refused).toHaveLength(6)
        robot.step()
        expectTypeOf(planner.state!.joints[0].name).toEqualTypeOf<'shoulder' | 'elbow'>()
        const any = new ConnectedRobot(new JointRobot(), new JointRobot().scheduler, true)
        expectTypeOf(any.joint).parameter(0).toEqualTypeOf<string>()
    })

    it('commands what the names say', () => {
        const { robot, planner } = connectedArm()
        planner.command({ elbow: { position: 0.5 } })
        planner.joint('shoulder').setVelocity(1)
        expect(robot.told).toEqual([
            ['elbow', 'position', 0.5],
            ['shoulder', 'velocity', 1],
        ])
    })

    it('reads and sets parameters', async () => {
        const { planner } = connectedArm()
        expect((await planner.parameters()).map(({ name, value }) => [name, value])).toEqual([
            ['elbow.kp', 4],
            ['elbow.direction', 1],
        ])
        expect(await planner.setParameter('elbow.kp', 5)).toMatchObject({ value: 5, max: 10 })
        await expect(planner.setParameter('elbow.kp', 11)).rejects.toThrow('elbow.kp is 11; allowed: 0 to 10')
        const { planner: bare } = connectedRover()
        expect(await bare.parameters()).toEqual([])
    })
})

describe('repeating', () => {
    it('sends each 20 ms what the function says, until the time is over', async () => {
        const { robot, planner } = connectedArm()
        await robot.arm()
        const times: number[] = []
        let done = false
        const command = vi.spyOn(robot, 'command')
        const repeated = planner.repeat(
            time => {
                times.push(time)
                return { elbow: { position: time } }
            },
            { seconds: 0.1 },
        )
        void repeated.then(() => (done = true))
        await pass(robot, 90)
        expect(done).toBe(false)
        await pass(robot, 20)
        expect(done).toBe(true)
        expect(times).toEqual([0, 0.02, 0.04, 0.06, 0.08].map(time => expect.closeTo(time, 6) as number))
        expect(command).toHaveBeenCalledTimes(5)
    })

    it('ends when it is aborted, and then sends nothing', async () => {
        const { robot, planner } = connectedArm()
        await robot.arm()
        const abort = new AbortController()
        const command = vi.spyOn(robot, 'command')
        const repeated = planner.repeat({ elbow: { velocity: 1 } }, { signal: abort.signal })
        await pass(robot, 50)
        abort.abort()
        await repeated
        const { length } = command.mock.calls
        await pass(robot, 100)
        expect(command).toHaveBeenCalledTimes(length)
        expect(command.mock.calls[0]).toEqual([{ elbow: { velocity: 1 } } satisfies Record<string, JointSetpoint>])
    })

    it.each([
        ['stop', 'the robot is estop: estop'],
        ['disarm', 'the robot is idle: arm it first'],
    ] as const)('tells that the robot is no longer armed after a %s', async (end, message) => {
        const { robot, planner } = connectedArm()
        await robot.arm()
        const repeated = planner.repeat({ elbow: { velocity: 1 } })
        const refused = expect(repeated).rejects.toMatchObject({ code: 'blocked', message })
        await pass(robot, 100)
        await robot[end]()
        await pass(robot, 300)
        await refused
    })
})

describe('waiting', () => {
    it('gives the first state that fits, now or later', async () => {
        const { robot, planner } = connectedRover()
        robot.step()
        expect((await planner.until(({ mode }) => mode === 'idle')).tick).toBe(1)
        const armed = planner.until(({ mode }) => mode === 'armed')
        await robot.arm()
        robot.step(2)
        expect((await armed).tick).toBe(2)
    })

    it('ends after its time, and when it is aborted', async () => {
        const { robot, planner } = connectedRover()
        const late = planner.until(() => false, { timeoutMs: 50 })
        const refused = expect(late).rejects.toMatchObject({ code: 'no-answer' })
        await pass(robot, 60)
        await refused
        const reason = new Error('enough')
        await expect(planner.until(() => false, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    })

    it('takes back an arming that is aborted', async () => {
        const { robot, planner } = connectedRover()
        let answer = () => {}
        vi.spyOn(robot, 'arm').mockImplementation(() => new Promise(resolve => (answer = resolve)))
        const disarm = vi.spyOn(robot, 'disarm')
        const abort = new AbortController()
        const arming = planner.arm({ signal: abort.signal })
        const reason = new Error('changed my mind')
        abort.abort(reason)
        await expect(arming).rejects.toBe(reason)
        expect(disarm).not.toHaveBeenCalled()
        answer()
        await vi.waitFor(() => expect(disarm).toHaveBeenCalledTimes(1))
    })
})

it('faults come as they are raised and cleared', async () => {
    const { robot, planner } = connectedRover()
    const abort = new AbortController()
    robot.step()
    const faults = planner.faults({ signal: abort.signal })
    await robot.arm()
    robot.step(3)
    await robot.stop()
    robot.step(3)
    await robot.disarm()
    robot.step(3)
    abort.abort()
    const seen: unknown[] = []
    for await (const { mode, raised, cleared } of faults) seen.push([mode, raised, cleared])
    expect(seen).toEqual([
        ['idle', [], []],
        ['armed', [], []],
        ['estop', ['estop'], []],
        ['idle', [], ['estop']],
    ])
})
