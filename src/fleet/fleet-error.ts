import type { RobotErrorCode } from '../host/robot'

export type FleetErrorCode =
    | 'armed'
    | 'bad-broker'
    | 'bad-name'
    | 'expired'
    | 'leased'
    | 'no-answer'
    | 'no-lease'
    | 'no-robot'
    | 'refused'
    | 'rolled-back'
    | 'transfer'
    | 'unreachable'
    | 'unsupported'
    | 'verify'

/** What went wrong between a planner and its fleet. Compare `code`, not the text. */
export class FleetError extends Error {
    constructor(
        readonly code: FleetErrorCode | RobotErrorCode,
        message: string,
        options?: ErrorOptions,
    ) {
        super(message, options)
        this.name = 'FleetError'
    }
}
