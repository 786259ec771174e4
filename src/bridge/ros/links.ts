import type { RobotDescription } from '../../protocol/description'
import type { RobotState } from '../../host/robot'
import { BASE_FRAME, type Header, ODOMETRY_FRAME, type Quaternion, stamp, type Vector3 } from './messages'

/** tf2_msgs/msg/TFMessage */
export interface TransformsMessage {
    transforms: {
        header: Header
        child_frame_id: string
        transform: { translation: Vector3; rotation: Quaternion }
    }[]
}

/** Where a joint sits on `base_link`, as far as the robot's data tells. */
export interface JointPlace {
    /** Frame that turns with the joint. */
    link: string
    /** m */
    origin: Vector3
    /** Axis of rotation: wheels turn about y, and drive forward when they turn positive. */
    axis: 'y' | 'z'
    /** m; joints that are no wheels have none */
    wheelRadius?: number
}

/** `base_link` lies on the ground between the wheels. A joint of which the data says nothing sits there too, about z. */
export function jointPlace({ drive }: RobotDescription, joint: string): JointPlace {
    const link = `${joint}_link`
    if (drive === undefined || (joint !== drive.left && joint !== drive.right)) {
        return { link, origin: { x: 0, y: 0, z: 0 }, axis: 'z' }
    }
    const side = joint === drive.left ? 1 : -1
    const origin = { x: 0, y: (side * drive.trackWidth) / 2, z: drive.wheelRadius }
    return { link, origin, axis: 'y', wheelRadius: drive.wheelRadius }
}

/** Returns the function that makes `odom` to `base_link` and `base_link` to each joint's link. */
export function transformsEncoder(description: RobotDescription): (state: RobotState) => TransformsMessage | undefined {
    const places = new Map(description.joints.map(({ name }) => [name, jointPlace(description, name)]))
    return ({ hostTime, joints, odometry }) => {
        const time = stamp(hostTime)
        const transforms: TransformsMessage['transforms'] = []
        if (odometry !== undefined) {
            const half = odometry.heading / 2
            transforms.push({
                header: { stamp: time, frame_id: ODOMETRY_FRAME },
                child_frame_id: BASE_FRAME,
                transform: {
                    translation: { x: odometry.x, y: odometry.y, z: 0 },
                    rotation: { x: 0, y: 0, z: Math.sin(half), w: Math.cos(half) },
                },
            })
        }
        for (const { name, position, valid } of joints) {
            const place = places.get(name)
            // Without a sample there is no transform: an old one would pass for new.
            if (!valid || place === undefined) continue
            const sin = Math.sin(position / 2)
            transforms.push({
                header: { stamp: time, frame_id: BASE_FRAME },
                child_frame_id: place.link,
                transform: {
                    translation: place.origin,
                    rotation: {
                        x: 0,
                        y: place.axis === 'y' ? sin : 0,
                        z: place.axis === 'z' ? sin : 0,
                        w: Math.cos(position / 2),
                    },
                },
            })
        }
        return transforms.length > 0 ? { transforms } : undefined
    }
}
