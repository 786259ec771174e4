// The encoders have one address, so each has a channel of the multiplexer: in the order of the joints, as the servos have theirs.
export const BASE_CHANNEL = 0
export const SHOULDER_CHANNEL = 1
export const ELBOW_CHANNEL = 2
/** A0 at VCC: 0x70 is also what a PCA9685 answers to until it is set up. */
export const MUX_ADDRESS = 0x71
/** A0 at VS+: 0x40 is the PCA9685. */
export const POWER_ADDRESS = 0x41
