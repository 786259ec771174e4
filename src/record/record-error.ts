export type RecordErrorCode =
    | 'exists'
    | 'unwritable'
    | 'unreadable'
    | 'disk-full'
    | 'write'
    | 'too-slow'
    | 'other-robot'
    | 'unknown-topic'
    | 'incomplete'

/** What went wrong with a recording. Compare `code`, not the text. */
export class RecordError extends Error {
    override name = 'RecordError'

    constructor(
        readonly code: RecordErrorCode,
        message: string,
        options?: ErrorOptions,
    ) {
        super(message, options)
    }
}
