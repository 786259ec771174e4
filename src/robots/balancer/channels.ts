// Both encoders have the same address, so each has a channel of the multiplexer.
export const LEFT_CHANNEL = 0
export const RIGHT_CHANNEL = 1
