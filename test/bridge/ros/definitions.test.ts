import { describe, expect, it } from 'vitest'
import {
    definitionText,
    messageDetails,
    requestFields,
    sameType,
    serviceDetails,
} from '../../../src/bridge/ros/definitions'
import { Diagnostics } from '../../../src/bridge/diagnostics'
import { TOPICS } from '../../../src/bridge/topics'
import { KinematicRobot, ROVER } from '../kinematic-robot'

const NO_TRAFFIC = {
    clients: 0,
    messagesReceived: 0,
    refused: 0,
    setpoints: 0,
    samplesEncoded: 0,
    samplesSent: 0,
    samplesDropped: 0,
    bytesSent: 0,
}

/** Paths where a value does not have exactly the fields of its type. */
function deviations(value: unknown, type: string, path: string): string[] {
    const [definition] = messageDetails(type)
    if (definition === undefined) {
        const kind = type === 'string' ? 'string' : type === 'bool' ? 'boolean' : 'number'
        const fits = typeof value === kind
        return fits ? [] : [`${path} is no ${type}`]
    }
    const fields = Object(value) as Record<string, unknown>
    if (Object.keys(fields).join() !== definition.fieldnames.join()) return [`${path} has ${Object.keys(fields)}`]
    return definition.fieldnames.flatMap((name, i) => {
        const length = definition.fieldarraylen[i]
        if (length < 0) return deviations(fields[name], definition.fieldtypes[i], `${path}.${name}`)
        const array = fields[name] as unknown[]
        if (length > 0 && array.length !== length) return [`${path}.${name} has ${array.length} of ${length}`]
        return array.flatMap((item, k) => deviations(item, definition.fieldtypes[i], `${path}.${name}[${k}]`))
    })
}

describe('definitions', () => {
    it('have the fields that ROS gives them', () => {
        expect(messageDetails('sensor_msgs/msg/JointState')[0]).toEqual({
            type: 'sensor_msgs/JointState',
            fieldnames: ['header', 'name', 'position', 'velocity', 'effort'],
            fieldtypes: ['std_msgs/Header', 'string', 'float64', 'float64', 'float64'],
            fieldarraylen: [-1, 0, 0, 0, 0],
            examples: ['{}', '[]', '[]', '[]', '[]'],
            constnames: [],
            constvalues: [],
        })
        expect(messageDetails('nav_msgs/Odometry').map(({ type }) => type)).toEqual([
            'nav_msgs/Odometry',
            'std_msgs/Header',
            'geometry_msgs/PoseWithCovariance',
            'geometry_msgs/TwistWithCovariance',
            'builtin_interfaces/Time',
            'geometry_msgs/Pose',
            'geometry_msgs/Twist',
            'geometry_msgs/Point',
            'geometry_msgs/Quaternion',
            'geometry_msgs/Vector3',
        ])
        expect(serviceDetails('std_srvs/srv/Trigger', 1)[0].fieldnames).toEqual(['success', 'message'])
        expect(requestFields('rosapi_msgs/srv/TopicType')).toEqual(['topic'])
    })

    it('are printed with their dependencies after lines of 80 equals signs', () => {
        expect(definitionText('std_msgs/msg/Header')).toBe(
            'builtin_interfaces/Time stamp\nstring frame_id\n' +
                '================================================================================\n' +
                'MSG: builtin_interfaces/Time\nint32 sec\nuint32 nanosec\n',
        )
    })

    it('know one type by both spellings, and are empty for others', () => {
        expect(sameType('geometry_msgs/Twist', 'geometry_msgs/msg/Twist')).toBe(true)
        expect(sameType('std_srvs/srv/Trigger', 'std_srvs/Trigger')).toBe(true)
        expect(sameType('geometry_msgs/Twist', 'geometry_msgs/TwistStamped')).toBe(false)
        expect(messageDetails('std_msgs/Bool')).toEqual([])
    })

    it('fit every message the robot publishes, field by field', () => {
        const robot = new KinematicRobot()
        robot.step()
        robot.state!.power = { current: 1.5, voltage: 12 }
        for (const { name, type, encoder } of TOPICS) {
            expect(messageDetails(type), name).not.toEqual([])
            if (encoder !== undefined) expect(deviations(encoder(ROVER)(robot.state!), type, name)).toEqual([])
            else if (name === '/diagnostics') {
                const report = new Diagnostics(robot).report(robot.scheduler.epoch(), NO_TRAFFIC)
                expect(deviations(report, type, name)).toEqual([])
            }
        }
    })
})
