/** A simulated chip on an SPI bus. */
export interface SpiDevice {
    /** Its select line went low: a transmission begins. */
    select(): void
    /** One byte in, one byte out at the same time. Only while selected. */
    exchange(byte: number): number
    /** Its select line went high: the transmission is over. */
    deselect(): void
    /** Power-on state. */
    reset(): void
    /** Clock modes that it speaks, 0 to 3 (CPOL · 2 + CPHA). */
    readonly modes: readonly number[]
    /** Highest SCK frequency, Hz. */
    readonly maxFrequency: number
}
