/** As many errors of one start as are told: the first, because the others mostly follow from it. */
const KEPT = 4
/** The runtime starts a program. */
const START = /^\* start: /
/** An error that a program logs, and the message of an exception that ended it. */
const ERROR = /^! [\w$]+: (.+)$/
const EXCEPTION = /^\* {2}message: (.+)$/
/** The runtime prints an error as an object, and cuts it. */
const MESSAGE = /\{message:"((?:[^"\\]|\\.)*)/

/** Why a program does not run as it should, from what the board logs: its errors since it was started. */
export class BoardLog {
    private kept: string[] = []

    get errors(): readonly string[] {
        return this.kept
    }

    /** @param line of the log, without its end; a noisy link makes any text of it */
    hear(line: string): void {
        if (START.test(line)) this.kept = []
        const found = ERROR.exec(line) ?? EXCEPTION.exec(line)
        if (!found || this.kept.length === KEPT) return
        const text = MESSAGE.exec(found[1])?.[1] ?? found[1]
        this.kept.push(`the board logged: ${text}`)
    }
}
