/** What a user wants to know of a driver before choosing its chip. Every number is the datasheet's. */
export interface DriverSheet {
    /** Part, as its maker prints it. */
    part: string
    /** The driver, from the project's root. Several sheets may name one file: a chip has several uses. */
    file: string
    bus: 'I2C' | 'SPI' | 'pins'
    /** What it measures or does, in one sentence without a full stop. */
    does: string
    quantities: Quantity[]
    operations: Operation[]
    /** How often the chip has a new value, or takes one: more often is no use. */
    chipRate: {
        /** Hz */
        most: number
        why: string
    }
    /** What the chip does when the board, its program or the bus dies. */
    boardDies: string
    /** Whether what it drives stops by itself then; undefined for sensors. */
    stopsByItself?: boolean
    datasheet: { title: string; link?: string }
}

/** What is measured or set. */
export interface Quantity {
    name: string
    /** As the driver gives or takes it. */
    unit: string
    range: string
    resolution: string
}

/** A read or a write that a control tick may do. */
export interface Operation {
    /** As `firmware.ts` marks it: class and method. */
    name: string
    does: string
    /** Whether it belongs into each tick, and so bounds the useful rate. */
    eachTick: boolean
}
