/** An axis of the chip, as printed beside it, or its opposite. */
export type ChipAxis = 'x' | 'y' | 'z' | '-x' | '-y' | '-z'

/**
 * How an IMU sits in the robot: which of the chip's axes points where the robot's x (forward), y (left) and z (up) do (REP-103).
 * A chip that lies flat with its x to the robot's right has `{ x: 'y', y: '-x', z: 'z' }`.
 */
export interface Mounting {
    readonly x: ChipAxis
    readonly y: ChipAxis
    readonly z: ChipAxis
}
