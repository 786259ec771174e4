/** What stood in the way; callers compare these, never texts. */
export type FlashErrorCode =
    /** The board's definition is not one, or does not exist. */
    | 'board'
    /** The robot cannot be wired to this board. */
    | 'wiring'
    /** No runtime image, or one that is damaged. */
    | 'runtime'
    /** A runtime image, or a whole image, for another chip or board. */
    | 'wrong-image'
    /** No board found to flash, or more than one. */
    | 'no-board'
    /** The chip that answered is another than the image's. */
    | 'wrong-chip'
    /** The board stopped answering, or refused a block. */
    | 'transfer'
    /** What the flash holds is not what was written. */
    | 'verify'
    /** Flashed or deployed, but the robot does not answer. */
    | 'no-answer'
    /** The robot does not confirm that it is disarmed; nothing was written. */
    | 'armed'
    /** The new program did not come up; the board has its former one again. */
    | 'rolled-back'
    /** Somebody may not deploy, or not now. */
    | 'refused'

/** A board could not be built for, flashed or deployed to. The text says what to do. */
export class FlashError extends Error {
    override name = 'FlashError'
    constructor(
        readonly code: FlashErrorCode,
        message: string,
        options?: ErrorOptions,
    ) {
        super(message, options)
    }
}
