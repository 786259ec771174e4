import { Action, Param, Topic } from 'roslib'
import { describe, expect, it } from 'vitest'
import { callService, Inbox, openDoorWithRoslib, settled, type Status } from './planner'
import { FoxglovePlanner, openFoxglove } from './foxglove-client'
import { JointRobot } from './joint-robot'

const ACTION = '/joint_trajectory_controller/follow_joint_trajectory'
const ACTION_TYPE = 'control_msgs/action/FollowJointTrajectory'
const TRAJECTORY = '/joint_trajectory_controller/joint_trajectory'

async function connect(armed = true) {
    const robot = new JointRobot()
    const { ros } = await openDoorWithRoslib({}, robot)
    if (armed) await robot.arm()
    robot.step()
    const errors = new Inbox<Status>()
    ros.on('status', message => errors.push(message as unknown as Status))
    return { robot, ros, errors }
}

const point = (seconds: number, positions: unknown, more: object = {}) => ({
    positions,
    time_from_start: { sec: Math.floor(seconds), nanosec: Math.round((seconds % 1) * 1e9) },
    ...more,
})
const trajectory = (points: unknown, more: object = {}) => ({ joint_names: ['shoulder', 'elbow'], points, ...more })
const STRAIGHT = trajectory([point(0.1, [0, 0]), point(0.5, [0.4, -0.8])])

describe('rosbridge, to a planner that commands joints,', () => {
    it.each([
        ['/forward_position_controller/commands', 'position', [1.5, -1.5]],
        ['/forward_velocity_controller/commands', 'velocity', [2, -0.5]],
        ['/forward_effort_controller/commands', 'effort', [0.8, 0]],
    ])('hands what comes on %s to the joints, in their order', async (name, what, data) => {
        const { robot, ros } = await connect()
        const topic = new Topic<object>({ ros, name, messageType: 'std_msgs/msg/Float64MultiArray' })
        topic.publish({ layout: { dim: [], data_offset: 0 }, data })
        topic.publish({ data })
        await settled(ros)
        const told = [
            ['shoulder', what, data[0]],
            ['elbow', what, data[1]],
        ]
        expect(robot.told).toEqual([...told, ...told])
    })

    it.each<[string, unknown, string]>([
        ['position', { data: [1.6, 0] }, 'data[0] (shoulder) is 1.6; allowed: -1.5 to 1.5 rad'],
        ['velocity', { data: [0, -2.1] }, 'data[1] (elbow) is -2.1; allowed: -2 to 2 rad/s'],
        ['effort', { data: [0, 0.9] }, 'data[1] (elbow) is 0.9; allowed: -0.8 to 0.8 of full duty'],
        ['position', { data: [0] }, 'data has 1 values; needed: 2, for shoulder, elbow'],
        ['position', { data: [0, 0, 0] }, 'data has 3 values; needed: 2'],
        ['position', { data: [0, null] }, 'data[1] is null; needed: a number'],
        ['position', { data: [0, 'NaN'] }, 'data[1] is "NaN"; needed: a number'],
        ['position', { data: 1 }, 'data is 1; needed: a list of numbers'],
        ['position', {}, 'data is missing; needed: a list of numbers'],
        ['position', { data: [0, 0], layout: 3 }, 'layout is 3; needed: an object'],
        ['position', { data: [0, 0], dat: [] }, 'msg has the unknown field "dat"'],
        ['position', [0, 0], 'msg is an array; needed: an object with data'],
    ])('refuses a %s command %j, and no joint is told anything', async (what, msg, text) => {
        const { robot, ros, errors } = await connect()
        ros.callOnConnection({ op: 'publish', topic: `/forward_${what}_controller/commands`, msg } as never)
        await settled(ros)
        expect(errors.messages.map(({ level, msg }) => [level, msg])).toEqual([
            ['error', expect.stringContaining(`publish: ${text}`)],
        ])
        expect(robot.told).toEqual([])
    })
})

describe('rosbridge, to a planner with a trajectory,', () => {
    const bad: [object, string][] = [
        [{}, 'joint_names is missing; needed: a list of names'],
        [{ joint_names: ['shoulder', 'wrist'], points: [] }, 'joint_names has "wrist"; the robot has: shoulder, elbow'],
        [{ joint_names: ['shoulder'], points: [] }, 'joint_names is without elbow'],
        [{ joint_names: ['elbow', 'shoulder', 'elbow'], points: [] }, 'joint_names has a joint twice'],
        [trajectory([]), 'points has 0; needed: a list of 1 to 1000 points'],
        [trajectory(7), 'points is 7; needed: a list'],
        [trajectory([point(0.1, [0])]), 'points[0].positions has 1 values; needed: 2'],
        [trajectory([point(0.1, [])]), 'points[0].positions is empty'],
        [trajectory([point(0.1, [0, null])]), 'points[0].positions[1] is null; needed: a number'],
        [trajectory([point(0.1, [0, 1.6])]), 'points[0].positions (elbow) is 1.6; allowed: -1.5 to 1.5 rad'],
        [
            trajectory([point(0.1, [0, 0], { velocities: [0, 3] })]),
            'points[0].velocities (elbow) is 3; allowed: -2 to 2',
        ],
        [trajectory([point(0.1, [0, 0], { velocities: [0, 1] })]), 'the last point has elbow at 1 rad/s; needed: 0'],
        [trajectory([point(0.2, [0, 0]), point(0.2, [0, 0])]), 'points[1].time_from_start is 0.2 s; needed: later'],
        [trajectory([point(-1, [0, 0])]), 'points[0].time_from_start is -1 s; allowed: 0 to 3600 s'],
        [trajectory([{ positions: [0, 0] }]), 'points[0].time_from_start is missing'],
        [trajectory([point(0.1, [0, 0], { effort: [1, 1] })]), 'points[0].effort is given'],
        [
            trajectory([point(0.1, [0, 0])], { header: { stamp: { sec: 1, nanosec: 0 } } }),
            's ago: too late; needed: 0 for now, or later',
        ],
    ]
    it.each(bad)('refuses %j as a goal and on the topic', async (message, text) => {
        const { robot, ros, errors } = await connect()
        const action = new Action<object, object, object>({ ros, name: ACTION, actionType: ACTION_TYPE })
        const failed = await new Promise<string>((resolve, reject) =>
            action.sendGoal({ trajectory: message }, reject, undefined, resolve),
        )
        expect(failed).toContain(text)
        ros.callOnConnection({ op: 'publish', topic: TRAJECTORY, msg: message } as never)
        await settled(ros)
        expect(errors.messages.at(-1)!.msg).toContain(text)
        expect(robot.trajectory).toBeUndefined()
    })

    it.each<[object, string]>([
        [{ path_tolerance: [{ name: 'wrist' }] }, 'path_tolerance[0].name is "wrist"; the robot has: shoulder, elbow'],
        [{ goal_tolerance: [{ name: 'elbow', position: -2 }] }, 'goal_tolerance[0].position is -2; needed: rad from 0'],
        [{ goal_tolerance: [{ name: 'elbow', velocity: 1 }] }, 'goal_tolerance[0].velocity is 1; only positions are'],
        [{ goal_time_tolerance: { sec: -1 } }, 'goal_time_tolerance is -1 s; allowed: 0 to 3600 s'],
        [{ tolerance: [] }, 'the goal has the unknown field "tolerance"'],
    ])('refuses the tolerances %j', async (more, text) => {
        const { robot, ros } = await connect()
        const action = new Action<object, object, object>({ ros, name: ACTION, actionType: ACTION_TYPE })
        const failed = await new Promise<string>((resolve, reject) =>
            action.sendGoal({ trajectory: STRAIGHT, ...more }, reject, undefined, resolve),
        )
        expect(failed).toContain(text)
        expect(robot.trajectory).toBeUndefined()
    })

    it('refuses a goal while the robot is not armed', async () => {
        const { ros } = await connect(false)
        const action = new Action<object, object, object>({ ros, name: ACTION, actionType: ACTION_TYPE })
        const failed = await new Promise<string>((resolve, reject) =>
            action.sendGoal({ trajectory: STRAIGHT }, reject, undefined, resolve),
        )
        expect(failed).toContain('the robot is idle: call /arm first')
    })

    it('takes a goal as soon as /arm is answered, before a sample says so', async () => {
        const { robot, ros } = await connect(false)
        await callService(ros, '/arm')
        expect(robot.state!.mode).toBe('idle')
        const action = new Action<object, object, object>({ ros, name: ACTION, actionType: ACTION_TYPE })
        const failed: string[] = []
        const result = new Promise(resolve =>
            action.sendGoal({ trajectory: STRAIGHT }, resolve, undefined, text => failed.push(text)),
        )
        await settled(ros)
        expect(failed).toEqual([])
        robot.step(60)
        expect(await result).toEqual({ error_code: 0, error_string: '' })
    })

    /** Sends a goal; its feedback, its end, and the id to cancel it by. */
    async function send(goal: object = {}, message: object = STRAIGHT) {
        const connection = await connect()
        const { ros } = connection
        const feedback = new Inbox<{ joint_names: string[]; desired: { positions: number[] } }>()
        const ends = new Inbox<{ result?: object; failed?: string }>()
        const action = new Action<object, object, object>({ ros, name: ACTION, actionType: ACTION_TYPE })
        const id = action.sendGoal(
            { trajectory: message, ...goal },
            result => ends.push({ result }),
            feedback.push as (message: object) => void,
            failed => ends.push({ failed }),
        )!
        await settled(ros)
        return { ...connection, action, id, feedback, ends }
    }

    it('runs it with feedback, in the order of the robot’s joints, and tells its end', async () => {
        const swapped = { joint_names: ['elbow', 'shoulder'], points: [point(0.1, [0, 0]), point(0.5, [-0.8, 0.4])] }
        const { robot, ros, feedback, ends } = await send({}, swapped)
        expect(robot.trajectory).toMatchObject({
            joints: ['shoulder', 'elbow'],
            points: [{}, { time: 0.5, positions: [0.4, -0.8] }],
        })
        robot.step(40)
        await settled(ros)
        expect(ends.messages).toEqual([])
        robot.step(11)
        expect(await ends.count(1)).toEqual([{ result: { error_code: 0, error_string: '' } }])
        // Every 50 ms, over half a second.
        expect(feedback.messages.length).toBeGreaterThanOrEqual(9)
        expect(feedback.messages.at(-1)!.joint_names).toEqual(['shoulder', 'elbow'])
        expect(feedback.messages.at(-1)!.desired.positions[0]).toBeCloseTo(0.4, 1)
    })

    it('ends it when it is canceled, by id or all at once', async () => {
        for (const all of [false, true]) {
            const { robot, action, id, ends } = await send()
            robot.step(5)
            if (all) action.cancelAllGoals()
            else action.cancelGoal(id)
            const [{ failed }] = await ends.count(1)
            expect(failed).toContain('canceled')
        }
    })

    it.each([
        ['path_tolerance', -4, 0.2],
        ['goal_tolerance', -5, 0.2],
    ])('ends it when %s is exceeded', async (name, code, lag) => {
        const { robot, ros, ends } = await send({
            [name]: [{ name: 'elbow', position: 0.1 }],
            goal_time_tolerance: { sec: 0, nanosec: 100_000_000 },
        })
        robot.lag = lag
        for (let i = 0; i < 80; i++) {
            robot.step()
            await settled(ros)
        }
        const [{ failed }] = await ends.count(1)
        expect(failed).toContain(`"error_code":${code}`)
        expect(failed).toMatch(/elbow is off by 0\.\d+ rad; allowed: 0\.1/)
    })

    it('ends it when another replaces it, when the robot stops, and when its planner goes', async () => {
        const replaced = await send()
        const topic = new Topic<object>({
            ros: replaced.ros,
            name: TRAJECTORY,
            messageType: 'trajectory_msgs/JointTrajectory',
        })
        topic.publish(STRAIGHT)
        expect((await replaced.ends.count(1))[0].failed).toContain('replaced by a newer trajectory')

        const stopped = await send()
        await stopped.robot.stop()
        stopped.robot.step()
        expect((await stopped.ends.count(1))[0].failed).toContain('the robot is in mode estop')

        const left = await send()
        const aborted = new Promise<void>(resolve => {
            const follow = left.robot.follow.bind(left.robot)
            left.robot.follow = (trajectory, options) => {
                options!.signal!.addEventListener('abort', () => resolve())
                return follow(trajectory, options)
            }
        })
        left.action.sendGoal(
            { trajectory: STRAIGHT },
            () => {},
            undefined,
            () => {},
        )
        await settled(left.ros)
        left.ros.close()
        await aborted
    })
})

describe('parameters', () => {
    it('are services of ROS 2, and params of rosapi', async () => {
        const { ros } = await connect()
        expect(await callService(ros, '/arm/list_parameters')).toEqual({
            result: { names: ['elbow.kp', 'elbow.direction'], prefixes: ['elbow'] },
        })
        const { descriptors } = await callService<{ descriptors: object[] }>(ros, '/arm/describe_parameters', {
            names: ['elbow.direction', 'none'],
        })
        expect(descriptors).toMatchObject([
            {
                type: 3,
                additional_constraints: '1 or -1 only, only while disarmed',
                floating_point_range: [{ from_value: -1, to_value: 1 }],
            },
            { type: 0 },
        ])
        const change = (name: string, value: object) => ({ name, value })
        expect(
            await callService(ros, '/arm/set_parameters', {
                parameters: [
                    change('elbow.kp', { type: 3, double_value: 5 }),
                    change('elbow.kp', { type: 3, double_value: 11 }),
                    change('elbow.ki', { type: 3, double_value: 1 }),
                ],
            }),
        ).toEqual({
            results: [
                { successful: true, reason: '' },
                { successful: false, reason: 'elbow.kp is 11; allowed: 0 to 10' },
                {
                    successful: false,
                    reason: 'there is no parameter "elbow.ki"; there are: elbow.kp, elbow.direction',
                },
            ],
        })
        const { values } = await callService<{ values: object[] }>(ros, '/arm/get_parameters', { names: ['elbow.kp'] })
        expect(values).toMatchObject([{ type: 3, double_value: 5 }])
        const param = new Param({ ros, name: '/arm:elbow.kp' })
        expect(await new Promise((resolve, reject) => param.get(resolve, reject))).toBe(5)
        await new Promise<unknown>((resolve, reject) => param.set(6, resolve, reject))
        expect(await new Promise((resolve, reject) => param.get(resolve, reject))).toBe(6)
    })

    it.each<[object, string]>([
        [{ parameters: 3 }, 'parameters is 3; needed: a list'],
        [{ parameters: [{ name: 'elbow.kp' }] }, 'parameters[0].value is missing'],
        [{ parameters: [{ name: 'elbow.kp', value: { type: 4, string_value: 'x' } }] }, 'value.type is 4; allowed: 3'],
        [
            { parameters: [{ name: 'elbow.kp', value: { type: 3, double_value: null } }] },
            'double_value is null; needed',
        ],
    ])('are not set by %j', async (args, text) => {
        const { robot, ros } = await connect()
        await expect(callService(ros, '/arm/set_parameters', args)).rejects.toContain(text)
        expect((await robot.parameters())[0].value).toBe(4)
    })

    it('are Foxglove parameters, told live to those who subscribed', async () => {
        const robot = new JointRobot()
        const { door } = await openFoxglove({}, robot)
        const planner = await FoxglovePlanner.connect(door.url)
        expect((await planner.infos.count(1))[0].capabilities).toContain('parametersSubscribe')
        planner.client.getParameters([], 'all')
        const [all] = await planner.parameterValues.count(1)
        expect(all).toMatchObject({
            id: 'all',
            parameters: [{ name: 'elbow.kp', value: 4 }, { name: 'elbow.direction' }],
        })
        planner.client.subscribeParameterUpdates(['elbow.kp'])
        await planner.settle()
        await robot.setParameter('elbow.kp', 7)
        await robot.setParameter('elbow.direction', -1)
        expect((await planner.parameterValues.count(2))[1].parameters).toEqual([
            { name: 'elbow.kp', value: 7, type: 'float64' },
        ])
        planner.client.setParameters([{ name: 'elbow.kp', value: 99 }], 'set')
        const answer = await planner.parameterValues.find(({ id }) => id === 'set')
        expect(answer.parameters).toEqual([{ name: 'elbow.kp', value: 7, type: 'float64' }])
        expect((await planner.statuses.count(1))[0].message).toBe('setParameters: elbow.kp is 99; allowed: 0 to 10')
    })
})
