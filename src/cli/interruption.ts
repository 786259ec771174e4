/** Ctrl-C and its like. */
export interface Interruption {
    /** Aborted by the first SIGINT or SIGTERM. */
    readonly signal: AbortSignal
    /** Stops listening. */
    release(): void
}

/** SIGINT's number above 128: what a shell reports for a program that it ended. */
export const INTERRUPTED = 130

/** Turns SIGINT and SIGTERM into a signal, so that a command can end cleanly. The second one ends the process at once. */
export function onInterruption(): Interruption {
    const controller = new AbortController()
    const stop = () => {
        if (controller.signal.aborted) process.exit(INTERRUPTED)
        controller.abort()
    }
    process.on('SIGINT', stop)
    process.on('SIGTERM', stop)
    return {
        signal: controller.signal,
        release: () => {
            process.off('SIGINT', stop)
            process.off('SIGTERM', stop)
        },
    }
}

/** Resolves when the signal is aborted, or after `seconds`. */
export function aborted(signal: AbortSignal, seconds = Infinity): Promise<void> {
    return new Promise(resolve => {
        if (signal.aborted) return resolve()
        const timer = Number.isFinite(seconds) ? setTimeout(resolve, seconds * 1000) : undefined
        signal.addEventListener('abort', () => {
            clearTimeout(timer)
            resolve()
        })
    })
}
