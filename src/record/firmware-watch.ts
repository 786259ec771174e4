import type { Robot } from '../host/robot'

/** Which program a board runs, from a time on. */
export interface RecordedFirmware {
    /** s since the Unix epoch */
    time: number
    /** SHA-256 of the program, hex; undefined when the board did not tell. */
    sha256: string | undefined
}

/** Tells which program a board runs: when that is first known, and when it is another after the board started anew. */
export class FirmwareWatch {
    /** The program may be another since then, s since the Unix epoch; undefined when it is known. */
    private since: number | undefined
    private known: string | undefined
    private asking = false

    /** @param time now, s since the Unix epoch */
    constructor(
        private readonly robot: Robot,
        time: number,
        private readonly onFirmware: (firmware: RecordedFirmware) => void,
    ) {
        this.restarted(time)
    }

    /** The board may run another program from this time on, s since the Unix epoch. */
    restarted(time: number): void {
        if (this.robot.firmwareHash === undefined) return
        this.close()
        this.since = time
        void this.ask()
    }

    /** Asks again while the board has not told; one that is armed needs its packets for samples. To be called regularly. */
    look(): void {
        if (this.since !== undefined && this.robot.state?.mode !== 'armed') void this.ask()
    }

    /** Tells what did not become known. */
    close(): void {
        const { since } = this
        if (since === undefined) return
        this.since = undefined
        this.known = undefined
        this.onFirmware({ time: since, sha256: undefined })
    }

    private async ask(): Promise<void> {
        if (this.asking) return
        this.asking = true
        const { since } = this
        const sha256 = await this.robot.firmwareHash!().finally(() => (this.asking = false))
        // Meanwhile the board may have started anew: the answer is then about either program.
        if (this.since === undefined) return
        if (this.since !== since) return this.ask()
        if (sha256 === undefined) return
        this.since = undefined
        if (sha256 === this.known) return
        this.known = sha256
        this.onFirmware({ time: since, sha256 })
    }
}
