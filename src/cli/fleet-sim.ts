import type { Command } from 'commander'
import { addBrokerOptions, type BrokerCommandOptions, brokerOption, brokerOptions } from './fleet-options'
import { aborted, onInterruption } from './interruption'
import { boardOption, checkRobot, durationOption, jsonOption, number, seedOption } from './options'
import { print, printJson } from './output'

interface FleetSimOptions extends BrokerCommandOptions {
    robots: number
    rate: number
    board: string
    seed: number
    prefix?: string
    duration?: number
    json?: boolean
}

/** Between two lines of status, ms. */
const STATUS_MS = 5000

export function addFleetSim(fleet: Command): void {
    addBrokerOptions(
        fleet
            .command('sim')
            .description('simulate many robots in this process, each with its own connection to the broker')
            .argument('[robot]', 'a robot of src/robots', 'rover')
            .addOption(brokerOption()),
    )
        .option('--robots <n>', 'how many', number({ min: 1, max: 1000, whole: true }), 10)
        .option('--rate <hz>', 'states a second of each', number({ min: 0, above: true, max: 100 }), 10)
        .addOption(boardOption())
        .addOption(seedOption())
        .option('--prefix <name>', "of the robots' names (default: the robot's)")
        .addOption(durationOption('end by itself'))
        .addOption(jsonOption('print JSON lines: one at the start and a status each 5 s'))
        .addHelpText('after', '\nExample:\n  $ tendon fleet sim --robots 100 --broker mqtt://127.0.0.1:1883')
        .action(simulateFleet)
}

async function simulateFleet(robot: string, options: FleetSimOptions): Promise<void> {
    await checkRobot(robot)
    const { robots: count, rate: stateRate, board, seed, prefix, duration, json, broker, ...rest } = options
    const interruption = onInterruption()
    const { FleetSimulation } = await import('../simulate-fleet')
    const fleet = await FleetSimulation.start({
        ...brokerOptions(broker, rest),
        robot,
        count,
        board,
        seed,
        prefix,
        stateRate,
    })
    try {
        const { ids } = fleet
        if (json) printJson({ event: 'started', robots: ids, broker })
        else print(`${count} robots at ${broker}: ${ids[0]}${count > 1 ? ` … ${ids.at(-1)}` : ''}`)
        let cpu = process.cpuUsage()
        let since = performance.now()
        const status = () => {
            const used = process.cpuUsage(cpu)
            const now = performance.now()
            const cores = (used.user + used.system) / 1000 / (now - since)
            cpu = process.cpuUsage()
            since = now
            const all = fleet.statistics()
            const statesSent = all.reduce((sum, { statesSent }) => sum + statesSent, 0)
            const statesDropped = all.reduce((sum, { statesDropped }) => sum + statesDropped, 0)
            const connected = all.filter(({ connected }) => connected).length
            const { skipped } = fleet
            if (json)
                printJson({ event: 'status', connected, statesSent, statesDropped, cores, skippedSeconds: skipped })
            else
                print(
                    `${connected} connected  ${statesSent} states sent, ${statesDropped} dropped  ` +
                        `${cores.toFixed(2)} cores  ${skipped.toFixed(2)} s left out`,
                )
        }
        const timer = setInterval(status, STATUS_MS)
        await aborted(interruption.signal, duration)
        clearInterval(timer)
        status()
    } finally {
        await fleet.close()
        interruption.release()
    }
}
