/** What boards' definitions name the pins of the SPI bus, and those that select chips on it. */
export const SPI_PINS = ['MISO', 'MOSI', 'SCK']
export const SPI_SELECTS = ['CS0', 'CS1']

/**
 * How a robot is wired to its board: read by the firmware's entry (channels, addresses), by the check of a board and by the
 * wiring tables, so that they cannot disagree.
 */
export interface RobotWiring {
    /** On I2C. */
    readonly parts: readonly WiredPart[]
    readonly spi?: readonly SpiPart[]
    /** What the robot uses beside its bus, if anything. */
    readonly pins?: readonly WiredPin[]
}

export interface WiredPart {
    /** Unique in the robot, for example `motors`. */
    readonly name: string
    /** As it is bought. */
    readonly part: string
    /** 7-bit I2C address. */
    readonly address: number
    /** When it is behind a multiplexer: that part's name, and the channel. */
    readonly behind?: { readonly part: string; readonly channel: number }
    /** Its other terminals, and what they go to. */
    readonly terminals: readonly { readonly terminal: string; readonly to: string }[]
}

/** A part on the SPI bus, whose pins every board names alike ({@link SPI_PINS}). */
export interface SpiPart extends Pick<WiredPart, 'name' | 'part' | 'terminals'> {
    /** Name of the board's pin that selects it. */
    readonly select: string
    /** The joint whose sensor it is. */
    readonly joint: string
}

export interface WiredPin {
    readonly name: string
    readonly use: 'input' | 'output'
    /** Name of one of the board's pins. */
    readonly pin: string
    readonly to: string
}
