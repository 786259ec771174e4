import type { Commander, CommandLease } from '../host/lease'
import { armingWarning } from '../host/motor-stop'
import type { Robot } from '../host/robot'
import { type Fields, needText } from './checks'
import type { ParameterServices } from './parameter-services'
import { actionDetails, definitionText, interfaces, messageDetails, sameType, serviceDetails } from './ros/definitions'
import { stamp } from './ros/messages'
import { type Topic, TRAJECTORY_ACTION } from './topics'
import { FOLLOW_TYPE } from './trajectories'

/** A service that planners call. */
export interface Service {
    name: string
    /** ROS 2 type */
    type: string
    /** Answers a call. What it throws goes to the caller as a failed call. */
    call(args: Fields, caller: Commander): object | Promise<object>
}

const TRIGGER = 'std_srvs/srv/Trigger'
/** The emergency stop: for everybody, at any time. */
export const STOP_SERVICE = '/stop'

/**
 * `/arm`, `/disarm`, `/stop` and `/take_over`. The first two are for the one in command only. A refusal is an answer with
 * `success` false and the reasons in `message`.
 */
export function robotServices(robot: Robot, lease: CommandLease, onArmed: () => void): Service[] {
    const trigger = (name: string, action: (caller: Commander) => Promise<string>): Service => ({
        name,
        type: TRIGGER,
        call: async (_args, caller) => {
            try {
                return { success: true, message: await action(caller) }
            } catch (error) {
                return { success: false, message: error instanceof Error ? error.message : String(error) }
            }
        },
    })
    const stop = oneWaiting(() => robot.stop())
    return [
        trigger('/arm', async caller => {
            await lease.commandAndWait(caller, () => robot.arm())
            onArmed()
            const warning = armingWarning(robot.description)
            return warning === undefined ? 'armed' : `armed; ${warning}`
        }),
        trigger('/disarm', async caller => {
            lease.check(caller)
            await robot.disarm()
            return 'disarmed'
        }),
        trigger(STOP_SERVICE, async () => {
            await stop()
            return 'stopped: /disarm, then /arm to drive again'
        }),
        trigger('/take_over', async caller => {
            const before = await lease.takeOver(caller)
            if (before === caller) return 'you command the robot already'
            return `you command the robot now; before: ${before?.name ?? 'nobody'}`
        }),
    ]
}

/**
 * An action that is done one at a time, for everybody who asks while another one still runs together: that one may have been
 * decided before they asked. So that asking without end costs nothing.
 */
function oneWaiting(action: () => Promise<void>): () => Promise<void> {
    let running: Promise<void> | undefined
    let next: Promise<void> | undefined
    const start = () => {
        const started = action().finally(() => (running = running === started ? undefined : running))
        next = undefined
        return (running = started)
    }
    return () => {
        if (running === undefined) return start()
        return (next ??= running.then(start, start))
    }
}

const DISCOVERY_NODE = '/rosapi'

/** What the discovery services tell of. */
interface Discovered {
    robotName: string
    topics: readonly Topic[]
    robotServices: readonly Service[]
    parameters: ParameterServices
    /** s since the Unix epoch */
    epoch: () => number
}

/** The discovery services of rosbridge's rosapi node. To ROS the robot is one node with its topics and services. */
export function discoveryServices({ robotName, topics, robotServices, parameters, epoch }: Discovered): Service[] {
    const parameter = parameters.discovery()
    const node = `/${robotName}`
    const nodes = [node, DISCOVERY_NODE]
    const topic = (name: string) => topics.find(topic => topic.name === name)
    const named = (direction: Topic['direction']) =>
        topics.filter(topic => topic.direction === direction).map(topic => topic.name)
    const types = (of: Topic) => [of.type, ...of.alsoTypes]
    const nodeOf = (service: string) =>
        robotServices.some(({ name }) => name === service)
            ? node
            : discovery.some(({ name }) => name === service)
              ? DISCOVERY_NODE
              : ''
    const all = () => [...robotServices, ...discovery]
    const only = (node: string) => (node === '' ? [] : [node])

    const service = (name: string, type: string, call: Service['call']): Service => ({
        name: `${DISCOVERY_NODE}/${name}`,
        type: `rosapi_msgs/srv/${type}`,
        call,
    })
    const discovery: Service[] = [
        service('topics', 'Topics', () => ({
            topics: topics.map(topic => topic.name),
            types: topics.map(topic => topic.type),
        })),
        service('topics_for_type', 'TopicsForType', args => {
            const type = needText(args, 'type')
            return {
                topics: topics.filter(topic => types(topic).some(own => sameType(own, type))).map(topic => topic.name),
            }
        }),
        service('topics_and_raw_types', 'TopicsAndRawTypes', () => ({
            topics: topics.map(topic => topic.name),
            types: topics.map(topic => topic.type),
            typedefs_full_text: topics.map(topic => definitionText(topic.type)),
        })),
        service('topic_type', 'TopicType', args => ({ type: topic(needText(args, 'topic'))?.type ?? '' })),
        service('publishers', 'Publishers', args => ({
            publishers: topic(needText(args, 'topic'))?.direction === 'out' ? [node] : [],
        })),
        service('subscribers', 'Subscribers', args => ({
            subscribers: topic(needText(args, 'topic'))?.direction === 'in' ? [node] : [],
        })),
        service('services', 'Services', () => ({ services: all().map(service => service.name) })),
        service('services_for_type', 'ServicesForType', args => {
            const type = needText(args, 'type')
            return {
                services: all()
                    .filter(service => sameType(service.type, type))
                    .map(service => service.name),
            }
        }),
        service('service_type', 'ServiceType', args => {
            const name = needText(args, 'service')
            return { type: all().find(service => service.name === name)?.type ?? '' }
        }),
        service('service_node', 'ServiceNode', args => ({ node: nodeOf(needText(args, 'service')) })),
        service('service_providers', 'ServiceProviders', args => ({
            providers: only(nodeOf(needText(args, 'service'))),
        })),
        service('nodes', 'Nodes', () => ({ nodes })),
        service('node_details', 'NodeDetails', args => {
            const name = needText(args, 'node')
            const services = all().map(service => service.name)
            return {
                subscribing: name === node ? named('in') : [],
                publishing: name === node ? named('out') : [],
                services: services.filter(service => nodeOf(service) === name),
            }
        }),
        service('interfaces', 'Interfaces', () => ({ interfaces: interfaces() })),
        service('action_servers', 'GetActionServers', () => ({ action_servers: [TRAJECTORY_ACTION] })),
        service('action_type', 'ActionType', args => ({
            type: needText(args, 'action') === TRAJECTORY_ACTION ? FOLLOW_TYPE : '',
        })),
        service('action_goal_details', 'ActionGoalDetails', args => ({
            typedefs: actionDetails(needText(args, 'type'), 'Goal'),
        })),
        service('action_result_details', 'ActionResultDetails', args => ({
            typedefs: actionDetails(needText(args, 'type'), 'Result'),
        })),
        service('action_feedback_details', 'ActionFeedbackDetails', args => ({
            typedefs: actionDetails(needText(args, 'type'), 'Feedback'),
        })),
        service('get_param_names', 'GetParamNames', async () => ({ names: await parameter.names() })),
        service('has_param', 'HasParam', async args => ({
            exists: (await parameter.get(needText(args, 'name'))) !== undefined,
        })),
        service('get_param', 'GetParam', async args => {
            const name = needText(args, 'name')
            const value = await parameter.get(name)
            if (value !== undefined) return { value: String(value), successful: true, reason: '' }
            const otherwise = typeof args.default_value === 'string' ? args.default_value : ''
            return { value: otherwise, successful: false, reason: `there is no parameter ${name}` }
        }),
        service('set_param', 'SetParam', async args => {
            await parameter.set(needText(args, 'name'), Number(needText(args, 'value')))
            return { successful: true, reason: '' }
        }),
        service('message_details', 'MessageDetails', args => ({
            typedefs: messageDetails(needText(args, 'type')),
        })),
        service('service_request_details', 'ServiceRequestDetails', args => ({
            typedefs: serviceDetails(needText(args, 'type'), 0),
        })),
        service('service_response_details', 'ServiceResponseDetails', args => ({
            typedefs: serviceDetails(needText(args, 'type'), 1),
        })),
        service('get_time', 'GetTime', () => ({ time: stamp(epoch()) })),
        // Not a ROS distribution, but clients that ask want to know which type names to use: those of ROS 2.
        service('get_ros_version', 'GetROSVersion', () => ({ version: 2, distro: 'tendon' })),
    ]
    return discovery
}
