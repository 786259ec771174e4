import type { Robot } from '../host/robot'
import { systemScheduler } from '../host/scheduler'
import { listen } from './access/listener'
import { FoxgloveCatalogue } from './foxglove-catalogue'
import { SUBPROTOCOLS, timeFrame } from './foxglove-protocol'
import { FoxgloveSession } from './foxglove-session'
import { Hub } from './hub'
import type { DoorOptions, Rosbridge } from './rosbridge'

export const DEFAULT_FOXGLOVE_PORT = 8765

const GRAPH_PERIOD = 1000 // ms

/**
 * Opens the door for Foxglove, PlotJuggler and whatever else speaks Foxglove's WebSocket protocol: channels in CDR.
 *
 * @throws BridgeError `insecure`, `address-in-use`, `bad-address`, `bad-tls`
 */
export async function startFoxglove(robot: Robot, options: DoorOptions = {}): Promise<Rosbridge> {
    const { log = () => {}, scheduler = systemScheduler, hub = new Hub(robot, scheduler) } = options
    const catalogue = new FoxgloveCatalogue(hub)
    const { name, configHash } = robot.description
    const greeting = [
        {
            op: 'serverInfo',
            name: `tendon ${name}`,
            capabilities: capabilities(hub),
            supportedEncodings: ['cdr', 'json'],
            metadata: { robot: name, configuration: configHash },
            // Another session means another board or another bridge: a client then forgets what it knew.
            sessionId: `${configHash}-${Math.round(scheduler.epoch() * 1000)}`,
        },
        ...catalogue.advertisement,
    ]
    const clients = new Map<FoxgloveSession, (frame: Buffer) => void>()
    const listener = await listen(
        {
            welcome: 'This is a Foxglove WebSocket server: open it in Foxglove or PlotJuggler.',
            protocols: SUBPROTOCOLS,
            counts: hub.statistics,
            log,
            admit: (outbox, log, name) => {
                const session = new FoxgloveSession(hub, catalogue, outbox, log, `Foxglove ${name}`)
                for (const message of greeting) session.answer(message)
                clients.set(session, frame => outbox.sample(frame))
                const close = session.close.bind(session)
                session.close = () => {
                    clients.delete(session)
                    close()
                }
                return session
            },
        },
        { port: DEFAULT_FOXGLOVE_PORT, ...options },
    )
    hub.open()
    const stopTime = hub.simulation ? publishTime(hub, clients) : () => {}
    const graph = setInterval(() => clients.forEach((_, session) => session.sendGraph()), GRAPH_PERIOD)
    graph.unref()
    return {
        url: listener.url,
        port: listener.port,
        statistics: () => ({ ...hub.statistics }),
        close: async () => {
            clearInterval(graph)
            stopTime()
            hub.close()
            await listener.close()
        },
    }
}

function capabilities(hub: Hub): string[] {
    return [
        'clientPublish',
        'services',
        'connectionGraph',
        ...(hub.parameters.supported ? ['parameters', 'parametersSubscribe'] : []),
        ...(hub.simulation ? ['time'] : []),
    ]
}

/** A simulated robot's time, with each of its samples. */
function publishTime(hub: Hub, clients: Map<FoxgloveSession, (frame: Buffer) => void>): () => void {
    return hub.robot.onState(({ hostTime }) => {
        if (clients.size === 0) return
        const frame = timeFrame(hostTime * 1000)
        for (const send of clients.values()) send(frame)
    })
}
