/**
 * The SPI bus as a driver sees it. Unlike I2C it cannot be used within the tick: the stock runtime's transfer lets its fiber
 * wait, and others run meanwhile. So what is on SPI is read before the tick, by a stage that waits (docs/spi.md).
 */
export interface SpiBus {
    /**
     * Exchanges bytes: sends `write` and fills `read` with what came back meanwhile. The chip must be selected.
     *
     * @param write bytes to send
     * @param read as long as `write`. Both are needed: without `write` a Pico's transfer never ends, without `read` it leaves
     *   what came in for the next one to find
     * @throws RangeError when another transfer is under way
     */
    transfer(write: Buffer, read: Buffer): Promise<void>
}

/** The pin that selects a chip, active low. It is the runtime's own pin: a wrapper of ours would cost a call. */
export interface ChipSelect {
    /** @param mode {@link SELECTED} or {@link DESELECTED} */
    setMode(mode: number): void
}

/** DeviceScript's `GPIOMode.OutputLow`. */
export const SELECTED = 0x22
/** DeviceScript's `GPIOMode.OutputHigh`. */
export const DESELECTED = 0x12
