import { type Command, Option } from 'commander'
import type { BridgeStatistics } from '../bridge/diagnostics'
import type { Bridge, BridgeOptions } from '../bridge/start-bridge'
import type { FleetAgent } from '../fleet/agent'
import type { DeployHandler } from '../fleet/program'
import { CommandLease } from '../host/lease'
import { motorsOff } from '../host/motors-off'
import type { Robot, RobotStatistics } from '../host/robot'
import { systemScheduler } from '../host/scheduler'
import type { RecorderOptions } from '../record/recorder'
import { addBridgeOptions, type BridgeFlags, readBridgeOptions } from './bridge-options'
import { UsageError } from './failure'
import { addBrokerOptions, type BrokerCommandOptions, brokerOptions } from './fleet-options'
import { aborted, onInterruption } from './interruption'
import { mismatch } from './mismatch'
import { boardOption, checkRobot, jsonOption } from './options'
import { note, print, printJson, span } from './output'
import { readStopKey, STOP_KEY_HINT } from './stop-key'

/** Between two looks at the link, ms, and between two status lines. */
const LOOK_MS = 100
const STATUS_MS = 5000

interface BridgeCommandOptions extends BridgeFlags, Omit<BrokerCommandOptions, 'broker'> {
    fleet?: string
    fleetId?: string
    fleetDeploy?: boolean
    record?: string
    port?: string
    sim?: string
    board: string
    json?: boolean
}

export function addBridge(program: Command): void {
    const command = program
        .command('bridge')
        .description('connect to a robot and serve it to planners: rosbridge and Foxglove')
        .addOption(new Option('--port <path>', 'serial port of the board, or auto to find it').conflicts('sim'))
        .option('--sim <robot>', 'simulate a robot in this process instead')
        .addOption(boardOption())
    addBridgeOptions(command)
    addBrokerOptions(command)
        .option('--fleet <url>', 'publish the robot to its fleet over this MQTT broker, too (docs/fleet.md)')
        .option('--fleet-id <name>', "the robot's name in the fleet (default: the robot's own)")
        .option('--fleet-deploy', "let planners of the fleet replace the board's program (tendon fleet deploy)")
        .option('--record <file>', 'record the robot to this new MCAP file, too (docs/recording.md)')
        .addOption(jsonOption('print JSON lines: one for each event and a status each 5 s'))
        .addHelpText(
            'after',
            '\nThe link is made again when the board was unplugged and is back. On a terminal, space is an emergency stop.' +
                '\n\nExamples:\n  $ tendon bridge --port auto\n  $ tendon bridge --sim rover --bridge-port 9091' +
                '\n  $ tendon bridge --port auto --bridge-host 0.0.0.0 --token-file token --tls-cert cert.pem --tls-key key.pem',
        )
        .action(bridge)
}

async function bridge(options: BridgeCommandOptions): Promise<void> {
    const { port, sim, board, json } = options
    if (port === undefined && sim === undefined) {
        throw new UsageError('what to connect to? --port <path>, --port auto, or --sim <robot> (see `tendon ports`)')
    }
    if (options.fleetDeploy && options.fleet === undefined) {
        throw new UsageError('--fleet-deploy lets the planners of a fleet in: it needs --fleet <url>')
    }
    if (sim !== undefined) await checkRobot(sim)
    const doors = await readBridgeOptions(options)
    const interruption = onInterruption()
    const { signal } = interruption
    const { connect } = await import('../connect')
    const say = (text: string, event: string, fields: object = {}) =>
        json ? printJson({ event, ...fields }) : print(text)
    const ends: (() => unknown)[] = []
    try {
        const path = port === 'auto' ? (await (await import('../host/ports')).findPort()).path : port
        const robot = await connect(sim === undefined ? { port: path! } : { sim, board })
        ends.push(() => robot.close())
        ends.push(() => motorsOff(robot).catch(() => undefined))
        const lease = new CommandLease()
        const service = new Service(robot, lease, options, doors, say)
        ends.push(() => service.close())
        const { BridgeDeploys } = await import('./bridge-deploy')
        const deploys = BridgeDeploys.of(robot, lease, service)
        if (options.fleetDeploy) service.deploys = deploys?.fromFleet
        await service.open()
        if (path !== undefined && deploys) {
            const door = await deploys.openDoor(path)
            ends.push(() => door.close())
        }
        const status = () => {
            const { clients, samplesSent } = service.statistics()
            const mode = robot.state?.mode ?? 'no sample yet'
            const statistics = robot.statistics()
            say(statusLine(mode, clients, statistics), 'status', { mode, clients, samplesSent, ...statistics })
        }
        const key = readStopKey(robot, (text, stopped) => say(text, stopped ? 'stopped' : 'stop-failed', { text }))
        ends.push(key.release)
        if (key.reads) note(STOP_KEY_HINT)
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

type Say = (text: string, event: string, fields?: object) => void

/** What is made out of the robot's description: doors, recording, the place in the fleet. Another robot has others. */
class Service {
    private server: Bridge | undefined
    private ends: (() => unknown)[] = []
    private changing: Promise<void> = Promise.resolve()
    private recorded = false
    private closed = false
    private place: { id: string; agent: FleetAgent } | undefined
    /** Where programs come in from the fleet; set before `open`. */
    deploys: DeployHandler | undefined

    constructor(
        private readonly robot: Robot,
        private readonly lease: CommandLease,
        private readonly options: BridgeCommandOptions,
        private readonly doors: BridgeOptions,
        private readonly say: Say,
    ) {}

    async open(): Promise<void> {
        const { robot, lease, options, doors, say, ends } = this
        const { sim, json, record } = options
        const { name, configHash } = robot.description
        say(`connected to ${name} (configuration ${configHash})`, 'connected', { robot: name, configHash })
        if (sim === undefined) for (const line of await mismatch(robot.description)) note(line)
        // Before anybody commands the robot, so that the recording has every command.
        if (record !== undefined && !this.recorded) {
            ends.push(await startRecordingBeside(robot, record, sim, () => this.bridgeCounts(), say))
            this.recorded = true
            say(`recording to ${record}`, 'recording', { file: record })
        }
        const { openBridge } = await import('./start-rover')
        const server = await openBridge(robot, { ...doors, lease, simulation: sim !== undefined, log: note })
        this.server = server
        ends.push(() => server.close())
        const { url } = server.rosbridge
        const foxglove = server.foxglove?.url
        // A door that took any free port keeps it.
        doors.port = server.rosbridge.port
        if (server.foxglove) doors.foxglovePort = server.foxglove.port
        say(`rosbridge at ${url}`, 'bridge', { url, foxglove })
        if (foxglove !== undefined && !json) print(`foxglove at ${foxglove}`)
        if (options.fleet !== undefined) {
            await this.joinFleet(options.fleetId ?? name, options.fleet)
        }
    }

    statistics(): Pick<BridgeStatistics, 'clients' | 'samplesSent'> {
        return this.server?.statistics() ?? { clients: 0, samplesSent: 0 }
    }

    /** Another program is on the board: planners are sent away and find the new robot behind the same doors. */
    robotChanged(): Promise<void> {
        this.changing = this.changing.then(async () => {
            if (this.closed) return
            await this.end()
            if (this.recorded) this.say('the recording has ended: the robot is another now', 'recording-ended')
            await this.open()
        })
        return this.changing
    }

    /** Under the same name, the fleet is told of the other program over the same connection. */
    async programWritten(): Promise<void> {
        await this.place?.agent.introduce().catch(() => undefined)
    }

    async close(): Promise<void> {
        this.closed = true
        await this.changing.catch(() => undefined)
        await this.end()
        await this.place?.agent.close()
    }

    private async joinFleet(id: string, url: string): Promise<void> {
        const { robot, lease, options, deploys } = this
        if (this.place?.id === id) return this.programWritten()
        await this.place?.agent.close()
        const [{ FleetAgent }, { PACKAGE_VERSION }] = await Promise.all([
            import('../fleet/agent'),
            import('../version'),
        ])
        const agent = await FleetAgent.start(robot, {
            ...brokerOptions(url, options),
            id,
            commandLease: lease,
            deploy: deploys,
            hostVersion: PACKAGE_VERSION,
            scheduler: systemScheduler,
            log: note,
        })
        this.place = { id, agent }
        this.say(`${id} in the fleet at ${url}`, 'fleet', { id, broker: url })
    }

    private bridgeCounts(): ReturnType<NonNullable<RecorderOptions['bridge']>> {
        const { server, lease } = this
        return server && { statistics: server.statistics(), commander: lease.holder?.name }
    }

    private async end(): Promise<void> {
        this.server = undefined
        for (const end of this.ends.splice(0).reverse()) await end()
    }
}

/**
 * Records beside the bridge. A recording that fails is told, and costs the exit code; the robot is served all the same.
 * Returns the function that ends it.
 */
async function startRecordingBeside(
    robot: Robot,
    path: string,
    sim: string | undefined,
    bridge: RecorderOptions['bridge'],
    say: Say,
): Promise<() => Promise<void>> {
    const { startRecording } = await import('../record/start-recording')
    const { recorded, recorderOptions, recordingError } = await import('./recording')
    const recorder = await startRecording(robot, path, { ...(await recorderOptions(sim)), bridge })
    let told = false
    const tell = (error: Error) => {
        if (told) return
        told = true
        const { message } = recordingError(error, path, recorder.progress())
        say(`the recording has ended: ${message}`, 'recording-failed', { message })
        process.exitCode = 1
    }
    void recorder.failure.then(tell)
    return () => recorder.close().then(() => say(...recorded(path, recorder.progress())), tell)
}

/** Tells when the link is lost and when it is back. */
export function linkWatch(statistics: () => RobotStatistics, say: Say): () => void {
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
