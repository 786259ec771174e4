import * as ds from '@devicescript/core'
import type { ParameterFlash } from '../onboard/parameter-slots'

/** Names of the two slots. */
const KEYS = ['p0', 'p1']
/** Bytes of a name in an answer, with the zero behind it. */
const KEY_BYTES = 3
/** Asked again this often, ms: while a program starts up, the runtime's queue overflows and loses packets. */
const ASK_MS = 200
/** The settings service is found on the bus within a second of start-up. */
const ATTEMPTS = 15
const LOOK_MS = 20

/**
 * The runtime's own settings (`@devicescript/settings` stores JSON text in the same place): a native service of the board,
 * asked over the board's own bus. What it costs and what it survives: docs/parameters.md.
 */
export class SettingsFlash implements ParameterFlash {
    private readonly settings = new ds.Settings()
    private answer: Buffer
    /** A question has not left yet. */
    private asking = false

    constructor() {
        // DeviceScript's closures do not capture `this`.
        // eslint-disable-next-line @typescript-eslint/no-this-alias
        const self = this
        this.settings._onPacket = async packet => {
            if (packet && packet.serviceCommand === ds.SettingsCodes.CmdGet) self.answer = packet.payload
        }
    }

    async read(slot: number): Promise<Buffer | undefined> {
        // eslint-disable-next-line @typescript-eslint/no-this-alias
        const self = this
        const { settings } = this
        const key = KEYS[slot]
        // A fiber of its own: it waits without end for a service that is not there.
        const ask = async () => {
            await settings.get(key)
            self.asking = false
        }
        this.answer = undefined
        for (let waited = 0; waited < ATTEMPTS * ASK_MS; waited += LOOK_MS) {
            if (waited % ASK_MS === 0 && !this.asking) {
                this.asking = true
                ask.start()
            }
            await ds.sleep(LOOK_MS)
            const answer = this.answer
            if (answer && answer.slice(0, KEY_BYTES - 1).toString() === key) return answer.slice(KEY_BYTES)
        }
        return undefined
    }

    async write(slot: number, content: Buffer): Promise<void> {
        await this.settings.set(KEYS[slot], content)
    }
}
