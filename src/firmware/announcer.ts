import * as ds from '@devicescript/core'
import { type Server, startServer } from '@devicescript/server'

/** The part of the runtime's module that its type definitions leave out or declare as fixed. */
interface Runtime {
    setInterval(callback: ds.Callback, ms: number): number
    _serverSend(serviceIndex: number, packet: ds.Packet): Promise<void>
}
const runtime = ds as unknown as Runtime

/** Between two announcements (Jacdac's control service, `announce`), ms. */
const ANNOUNCE_MS = 500

/**
 * Puts the program's only service on the bus. The stock `startServer` announces by `setInterval`, whose worker, with what it
 * packs anew each time, takes the runtime as long as a tick, twice a second. So the announcement is packed once here, and a fiber
 * of its own sends it.
 */
export function startOnlyServer(server: Server): void {
    const { setInterval } = runtime
    runtime.setInterval = () => 0
    startServer(server)
    runtime.setInterval = setInterval

    // Counts up to its end, so that others notice a restart.
    let restarts = 1
    const flags = restarts | ds.ControlAnnounceFlags.SupportsACK
    const spec = ds.Control.spec.lookup('announce')
    const packet = spec.response.encode([flags, 0, 0, server.spec.classIdentifier])
    const announce = async () => {
        while (true) {
            await ds.sleep(ANNOUNCE_MS)
            if (restarts < ds.ControlAnnounceFlags.RestartCounterSteady) packet.payload[0] = ++restarts
            await runtime._serverSend(0, packet)
        }
    }
    announce.start()
}
