import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { Aedes } from 'aedes'
import { FleetError } from './fleet-error'

/** A broker in this process. */
export interface EmbeddedBroker {
    /** `mqtt://127.0.0.1:port` */
    readonly url: string
    close(): Promise<void>
}

/**
 * Opens a broker for a desk: MQTT 3.1.1 (no shared subscriptions, expiry by the payload alone), nothing kept over a
 * restart, no credentials; so it listens on this machine only. A real fleet wants a broker of its own.
 *
 * @param port TCP port, 0 for a free one
 * @throws FleetError `bad-broker` when the port is taken
 */
export async function startBroker(port = 1883): Promise<EmbeddedBroker> {
    const aedes = await Aedes.createBroker()
    const server = createServer(socket => aedes.handle(socket))
    try {
        await once(server.listen(port, '127.0.0.1'), 'listening')
    } catch (error) {
        // Its timers would keep the process going.
        await new Promise<void>(resolve => aedes.close(resolve))
        const { code, message } = error as NodeJS.ErrnoException
        const text =
            code === 'EADDRINUSE'
                ? 'is in use: end that program or take another port'
                : `cannot be listened on: ${message}`
        throw new FleetError('bad-broker', `127.0.0.1:${port} ${text}`, { cause: error })
    }
    return {
        url: `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`,
        close: async () => {
            await new Promise<void>(resolve => aedes.close(resolve))
            await new Promise(resolve => server.close(resolve))
        },
    }
}
