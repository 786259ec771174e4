import { buildFirmware } from './flash/build'
import { encodeDcfg } from './flash/dcfg'
import { Link } from './host/link'
import { RobotError } from './host/robot'
import type { Scheduler } from './host/scheduler'
import type { BufferedByteStream } from './host/serial-stream'
import { RobotSession } from './host/session'
import type { RobotConfig } from './onboard/robot-config'
import { SPI_PINS, SPI_SELECTS } from './onboard/robot-wiring'
import { boardProfiles } from './sim/board-profile'
import type { MakeBody } from './sim/robot-body'
import { SimulatedRobot, type SimulatedRobotOptions } from './sim/simulated-robot'

/** Which robot to simulate, and how. */
export interface SimulationOptions extends Partial<
    Pick<SimulatedRobotOptions, 'body' | 'faults' | 'trace' | 'profileOperations' | 'onLog' | 'onWarning'>
> {
    robot: string
    /** Board profile: `rp2040` (default), `esp32` or `ideal`. */
    board?: string
    /** Of all noise (default 1). */
    seed?: number
    /** Whether the firmware's tick is inlined (default true). */
    inline?: boolean
}

/** A wrong option. The text names the option, its value and what is allowed. */
export class SimulationError extends Error {
    override name = 'SimulationError'
}

/** Builds the robot's firmware and puts it on a simulated board with its body. @throws BuildError, SimulationError */
export async function simulate(options: SimulationOptions): Promise<SimulatedRobot> {
    const profile = boardProfiles[options.board ?? 'rp2040']
    if (!profile) {
        throw new SimulationError(
            `board "${options.board}" is not known; there are: ${Object.keys(boardProfiles).join(', ')}`,
        )
    }
    const firmware = await buildFirmware(options.robot, { inline: options.inline })
    const { config, makeBody } = await loadRobot(options.robot)
    return new SimulatedRobot({
        ...options,
        program: firmware.bytecode,
        makeBody,
        profile,
        busFrequency: config.i2c.frequency,
        seed: options.seed ?? 1,
        board: boardWith(config),
    })
}

/** First GPIO number of the pins that a simulated board names. */
const FIRST_PIN = 14

/** A board whose settings name the pins that the robot uses. */
export function boardWith({ estopInput, spi }: RobotConfig): NonNullable<SimulatedRobotOptions['board']> {
    const names = [...(estopInput ? [estopInput.pin] : []), ...(spi ? [...SPI_PINS, ...SPI_SELECTS] : [])]
    const pins = Object.fromEntries(names.map((name, i) => [name, FIRST_PIN + i]))
    const entries = Object.entries(pins).map(([name, gpio]) => [`pins.${name}`, gpio])
    // With another `archId` than the published simulator's, programs take it for hardware.
    const settings = encodeDcfg({ devName: 'tendon simulator', archId: 'chip', ...Object.fromEntries(entries) })
    return { settings, pins }
}

/** The data and the body of a robot in `src/robots`. @throws SimulationError when it has no body */
export async function loadRobot(name: string): Promise<{ config: RobotConfig; makeBody: MakeBody }> {
    const noBody = (what: string) =>
        new SimulationError(`src/robots/${name}/plant.ts: ${what}; allowed: the robot's body for the simulator`)
    const [data, plant] = await Promise.all([
        import(`./robots/${name}/robot.ts`),
        import(`./robots/${name}/plant.ts`).catch(error => {
            const lost = error.code === 'ERR_MODULE_NOT_FOUND' && /module '[^']*\/plant\.[jt]s'/.test(error.message)
            throw lost ? noBody('the file is missing') : error
        }),
    ])
    if (typeof plant.makeBody !== 'function') throw noBody('the export "makeBody" is missing')
    return { config: data[name], makeBody: plant.makeBody }
}

/** A simulated robot's end of the wire, in this process. */
export function streamOf(robot: SimulatedRobot): BufferedByteStream {
    const stream: BufferedByteStream = {
        write: bytes => robot.write(bytes),
        onData: () => {},
        onClose: () => {},
        close: async () => {
            robot.onBytes = () => {}
            robot.host.onUnplug = () => {}
        },
        get bufferedBytes() {
            return robot.toBoard.backlog
        },
    }
    robot.onBytes = chunk => stream.onData(chunk)
    robot.host.onUnplug = () => {
        robot.onBytes = () => {}
        stream.onClose()
    }
    return stream
}

/** Opens the simulated port. @throws RobotError `no-port` while it is unplugged */
export async function openStream(robot: SimulatedRobot): Promise<BufferedByteStream> {
    if (!robot.host.plugged) throw new RobotError('no-port', 'the simulated port is unplugged')
    return streamOf(robot)
}

/** Where simulated time and timers come from: the virtual clock itself, or the host, which faults may stall. */
interface Timers<T> {
    readonly now: number
    at(time: number, callback: () => void): T
    cancel(timer: T): void
}

/**
 * Host code on simulated time: its clock and timers are the simulator's. The epoch starts at 0.
 *
 * @param rate of the host's clock against the board's: 1 + 200e-6 is 200 ppm fast
 */
export function schedulerOf<T>(timers: Timers<T>, rate = 1): Scheduler {
    return {
        now: () => (timers.now / 1000) * rate,
        setTimeout: (callback, ms) => timers.at(timers.now + (ms * 1000) / rate, callback),
        clearTimeout: handle => {
            if (handle) timers.cancel(handle as T)
        },
        epoch: () => (timers.now / 1e6) * rate,
    }
}

/**
 * Lets simulated time pass as fast as it goes until `done` says so, with host code on the same clock. Promises settle
 * between slices, always at the same simulated times, so that a run can be repeated.
 */
export async function runFast(robot: SimulatedRobot, done: () => boolean, sliceMs = 20): Promise<void> {
    while (!done()) {
        robot.runUntil(robot.clock.now / 1e6 + sliceMs / 1000)
        await new Promise(setImmediate)
    }
}

/** Runs simulated time until a promise of host code settles. */
export async function settle<T>(robot: SimulatedRobot, promise: Promise<T>, sliceMs?: number): Promise<T> {
    let settled = false
    promise.then(
        () => (settled = true),
        () => (settled = true),
    )
    await runFast(robot, () => settled, sliceMs)
    return promise
}

/** A session with a simulated robot, both on simulated time. */
export function connectSimulated(
    robot: SimulatedRobot,
    pacingMs?: number,
    scheduler: Scheduler = schedulerOf(robot.host),
): Promise<RobotSession> {
    const link = new Link({ open: () => openStream(robot), scheduler, pacingMs })
    return settle(robot, RobotSession.open(link, scheduler))
}
