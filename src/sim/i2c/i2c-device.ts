/** A simulated chip on an I2C bus. Byte buffers belong to the caller: copy what must last. */
export interface I2cDevice {
    /**
     * The bytes of one write, from (repeated) start to the next start or stop. May be empty: an address probe.
     *
     * @returns whether the chip acknowledged its address and every byte
     */
    write(bytes: Uint8Array): boolean
    /**
     * One read: fills `into` completely.
     *
     * @returns whether the chip acknowledged its address
     */
    read(into: Uint8Array): boolean
    /** Power-on state. */
    reset(): void
    /** A stop condition on the bus, whoever was addressed. Chips that act only on a stop implement it. */
    stop?(): void
}

/** A part that passes traffic for any address on to further buses, such as a multiplexer. */
export interface I2cRouter {
    /** @returns whether something behind the router acknowledged all of it */
    routeWrite(address: number, bytes: Uint8Array): boolean
    /** Fills `into` if something behind the router acknowledged, and returns whether it did. */
    routeRead(address: number, into: Uint8Array): boolean
}
