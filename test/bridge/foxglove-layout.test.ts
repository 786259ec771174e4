import { describe, expect, it } from 'vitest'
import { foxgloveLayout } from '../../src/bridge/foxglove-layout'
import { Hub } from '../../src/bridge/hub'
import type { RobotState } from '../../src/host/robot'
import { ARM } from './joint-robot'
import { KinematicRobot, ManualScheduler, ROVER } from './kinematic-robot'

interface Layout {
    configById: Record<
        string,
        { paths?: { value: string }[]; serviceName?: string; topic?: string; topicToRender?: string }
    >
    layout: unknown
}

/** Panels of the layout's tree. */
function panels(node: unknown): string[] {
    if (typeof node === 'string') return [node]
    const { first, second, direction, splitPercentage } = node as Record<string, unknown>
    expect(['row', 'column']).toContain(direction)
    expect(splitPercentage).toBeGreaterThan(0)
    return [...panels(first), ...panels(second)]
}

/** What a message path as Foxglove writes it (`/odom.twist.twist.linear.x`, `/joint_states.velocity[0]`) leads to. */
function follow(path: string, hub: Hub, state: RobotState): unknown {
    const [, topic, fields] = /^(\/[^.]+)\.(.+)$/.exec(path)!
    const message = hub.topics.get(topic)?.encoder?.(hub.robot.description)(state)
    return fields
        .split(/[.[\]]+/)
        .filter(Boolean)
        .reduce<unknown>((value, key) => (value as Record<string, unknown>)?.[key], message)
}

// Foxglove itself is not here: this says that every panel shows something that the robot has.
describe.each([
    ['a rover', ROVER],
    ['an arm', ARM],
    ['a rover that measures its supply', { ...ROVER, power: { part: 'INA226', amperePerCount: 1, voltPerCount: 1 } }],
])('the layout of %s', (_, description) => {
    const robot = new KinematicRobot(new ManualScheduler(), description)
    robot.step()
    const state = { ...robot.state!, power: description.power && { current: 1, voltage: 12 } }
    const hub = new Hub(robot, robot.scheduler)
    const layout = JSON.parse(JSON.stringify(foxgloveLayout(description))) as Layout

    it('has each of its panels once in its tree', () => {
        expect(panels(layout.layout).sort()).toEqual(Object.keys(layout.configById).sort())
        for (const id of Object.keys(layout.configById))
            expect(id).toMatch(/^(Plot|3D|DiagnosticSummary|Parameters|CallService|Teleop)!/)
    })

    it('plots numbers that the robot publishes', () => {
        const paths = Object.values(layout.configById).flatMap(({ paths = [] }) => paths.map(({ value }) => value))
        expect(paths.length).toBeGreaterThanOrEqual(4)
        for (const path of paths) expect(follow(path, hub, state), path).toEqual(expect.any(Number))
    })

    it('calls services and publishes topics that there are', () => {
        const configs = Object.values(layout.configById)
        const services = configs.flatMap(({ serviceName }) => serviceName ?? [])
        expect(services).toEqual(['/take_over', '/arm', '/stop'])
        for (const name of services) expect(hub.services.has(name), name).toBe(true)
        for (const { topic } of configs) if (topic !== undefined) expect(hub.topics.get(topic)?.direction).toBe('in')
        for (const { topicToRender: topic } of configs)
            if (topic !== undefined) expect(hub.topics.has(topic)).toBe(true)
    })
})
