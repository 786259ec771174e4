import type { RobotDescription } from '../protocol/description'
import { ODOMETRY_FRAME } from './ros/messages'
import { DIAGNOSTICS_TOPIC, VELOCITY_TOPIC } from './topics'

type Node = string | { first: Node; second: Node; direction: 'row' | 'column'; splitPercentage: number }

interface Panel {
    id: string
    config: object
}

/** A layout for Foxglove, as its "Import from file" takes it: what this robot publishes, plotted. */
export function foxgloveLayout(description: RobotDescription): object {
    const { joints, imu, power, drive } = description
    const each = (field: string) =>
        joints.map(({ name }, i) => ({ value: `/joint_states.${field}[${i}]`, label: `${name} ${field}` }))
    const plots = [
        plot('velocity', 'Joint velocity, rad/s', each('velocity')),
        plot('position', 'Joint position, rad', each('position')),
        ...(drive ? [plot('twist', 'Body velocity', fields('/odom.twist.twist', ['linear.x', 'angular.z']))] : []),
        ...(imu
            ? [plot('gyro', 'Angular velocity, rad/s', fields('/imu/data.angular_velocity', ['x', 'y', 'z']))]
            : []),
        ...(power ? [plot('supply', 'Motor supply, V and A', fields('/battery_state', ['voltage', 'current']))] : []),
    ]
    const side: Panel[] = [
        { id: '3D!tendon', config: { followTf: drive ? ODOMETRY_FRAME : 'base_link', topics: {} } },
        { id: 'DiagnosticSummary!tendon', config: { topicToRender: DIAGNOSTICS_TOPIC } },
        { id: 'Parameters!tendon', config: { title: 'Parameters' } },
        service('take-over', '/take_over'),
        service('arm', '/arm'),
        service('stop', '/stop'),
        ...(drive ? [{ id: 'Teleop!tendon', config: { topic: VELOCITY_TOPIC, publishRate: 20, ...teleop() } }] : []),
    ]
    return {
        configById: Object.fromEntries([...plots, ...side].map(({ id, config }) => [id, config])),
        globalVariables: {},
        userNodes: {},
        playbackConfig: { speed: 1 },
        layout: {
            first: stack(plots.map(({ id }) => id)),
            second: stack(side.map(({ id }) => id)),
            direction: 'row',
            splitPercentage: 60,
        },
    }
}

function plot(id: string, title: string, paths: { value: string; label: string }[]): Panel {
    return {
        id: `Plot!${id}`,
        config: {
            foxglovePanelTitle: title,
            paths: paths.map(path => ({ ...path, enabled: true, timestampMethod: 'receiveTime' })),
            showLegend: true,
            isSynced: true,
            xAxisVal: 'timestamp',
            followingViewWidth: 10,
        },
    }
}

function fields(path: string, names: string[]): { value: string; label: string }[] {
    return names.map(name => ({ value: `${path}.${name}`, label: name }))
}

function service(id: string, name: string): Panel {
    return {
        id: `CallService!${id}`,
        config: { serviceName: name, requestPayload: '{}', buttonText: name, layout: 'vertical' },
    }
}

/** Slow: a first touch should surprise nobody. */
function teleop(): object {
    return {
        upButton: { field: 'linear-x', value: 0.1 },
        downButton: { field: 'linear-x', value: -0.1 },
        leftButton: { field: 'angular-z', value: 0.5 },
        rightButton: { field: 'angular-z', value: -0.5 },
    }
}

/** Panels below each other, all of the same height. */
function stack(ids: string[]): Node {
    if (ids.length === 1) return ids[0]
    return { first: ids[0], second: stack(ids.slice(1)), direction: 'column', splitPercentage: 100 / ids.length }
}
