import type { Robot } from '../host/robot'
import { type Scheduler, systemScheduler } from '../host/scheduler'
import type { AccessOptions } from './access/access'
import { listen } from './access/listener'
import type { BridgeStatistics } from './diagnostics'
import { Hub } from './hub'
import { Session } from './session'

export const DEFAULT_PORT = 9090

export interface DoorOptions extends AccessOptions {
    /** Told what happens, one line each. */
    log?: (line: string) => void
    /** Clock of diagnostics and of queued messages. */
    scheduler?: Scheduler
    /** What this door shares with others of the same robot; its own when left out. */
    hub?: Hub
}

export type RosbridgeOptions = DoorOptions

export interface Rosbridge {
    /** `ws://host:port` */
    readonly url: string
    readonly port: number
    /** Counters since the start. */
    statistics(): BridgeStatistics
    /** Disconnects all clients and frees the port. The robot stays as it is. */
    close(): Promise<void>
}

/**
 * Opens the planner's door: rosbridge v2 over WebSocket.
 *
 * @throws BridgeError `insecure`, `address-in-use`, `bad-address`, `bad-tls`
 */
export async function startRosbridge(robot: Robot, options: RosbridgeOptions = {}): Promise<Rosbridge> {
    const { log = () => {}, scheduler = systemScheduler, hub = new Hub(robot, scheduler) } = options
    const listener = await listen(
        {
            welcome: 'This is a rosbridge: connect with a WebSocket.',
            counts: hub.statistics,
            log,
            admit: (outbox, log, name) => new Session(hub, outbox, log, `rosbridge ${name}`),
        },
        { port: DEFAULT_PORT, ...options },
    )
    hub.open()
    return {
        url: listener.url,
        port: listener.port,
        statistics: () => ({ ...hub.statistics }),
        close: async () => {
            hub.close()
            await listener.close()
        },
    }
}
