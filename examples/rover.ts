// Made by `tendon types rover`: what a program knows of this robot before it connects. Make it anew when the robot's data change.
export const rover = {
    name: 'rover',
    joints: {
        left_wheel: { kind: 'continuous', velocityLimit: 15, effortLimit: 1 },
        right_wheel: { kind: 'continuous', velocityLimit: 15, effortLimit: 1 },
    },
    drives: true,
    parameters: [],
} as const
