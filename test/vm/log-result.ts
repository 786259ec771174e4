import { i2c } from '../../src/firmware/board'

const RESULT_ADDRESS = 0x7f

/**
 * A result of a portable case leaves as a write to an I2C address where the test listens: the number's eight bytes, then its name.
 * The runtime's log would lose lines: it holds 4 KiB between two passes.
 */
export function log(name: string, value: number): void {
    const text = Buffer.from(name)
    const bytes = Buffer.alloc(8 + text.length)
    bytes.setAt(0, 'f64', value)
    bytes.blitAt(8, text, 0, text.length)
    i2c.transfer(RESULT_ADDRESS, bytes, undefined)
}
