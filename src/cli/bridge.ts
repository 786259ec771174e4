import { type Command, Option } from 'commander'
import type { RobotStatistics } from '../host/robot'
import { UsageError } from './failure'
import { aborted, onInterruption } from './interruption'
import { boardOption, bridgePortOption, checkRobot, jsonOption } from './options'
import { note, print, printJson, span } from './output'

/** Between two looks at the link, ms, and between two status lines. */
const LOOK_MS = 100
const STATUS_MS = 5000

interface BridgeOptions {
    port?: string
    sim?: string
    board: string
    bridgeHost: string
    bridgePort: number
    json?: boolean
}

export function addBridge(program: Command): void {
    program
        .command('bridge')
        .description('connect to a robot and serve it to planners as a rosbridge')
        .addOption(new Option('--port <path>', 'serial port of the board, or auto to find it').conflicts('sim'))
        .option('--sim <robot>', 'simulate a robot in this process instead')
        .addOption(boardOption())
        .option('--bridge-host <address>', 'address to listen on', '127.0.0.1')
        .addOption(bridgePortOption())
        .addOption(jsonOption('print JSON lines: one for each event and a status each 5 s'))
        .addHelpText(
            'after',
            '\nThe link is made again when the board was unplugged and is back.' +
                '\n\nExamples:\n  $ tendon bridge --port auto\n  $ tendon bridge --sim rover --bridge-port 9091',
        )
        .action(bridge)
}

async function bridge(options: BridgeOptions): Promise<void> {
    const { port, sim, board, json } = options
    if (port === undefined && sim === undefined) {
        throw new UsageError('what to connect to? --port <path>, --port auto, or --sim <robot> (see `tendon ports`)')
    }
    if (sim !== undefined) await checkRobot(sim)
    const interruption = onInterruption()
    const { signal } = interruption
    const { connect } = await import('../index')
    const { openBridge } = await import('./start-rover')
    const say = (text: string, event: string, fields: object = {}) =>
        json ? printJson({ event, ...fields }) : print(text)
    const ends: (() => unknown)[] = []
    try {
        const robot = await connect(sim === undefined ? { port: port! } : { sim, board })
        ends.push(() => robot.close())
        ends.push(() => robot.disarm().catch(() => undefined))
        const { name, configHash } = robot.description
        say(`connected to ${name} (configuration ${configHash})`, 'connected', { robot: name, configHash })
        const server = await openBridge(robot, { host: options.bridgeHost, port: options.bridgePort, log: note })
        ends.push(() => server.close())
        say(`rosbridge at ${server.url}`, 'bridge', { url: server.url })
        const status = () => {
            const { clients, samplesSent } = server.statistics()
            const mode = robot.state?.mode ?? 'no sample yet'
            const statistics = robot.statistics()
            say(statusLine(mode, clients, statistics), 'status', { mode, clients, samplesSent, ...statistics })
        }
        const look = linkWatch(() => robot.statistics(), say)
        const timers = [setInterval(look, LOOK_MS), setInterval(status, STATUS_MS)]
        ends.push(() => timers.forEach(timer => clearInterval(timer)))
        await aborted(signal)
    } catch (error) {
        if (!signal.aborted) throw error
    } finally {
        for (const end of ends.reverse()) await end()
        interruption.release()
    }
}

/** Tells when the link is lost and when it is back. */
function linkWatch(
    statistics: () => RobotStatistics,
    say: (text: string, event: string, fields?: object) => void,
): () => void {
    let up = true
    return () => {
        const { connected, reconnects } = statistics()
        if (up && !connected) say('the robot is gone (unplugged, or reset): waiting for it', 'lost')
        if (!up && connected) say(`the robot is back (reconnected ${reconnects} times)`, 'back', { reconnects })
        up = connected
    }
}

function statusLine(mode: string, clients: number, statistics: RobotStatistics): string {
    const { ticks, lateTicks, samplesLost, connected, period } = statistics
    const { min, mean, max } = period
    return [
        connected ? mode : 'disconnected',
        `${clients} ${clients === 1 ? 'planner' : 'planners'}`,
        `${ticks} ticks, ${lateTicks} late`,
        `period ${span({ min: min * 1000, mean: mean * 1000, max: max * 1000 })}`,
        `${samplesLost} samples lost`,
    ].join('  ')
}
