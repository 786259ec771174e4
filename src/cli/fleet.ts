import type { Command } from 'commander'
import type { FleetClient } from '../fleet/client'
import type { FleetRobot } from '../fleet/view'
import { CommandError, UsageError } from './failure'
import { addBrokerOptions, type BrokerCommandOptions, brokerOption, brokerOptions } from './fleet-options'
import { type FleetDeployOptions, fleetDeploy, fleetProgram } from './fleet-deploy'
import { addFleetSim } from './fleet-sim'
import { versionLines } from './fleet-versions'
import { aborted, onInterruption } from './interruption'
import { inlineOption, jsonOption, number } from './options'
import { print, printJson, table } from './output'

interface FleetCommandOptions extends BrokerCommandOptions {
    json?: boolean
    wait: number
}

const DEFAULT_PORT = 1883

export function addFleet(program: Command): void {
    const fleet = program
        .command('fleet')
        .description('see, stop and deploy to many robots over an MQTT broker (docs/fleet.md)')
    fleet.addHelpText(
        'after',
        '\nExample, all on one desk:\n  $ tendon fleet broker &\n  $ tendon fleet sim --robots 5 &\n  $ tendon fleet list',
    )
    const add = (name: string, description: string) =>
        addBrokerOptions(fleet.command(name).description(description).addOption(brokerOption()))
            .option('--wait <s>', 'how long to listen for robots', number({ min: 0.1, max: 60 }), 1)
            .addOption(jsonOption())
    add('list', 'list the robots: version, state, battery, faults, latency').action(list)
    add('versions', 'which robots have which versions, and what differs').action(versions)
    add('stop', 'stop robots at once (emergency stop), whoever holds their lease')
        .argument('[robots...]', 'names of robots')
        .option('--all', 'every robot of the fleet')
        .action(stop)
    add('deploy', "replace the robots' programs: one first, then the others; the first failure ends it")
        .argument('<robot>', 'a robot of src/robots')
        .argument('[robots...]', 'names of robots of that kind')
        .option('--all', 'every robot of that kind in the fleet')
        .option('--keep-going', 'go on when one fails, or cannot be deployed to')
        .option('--at-once <n>', 'robots at once, behind the first', number({ min: 1, max: 100, whole: true }), 4)
        .addOption(inlineOption())
        .addHelpText(
            'after',
            '\nRefuses armed robots, and bridges without --fleet-deploy. A robot that does not answer afterwards gets its former' +
                '\nprogram back.\n\nExample:\n  $ tendon fleet deploy rover --all',
        )
        .action(deploy)
    fleet
        .command('broker')
        .description('run a broker for a desk in this process: this machine only, MQTT 3.1.1, nothing is kept')
        .option(
            '--port <port>',
            'TCP port, 0 for a free one',
            number({ min: 0, max: 65_535, whole: true }),
            DEFAULT_PORT,
        )
        .addOption(jsonOption('print JSON lines: one for each event'))
        .action(broker)
    addFleetSim(fleet)
}

async function list({ json, ...options }: FleetCommandOptions): Promise<void> {
    await withFleet(options, async (fleet, signal) => {
        const robots = await Promise.all(
            fleet.robots.map(async robot => ({ ...robot, latency: await latencyOf(fleet, robot, signal) })),
        )
        if (json) return printJson({ robots: robots.map(robot => ({ ...row(robot), latency: robot.latency })) })
        if (robots.length === 0) return print('no robots (is this the right broker, and the right --fleet-root?)')
        const head = ['robot', 'kind', 'status', 'mode', 'battery', 'faults', 'latency', 'lease', 'config', 'firmware']
        const rows = robots.map(robot => {
            const { kind, status, mode, battery, faults, lease, versions } = row(robot)
            return [
                robot.id,
                kind ?? '-',
                status,
                mode ?? '-',
                battery === undefined ? '-' : `${battery.voltage.toFixed(1)} V`,
                faults?.join(',') || '-',
                robot.latency === undefined ? '-' : `${(robot.latency * 1000).toFixed(1)} ms`,
                lease ?? '-',
                versions?.configHash ?? '-',
                versions?.firmware?.slice(0, 8) ?? '-',
            ]
        })
        for (const line of table([head, ...rows])) print(line)
    })
}

function row({ id, status, about, state, lease, missed, outOfOrder }: FleetRobot) {
    return {
        id,
        kind: about?.description.name,
        status,
        mode: state?.mode,
        battery: state?.battery,
        faults: state?.faults,
        lease: lease?.holder ?? undefined,
        versions: about?.versions,
        statesMissed: missed,
        statesOutOfOrder: outOfOrder,
    }
}

/** Half of a round trip to the robot's host, s. Undefined when it does not answer. */
async function latencyOf(
    fleet: FleetClient,
    { id, status }: FleetRobot,
    signal: AbortSignal,
): Promise<number | undefined> {
    if (status !== 'online' && status !== 'unlinked') return undefined
    return fleet.ping(id, signal).then(
        ({ roundTrip }) => roundTrip / 2,
        () => undefined,
    )
}

async function versions({ json, ...options }: FleetCommandOptions): Promise<void> {
    const { versionMatrix } = await import('../fleet/versions')
    await withFleet(options, async fleet => {
        const rows = versionMatrix(fleet.robots)
        if (json) return printJson({ versions: rows })
        for (const line of versionLines(rows)) print(line)
    })
}

async function stop(ids: string[], { json, all, ...options }: FleetCommandOptions & { all?: boolean }): Promise<void> {
    if ((all === true) === ids.length > 0) throw new UsageError('which robots to stop? Name them, or --all')
    await withFleet({ ...options, wait: all ? options.wait : 0 }, async fleet => {
        const robots = all ? fleet.robots.map(({ id }) => id) : ids
        const failed: string[] = []
        await Promise.all(
            robots.map(id =>
                fleet.stop(id).then(
                    () => json || print(`${id} stopped`),
                    (error: Error) => failed.push(`${id}: ${error.message}`),
                ),
            ),
        )
        if (json) printJson({ stopped: robots.length - failed.length, failed })
        if (failed.length > 0) throw new CommandError(`not stopped: ${failed.join('; ')}`)
    })
}

async function deploy(
    kind: string,
    ids: string[],
    { wait, ...options }: FleetCommandOptions & FleetDeployOptions,
): Promise<void> {
    const program = await fleetProgram(kind, ids, options)
    await withFleet({ ...options, wait }, (fleet, signal) => fleetDeploy(fleet, program, ids, options, signal))
}

async function broker({ port, json }: { port: number; json?: boolean }): Promise<void> {
    const { startBroker } = await import('../fleet/broker')
    const running = await startBroker(port)
    const interruption = onInterruption()
    try {
        if (json) printJson({ event: 'broker', url: running.url })
        else print(`broker at ${running.url} until Ctrl-C`)
        await aborted(interruption.signal)
    } finally {
        await running.close()
        interruption.release()
    }
}

/** Connects, listens for a while, and disconnects whatever happens. */
async function withFleet(
    { broker, wait, ...options }: Omit<FleetCommandOptions, 'json'>,
    action: (fleet: FleetClient, signal: AbortSignal) => Promise<void>,
): Promise<void> {
    const { FleetClient } = await import('../fleet/client')
    const interruption = onInterruption()
    try {
        const fleet = await FleetClient.connect(brokerOptions(broker, options))
        try {
            if (wait > 0) await aborted(interruption.signal, wait)
            await action(fleet, interruption.signal)
        } finally {
            await fleet.close()
        }
    } finally {
        interruption.release()
    }
}
