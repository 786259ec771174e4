/**
 * The I2C bus as a driver sees it: one blocking transaction with buffers that the caller keeps.
 *
 * On the board this is the runtime's own `_i2cTransaction` (bus time plus about 0.1 ms on an RP2040, no allocation); in
 * the simulator the same call reaches simulated chips. Nothing here allocates, so it may be called in the tick.
 */
export interface I2cBus {
    /**
     * Writes `write`, then (after a repeated start) reads into `read`, filling it completely.
     *
     * @param address 7-bit device address, 0x08 to 0x77
     * @param write bytes to send; `undefined` or length 0 for a pure read
     * @param read buffer to fill; `undefined` or length 0 for a pure write
     * @returns 0 when every byte was acknowledged; negative otherwise ({@link NACK_WRITE}, {@link NACK_READ}), and then
     *   the contents of `read` mean nothing. Never throws for a bus fault.
     */
    transfer(address: number, write: Buffer | undefined, read: Buffer | undefined): number
    /**
     * For a transfer that failed: counts it and tries it again, a bounded number of times (`RetryingI2c`). Drivers call it through
     * {@link again}, only when something is wrong, so that it costs nothing otherwise.
     *
     * @returns 0 when a try succeeded
     */
    retry?(address: number, write: Buffer | undefined, read: Buffer | undefined): number
}

/** {@link I2cBus.transfer}: the device did not acknowledge its address or a written byte. */
export const NACK_WRITE = -1
/** {@link I2cBus.transfer}: the device did not acknowledge the read. */
export const NACK_READ = -2

/** What {@link I2cBus.retry} gives, on a bus that has it; else the failure stands. */
export function again(bus: I2cBus, address: number, write: Buffer | undefined, read: Buffer | undefined): number {
    return bus.retry ? bus.retry(address, write, read) : NACK_READ
}
