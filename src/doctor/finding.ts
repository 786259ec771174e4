/** What can be found; callers compare these, never texts. */
export type FindingCode =
    // The host
    | 'no-board'
    | 'no-driver'
    | 'several-boards'
    | 'no-such-port'
    | 'no-permission'
    | 'busy'
    | 'drive-not-mounted'
    | 'drive-read-only'
    | 'drive-full'
    // What is on the board
    | 'bootloader'
    | 'silent'
    | 'other-firmware'
    | 'old-runtime'
    | 'no-program'
    | 'program-stopped'
    | 'no-robot'
    | 'unknown-robot'
    | 'wrong-robot'
    | 'other-program'
    | 'other-protocol'
    | 'other-board'
    // The robot
    | 'not-disarmed'
    | 'fault'
    | 'no-supply'
    | 'low-supply'
    | 'bus-dead'
    | 'no-bus-look'
    | 'part-missing'
    | 'part-elsewhere'
    | 'part-wrong'
    | 'part-unknown'
    | 'bad-samples'
    // The link
    | 'noisy-link'
    | 'slow-link'
    | 'clock'
    | 'late-ticks'

/** Something that is not as it should be, and what to do about it. */
export interface Finding {
    readonly code: FindingCode
    /** An error keeps the robot from working; a warning may. */
    readonly severity: 'error' | 'warning'
    readonly what: string
    readonly remedy: string
}

export function error(code: FindingCode, what: string, remedy: string): Finding {
    return { code, severity: 'error', what, remedy }
}

export function warning(code: FindingCode, what: string, remedy: string): Finding {
    return { code, severity: 'warning', what, remedy }
}
