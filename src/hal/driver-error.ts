/** Why a driver could not be started. Callers compare `code`, never the text. */
export type DriverErrorCode =
    /** Nothing acknowledged at the address. */
    | 'not-found'
    /** Something answered, but its identity register holds another value. */
    | 'wrong-part'
    /** The part answered and reports that it cannot measure or drive (no magnet, no supply, …). */
    | 'not-ready'
    /** A transaction failed or its check sum was wrong. */
    | 'bus'
    /** A configuration value is out of range. */
    | 'config'

/** Thrown by a driver's `init()`. Drivers never throw in the tick: there they drop the sample and count it. */
export class DriverError extends Error {
    constructor(
        /** Part number and address, for example `AS5600@0x36`. */
        public readonly device: string,
        public readonly code: DriverErrorCode,
        detail: string,
    ) {
        super(device + ': ' + detail)
        this.name = 'DriverError'
    }
}
