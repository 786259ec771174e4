/** Counts of the Pololu 37D's encoder for a turn of the wheel: 64 edges a turn of the motor, behind gears of 50:1. */
export const COUNTS_PER_TURN = 64 * 50
/** A free motor turns 107 counts in a tick of 10 ms; a late tick may see twice as much. Nothing on SPI tells a wrong bit but this. */
export const MAX_STEP = 214
/** The board's pins that select the counters. */
export const LEFT_SELECT = 'CS0'
export const RIGHT_SELECT = 'CS1'
