import { Topic } from 'roslib'
import { describe, expect, it } from 'vitest'
import { START } from './kinematic-robot'
import { callService, openDoorWithRoslib } from './planner'

/** Turns one of roslib's helpers with two callbacks into a promise. */
function ask<T>(call: (done: (value: T) => void, failed: (error: string) => void) => void): Promise<T> {
    return new Promise((resolve, reject) => call(resolve, text => reject(new Error(text))))
}

const TOPICS = [
    '/joint_states',
    '/odom',
    '/imu/data',
    '/tf',
    '/diagnostics',
    '/robot_description',
    '/cmd_vel',
    '/forward_position_controller/commands',
    '/forward_velocity_controller/commands',
    '/forward_effort_controller/commands',
    '/joint_trajectory_controller/joint_trajectory',
]
const PUBLISHED = 6
const TYPES = [
    'sensor_msgs/msg/JointState',
    'nav_msgs/msg/Odometry',
    'sensor_msgs/msg/Imu',
    'tf2_msgs/msg/TFMessage',
    'diagnostic_msgs/msg/DiagnosticArray',
    'std_msgs/msg/String',
    'geometry_msgs/msg/Twist',
    'std_msgs/msg/Float64MultiArray',
    'std_msgs/msg/Float64MultiArray',
    'std_msgs/msg/Float64MultiArray',
    'trajectory_msgs/msg/JointTrajectory',
]
const CANCEL = '/joint_trajectory_controller/follow_joint_trajectory/_action/cancel_goal'

describe('rosbridge answers roslib', () => {
    it('which topics there are', async () => {
        const { ros } = await openDoorWithRoslib()
        expect(await ask((done, failed) => ros.getTopics(done, failed))).toEqual({ topics: TOPICS, types: TYPES })
        const raw = await ask<{ typedefs_full_text: string[] }>((done, failed) =>
            ros.getTopicsAndRawTypes(done, failed),
        )
        expect(raw).toMatchObject({ topics: TOPICS, types: TYPES })
        expect(raw.typedefs_full_text[PUBLISHED]).toMatch(
            /^geometry_msgs\/Vector3 linear\ngeometry_msgs\/Vector3 angular\n=+\nMSG/,
        )
    })

    it.each([
        ['sensor_msgs/msg/Imu', ['/imu/data']],
        ['sensor_msgs/Imu', ['/imu/data']],
        ['geometry_msgs/msg/TwistStamped', ['/cmd_vel']],
        ['std_msgs/msg/String', ['/robot_description']],
        ['std_msgs/msg/Bool', []],
    ])('which topics have type %s', async (type, topics) => {
        const { ros } = await openDoorWithRoslib()
        expect(await ask((done, failed) => ros.getTopicsForType(type, done, failed))).toEqual(topics)
    })

    it('which type a topic or a service has', async () => {
        const { ros } = await openDoorWithRoslib()
        const topicType = (name: string) => ask((done, failed) => ros.getTopicType(name, done, failed))
        const serviceType = (name: string) => ask((done, failed) => ros.getServiceType(name, done, failed))
        expect(await topicType('/odom')).toBe('nav_msgs/msg/Odometry')
        expect(await topicType('/none')).toBe('')
        expect(await serviceType('/arm')).toBe('std_srvs/srv/Trigger')
        expect(await serviceType('/rosapi/topics')).toBe('rosapi_msgs/srv/Topics')
        expect(await serviceType('/none')).toBe('')
    })

    it('which services there are, and which are triggers', async () => {
        const { ros } = await openDoorWithRoslib()
        const services = await ask<string[]>((done, failed) => ros.getServices(done, failed))
        expect(services.slice(0, 4)).toEqual(['/arm', '/disarm', '/stop', '/take_over'])
        expect(services).toContain('/rosapi/topics')
        const triggers = await ask((done, failed) => ros.getServicesForType('std_srvs/Trigger', done, failed))
        expect(triggers).toEqual(['/arm', '/disarm', '/stop', '/take_over', '/robot_status'])
    })

    it('which nodes there are and what they do', async () => {
        const { ros } = await openDoorWithRoslib()
        expect(await ask((done, failed) => ros.getNodes(done, failed))).toEqual(['/rover', '/rosapi'])
        expect(await ask((done, failed) => ros.getNodeDetails('/rover', done, failed))).toEqual({
            subscribing: TOPICS.slice(PUBLISHED),
            publishing: TOPICS.slice(0, PUBLISHED),
            services: ['/arm', '/disarm', '/stop', '/take_over', '/robot_status', CANCEL],
        })
        const topic = new Topic({ ros, name: '/odom', messageType: '' })
        expect(await ask((done, failed) => topic.getPublishers(done, failed))).toEqual(['/rover'])
        expect(await callService(ros, '/rosapi/subscribers', { topic: '/cmd_vel' })).toEqual({
            subscribers: ['/rover'],
        })
        expect(await callService(ros, '/rosapi/service_node', { service: '/stop' })).toEqual({ node: '/rover' })
        expect(await callService(ros, '/rosapi/service_providers', { service: '/none' })).toEqual({ providers: [] })
    })

    it('what a message and a service are made of, so that roslib can decode it', async () => {
        const { ros } = await openDoorWithRoslib()
        const details = await ask<Parameters<typeof ros.decodeTypeDefs>[0]>((done, failed) =>
            ros.getMessageDetails('geometry_msgs/msg/Twist', done, failed),
        )
        const vector = { x: 'float64', y: 'float64', z: 'float64' }
        expect(ros.decodeTypeDefs(details)).toEqual({ linear: vector, angular: vector })
        const response = await ask<{ typedefs: typeof details }>((done, failed) =>
            ros.getServiceResponseDetails('std_srvs/srv/Trigger', done, failed),
        )
        expect(ros.decodeTypeDefs(response.typedefs)).toEqual({ success: 'bool', message: 'string' })
        const request = await ask<{ typedefs: typeof details }>((done, failed) =>
            ros.getServiceRequestDetails('rosapi_msgs/srv/TopicType', done, failed),
        )
        expect(ros.decodeTypeDefs(request.typedefs)).toEqual({ topic: 'string' })
    })

    it('which actions there are, and that there are no parameters where the robot has none', async () => {
        const { ros } = await openDoorWithRoslib()
        expect(await ask((done, failed) => ros.getActionServers(done, failed))).toEqual([
            '/joint_trajectory_controller/follow_joint_trajectory',
        ])
        expect(await ask((done, failed) => ros.getParams(done, failed))).toEqual([])
    })

    it('what time it is, by the clock of the stamps', async () => {
        const { robot, ros } = await openDoorWithRoslib()
        robot.scheduler.advance(250)
        expect(await callService(ros, '/rosapi/get_time')).toEqual({ time: { sec: START, nanosec: 250_000_000 } })
        expect(await callService(ros, '/rosapi/get_ros_version')).toEqual({ version: 2, distro: 'tendon' })
    })

    it('what time it is on this machine when it has no other clock', async () => {
        const { ros } = await openDoorWithRoslib({ scheduler: undefined })
        const { time } = await callService<{ time: { sec: number } }>(ros, '/rosapi/get_time')
        expect(Math.abs(time.sec - Date.now() / 1000)).toBeLessThan(5)
    })

    it('that a service is missing or its arguments are wrong', async () => {
        const { ros } = await openDoorWithRoslib()
        await expect(callService(ros, '/dance')).rejects.toMatch(/^there is no service "\/dance"; there are: \/arm, /)
        await expect(callService(ros, '/rosapi/topic_type')).rejects.toBe('topic is missing; needed: a text')
        await expect(callService(ros, '/rosapi/topic_type', { topic: 1 })).rejects.toBe('topic is 1; needed: a text')
        await expect(callService(ros, '/arm', { force: true })).rejects.toMatch(/args has the unknown field "force"/)
        expect(await callService(ros, '/rosapi/topic_type', ['/odom'])).toEqual({ type: 'nav_msgs/msg/Odometry' })
    })
})
