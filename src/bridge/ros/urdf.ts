import type { JointDescription, RobotDescription } from '../../protocol/description'
import { jointPlace } from './links'
import { BASE_FRAME } from './messages'

/** Width of a wheel on screen, as a part of its radius: the robot's data has none. */
const WHEEL_WIDTH = 0.5

/**
 * The robot as URDF: its joints with their limits, where the data says they sit. There is no inertia and no torque limit in
 * it, because the data has neither.
 */
export function urdf(description: RobotDescription): string {
    const joints = description.joints.map(joint => jointElements(description, joint))
    return [
        '<?xml version="1.0"?>',
        `<robot name="${escape(description.name)}">`,
        `  <link name="${BASE_FRAME}"/>`,
        ...joints.flat(),
        '</robot>',
        '',
    ].join('\n')
}

function jointElements(description: RobotDescription, joint: JointDescription): string[] {
    const { link, origin, axis, wheelRadius } = jointPlace(description, joint.name)
    const { x, y, z } = origin
    const limit =
        joint.kind === 'revolute' ? ` lower="${joint.positionMin ?? 0}" upper="${joint.positionMax ?? 0}"` : ''
    return [
        ...linkElement(link, wheelRadius),
        `  <joint name="${escape(joint.name)}" type="${joint.kind}">`,
        `    <parent link="${BASE_FRAME}"/>`,
        `    <child link="${escape(link)}"/>`,
        `    <origin xyz="${x} ${y} ${z}" rpy="0 0 0"/>`,
        `    <axis xyz="${axis === 'y' ? '0 1 0' : '0 0 1'}"/>`,
        `    <limit${limit} velocity="${joint.velocityLimit}" effort="0"/>`,
        '  </joint>',
    ]
}

function linkElement(link: string, wheelRadius: number | undefined): string[] {
    if (wheelRadius === undefined) return [`  <link name="${escape(link)}"/>`]
    return [
        `  <link name="${escape(link)}">`,
        '    <visual>',
        // A cylinder lies along z, the axle along y.
        `      <origin xyz="0 0 0" rpy="${Math.PI / 2} 0 0"/>`,
        `      <geometry><cylinder radius="${wheelRadius}" length="${wheelRadius * WHEEL_WIDTH}"/></geometry>`,
        '    </visual>',
        '  </link>',
    ]
}

function escape(text: string): string {
    return text.replace(/[&<>"]/g, character => `&#${character.charCodeAt(0)};`)
}
