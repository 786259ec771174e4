import { setTimeout } from 'node:timers/promises'
import { type Command, Option } from 'commander'
import { motorsOff } from '../host/motors-off'
import type { LoopTiming, OperatedRobot } from '../host/robot'
import { linkWatch } from './bridge'
import { UsageError } from './failure'
import { aborted, onInterruption } from './interruption'
import { mismatch } from './mismatch'
import { boardOption, checkRobot, durationOption, jsonOption, seedOption } from './options'
import { note } from './output'

/** Between two questions for the board's histograms, ms: each is one of its 50 packets a second. */
const TIMING_MS = 1000
/** A robot that sends nothing is shown all the same, after so long, ms. */
const FIRST_SAMPLE_MS = 500

interface MonitorOptions {
    port?: string
    bridge?: string
    sim?: string
    board: string
    seed: number
    duration?: number
    json?: boolean
}

export function addMonitor(program: Command): void {
    program
        .command('monitor')
        .description('watch a robot live: joints, IMU, power, faults, loop, link; keys arm, jog and stop it')
        .addOption(
            new Option('--port <path>', 'serial port of the board, or auto to find it').conflicts(['sim', 'bridge']),
        )
        .addOption(
            new Option(
                '--bridge <url>',
                'rosbridge of a running `tendon bridge` or `tendon start` instead, beside its other clients',
            ).conflicts('sim'),
        )
        .option('--sim <robot>', 'simulate a robot in this process instead')
        .addOption(boardOption())
        .addOption(seedOption())
        .addOption(durationOption('end by itself after so long'))
        .addOption(jsonOption('print JSON lines: everything, once a second'))
        .addHelpText(
            'after',
            '\nKeys are shown on the screen. A jog runs while its key is held and 0.5 s more; space is an emergency stop.' +
                '\nWithout a terminal, and with --json: a line a second, no keys.' +
                '\n\nExamples:\n  $ tendon monitor --port auto\n  $ tendon monitor --bridge ws://127.0.0.1:9090' +
                '\n  $ tendon monitor --sim rover --json --duration 5',
        )
        .action(monitor)
}

async function monitor(options: MonitorOptions): Promise<void> {
    const { port, bridge, sim, board, seed, duration, json = false } = options
    if (port === undefined && bridge === undefined && sim === undefined) {
        throw new UsageError(
            'what to watch? --port <path>, --port auto, --bridge <url>, or --sim <robot> (see `tendon ports`)',
        )
    }
    if (sim !== undefined) await checkRobot(sim)
    const interruption = onInterruption()
    const over = AbortSignal.any([interruption.signal, hungUp()])
    try {
        if (bridge !== undefined) return await watchBridge(bridge, json, over, duration)
        const via = port ?? `simulated ${board}`
        note(`connecting to ${via} …`)
        const { connect } = await import('../connect')
        const robot = await connect(sim === undefined ? { port: port! } : { sim, board, seed })
        try {
            if (port !== undefined) for (const line of await mismatch(robot.description)) note(line)
            await watch(robot, { via, json, signal: over, duration })
        } finally {
            await robot.close()
        }
    } catch (error) {
        if (!interruption.signal.aborted) throw error
    } finally {
        interruption.release()
    }
}

/** The robot behind a running bridge. @throws BridgeError also when the bridge ends */
async function watchBridge(url: string, json: boolean, signal: AbortSignal, duration?: number): Promise<void> {
    const [{ BRIDGE_LAG, BridgedRobot }, { address }] = await Promise.all([
        import('../bridge/bridged-robot'),
        import('../bridge/rosbridge-client'),
    ])
    const via = address(url)
    note(`connecting to ${via} …`)
    let say: Say = note
    const robot = await BridgedRobot.connect(url, text => say(text, true))
    const { ended } = robot
    try {
        const listen = (tell: Say) => (say = tell)
        await watch(robot, { via, json, signal: AbortSignal.any([signal, ended]), duration, lag: BRIDGE_LAG, listen })
        ended.throwIfAborted()
    } finally {
        await robot.close()
    }
}

/** A terminal that was closed is left in order, too. */
function hungUp(): AbortSignal {
    const controller = new AbortController()
    process.once('SIGHUP', () => controller.abort())
    return controller.signal
}

type Say = (text: string, alarm: boolean) => void

interface Watch {
    /** How the robot is reached. */
    via: string
    json: boolean
    signal: AbortSignal
    /** s */
    duration?: number
    /** How much older than those behind a port its states may be, s. */
    lag?: number
    /** Given what shows a message, and again {@link note} at the end. */
    listen?: (say: Say) => void
}

/** Shows the robot and obeys keys until the signal, the end of `duration`, or the key that quits. */
async function watch(robot: OperatedRobot, options: Watch): Promise<void> {
    const { via, json, signal, duration, lag, listen } = options
    const [
        { Jog },
        { systemScheduler },
        { MonitorKeys, readKeys },
        { MonitorJson, MonitorLines, MonitorScreen },
        { monitorStatus },
    ] = await Promise.all([
        import('../host/jog'),
        import('../host/scheduler'),
        import('./monitor-keys'),
        import('./monitor-view'),
        import('./monitor-status'),
    ])
    const over = new AbortController()
    const quit = () => over.abort()
    const onScreen = !json && process.stdout.isTTY && process.stdin.isTTY
    const jog = new Jog(robot, systemScheduler, lag)
    const keys = new MonitorKeys(robot, jog, (text, alarm) => view.message(text, alarm), quit)
    const view = json
        ? new MonitorJson()
        : onScreen
          ? new MonitorScreen(robot.description.joints, keys.selection)
          : new MonitorLines()
    const stopKeys = onScreen ? readKeys(key => keys.press(key), quit) : () => {}
    listen?.((text, alarm) => view.message(text, alarm))
    const start = performance.now()
    let timing: LoopTiming | undefined
    const look = linkWatch(
        () => robot.statistics(),
        text => view.message(text, true),
    )
    const show = () => {
        look()
        view.status(monitorStatus(robot, via, (performance.now() - start) / 1000, timing))
    }
    const ask = () =>
        robot.timing().then(
            answer => (timing = answer),
            // A link that is down is shown as such.
            () => undefined,
        )
    const timers = [setInterval(show, view.periodMs), setInterval(ask, TIMING_MS)]
    try {
        await ask()
        // The first report is some ticks away.
        for (let waited = 0; !robot.state && waited < FIRST_SAMPLE_MS; waited += 10) await setTimeout(10)
        show()
        await aborted(AbortSignal.any([signal, over.signal]), duration)
    } finally {
        timers.forEach(timer => clearInterval(timer))
        jog.close()
        stopKeys()
        view.end()
        listen?.(note)
        // A board that is gone by now has stopped by its deadline.
        if (keys.armed) await motorsOff(robot).catch((error: Error) => note(`not disarmed: ${error.message}`))
    }
}
