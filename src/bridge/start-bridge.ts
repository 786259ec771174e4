import type { Robot } from '../host/robot'
import { type Scheduler, systemScheduler } from '../host/scheduler'
import type { AccessOptions } from './access/access'
import type { BridgeStatistics } from './diagnostics'
import { DEFAULT_FOXGLOVE_PORT, startFoxglove } from './foxglove'
import { Hub, type HubOptions } from './hub'
import { DEFAULT_PORT, type Rosbridge, startRosbridge } from './rosbridge'

export interface BridgeOptions extends Omit<AccessOptions, 'port'>, HubOptions {
    /** TCP port of the rosbridge (default 9090), 0 for a free one. */
    port?: number
    /** TCP port for Foxglove (default 8765), 0 for a free one; `off` opens no such door. */
    foxglovePort?: number | 'off'
    log?: (line: string) => void
    scheduler?: Scheduler
}

/** All doors of one robot. */
export interface Bridge {
    rosbridge: Rosbridge
    foxglove: Rosbridge | undefined
    /** Over all doors. */
    statistics(): BridgeStatistics
    close(): Promise<void>
}

/**
 * Opens a robot's doors for planners: one hub makes each message once for all of them.
 *
 * @throws BridgeError `insecure`, `address-in-use`, `bad-address`, `bad-tls`; then no door is open
 */
export async function startBridge(robot: Robot, options: BridgeOptions = {}): Promise<Bridge> {
    const { port = DEFAULT_PORT, foxglovePort = DEFAULT_FOXGLOVE_PORT, scheduler = systemScheduler } = options
    const hub = new Hub(robot, scheduler, options)
    const rosbridge = await startRosbridge(robot, { ...options, port, hub })
    try {
        const foxglove =
            foxglovePort === 'off' ? undefined : await startFoxglove(robot, { ...options, port: foxglovePort, hub })
        return {
            rosbridge,
            foxglove,
            statistics: () => ({ ...hub.statistics }),
            close: async () => {
                await Promise.all([rosbridge.close(), foxglove?.close()])
            },
        }
    } catch (error) {
        await rosbridge.close()
        throw error
    }
}
