import type { Command } from 'commander'
import { foxglovePortOption } from './bridge-options'
import { aborted, onInterruption } from './interruption'
import { boardOption, bridgePortOption, checkRobot, durationOption, inlineOption, jsonOption } from './options'
import type { Running } from './start-rover'
import { type StartView, startView } from './start-view'
import { readStopKey, STOP_KEY_HINT } from './stop-key'

/** The robot has moved when its true pose has changed by this, m, or a joint has turned by this, rad. */
const MOVED = 0.001
const TURNED = 0.02

interface StartCommandOptions {
    board: string
    portLink?: string
    bridgePort: number
    foxglovePort?: number | 'off'
    inline: boolean
    duration?: number
    json?: boolean
}

export function addStart(program: Command): void {
    program
        .command('start')
        .description(
            'run a simulated robot on a serial port: show what it does (the rover drives a one-metre square), then stream to planners until Ctrl-C',
        )
        .argument('[robot]', 'a robot of src/robots', 'rover')
        .addOption(boardOption())
        .option('--port-link <path>', 'symbolic link to make to the serial port')
        .addOption(bridgePortOption())
        .addOption(foxglovePortOption())
        .addOption(durationOption('end by itself, counted from the connection'))
        .addOption(inlineOption())
        .addOption(jsonOption('print JSON lines: one for each event and a status a second'))
        .addHelpText(
            'after',
            '\nOn a terminal, space is an emergency stop.' +
                '\n\nExample:\n  $ tendon start rover --port-link /tmp/rover --bridge-port 9091',
        )
        .action(start)
}

async function start(robot: string, { json = false, duration, ...options }: StartCommandOptions): Promise<void> {
    await checkRobot(robot)
    const interruption = onInterruption()
    const view = startView(json)
    let running: Running | undefined
    try {
        const { startRover } = await import('./start-rover')
        running = await startRover({ robot, ...options })
        if (!interruption.signal.aborted) await show(running, view, interruption.signal, duration)
    } catch (error) {
        // Ctrl-C reaches the compiler too.
        if (!interruption.signal.aborted) throw error
    } finally {
        view.end()
        await running?.close()
        interruption.release()
    }
}

/** Has the robot perform and shows what happens, until the signal or the end of `duration`. */
async function show(running: Running, view: StartView, interrupted: AbortSignal, duration?: number): Promise<void> {
    const { simulated, session, bridge, port } = running
    const { loadDrive } = await import('./drive')
    const { systemScheduler } = await import('../host/scheduler')
    const { name } = session.description
    view.event({
        event: 'port',
        text: `${name} on a simulated ${simulated.board.profile.name}, serial port ${port}`,
        port,
    })
    const { url } = bridge.rosbridge
    const foxglove = bridge.foxglove?.url
    const doors = foxglove === undefined ? '' : `, foxglove at ${foxglove}`
    view.event({ event: 'bridge', text: `rosbridge at ${url}${doors}`, url, foxglove })

    const key = readStopKey(session, (text, stopped) =>
        view.event({ event: stopped ? 'stopped' : 'stop-failed', text }),
    )
    if (key.reads) view.event({ event: 'keys', text: STOP_KEY_HINT })
    const ending = new AbortController()
    const over = aborted(interrupted, duration).then(() => ending.abort())
    const drive = await loadDrive(name)
    const { body } = simulated
    const begin = { ...body.pose(), angles: body.angles() }
    let progress = 0
    let motionAt: number | undefined
    const stopWatching = session.onState(() => {
        if (motionAt !== undefined || !moved(body.pose(), body.angles(), begin)) return
        motionAt = performance.now()
        const secondsSinceStart = motionAt / 1000
        const text = `first motion ${secondsSinceStart.toFixed(1)} s after the start`
        view.event({ event: 'motion', text, secondsSinceStart })
    })
    const timer = setInterval(() => {
        const { state } = session
        if (!state) return
        const { x, y, heading } = state.odometry ?? { x: 0, y: 0, heading: 0 }
        view.status({
            seconds: motionAt === undefined ? 0 : (performance.now() - motionAt) / 1000,
            mode: state.mode,
            performance: drive.name,
            progress,
            pose: { x, y, heading },
            truePose: body.pose(),
            joints: session.description.drive
                ? undefined
                : state.joints.map(({ name, position }, i) => ({ name, position, angle: body.angles()[i] })),
            statistics: session.statistics(),
            clients: bridge.statistics().clients,
        })
    }, view.periodMs)
    try {
        const options = { signal: ending.signal, onProgress: (part: number) => (progress = part) }
        const result = await drive.perform(session, systemScheduler, options)
        if (result.finished) {
            const { closingError: odometryClosingError, rearmed } = result
            const closingError = odometryClosingError === undefined ? undefined : distance(body.pose(), begin)
            const how =
                closingError === undefined
                    ? 'done'
                    : `closed within ${millimetres(closingError)} by the true pose, ` +
                      `${millimetres(odometryClosingError!)} by odometry`
            const text = `${drive.name} ${how}; streaming until Ctrl-C`
            view.event({ event: drive.name, text, closingError, odometryClosingError, rearmed })
        }
        await over
    } finally {
        key.release()
        stopWatching()
        clearInterval(timer)
    }
}

function moved(
    pose: { x: number; y: number },
    angles: number[],
    begin: { x: number; y: number; angles: number[] },
): boolean {
    return distance(pose, begin) >= MOVED || angles.some((angle, i) => Math.abs(angle - begin.angles[i]) >= TURNED)
}

function distance(a: { x: number; y: number }, b: { x: number; y: number }): number {
    return Math.hypot(a.x - b.x, a.y - b.y)
}

function millimetres(metres: number): string {
    return `${(metres * 1000).toFixed(1)} mm`
}
