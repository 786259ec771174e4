export type BridgeErrorCode =
    /** Another program listens on the address already. */
    | 'address-in-use'
    /** The address can't be listened on. */
    | 'bad-address'
    /** The certificate or its key can't be used. */
    | 'bad-tls'
    /** Not a WebSocket URL. */
    | 'bad-url'
    /** Other machines could reach the door without a token. */
    | 'insecure'
    /** The connection ended. */
    | 'closed'
    /** Nothing listens at the URL, or something that isn't a rosbridge. */
    | 'no-bridge'
    /** The bridge did not answer in time. */
    | 'no-answer'
    /** The bridge refused what was asked; the message says why. */
    | 'refused'

/** What went wrong between a planner and the bridge. Compare `code`, not the text. */
export class BridgeError extends Error {
    constructor(
        readonly code: BridgeErrorCode,
        message: string,
        options?: ErrorOptions,
    ) {
        super(message, options)
        this.name = 'BridgeError'
    }
}
