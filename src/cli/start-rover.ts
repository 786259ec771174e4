import { BridgeError } from '../bridge/bridge-error'
import { type Bridge, type BridgeOptions, startBridge } from '../bridge/start-bridge'
import type { Robot } from '../host/robot'
import { Link } from '../host/link'
import { motorsOff } from '../host/motors-off'
import { systemScheduler } from '../host/scheduler'
import { openSerial } from '../host/serial-stream'
import { RobotSession } from '../host/session'
import { openPty } from '../sim/pty-port'
import { runRealTime } from '../sim/real-time'
import type { SimulatedRobot } from '../sim/simulated-robot'
import { simulate } from '../simulate'
import { foxglovePort } from './bridge-options'
import { CommandError } from './failure'

export interface StartOptions {
    robot: string
    board: string
    /** Symbolic link to the board's serial port. */
    portLink?: string
    bridgePort: number
    foxglovePort?: number | 'off'
    inline: boolean
}

/** A simulated board on a serial port of its own, a session with it through that port, and a bridge for planners. */
export interface Running {
    simulated: SimulatedRobot
    /** Path of the serial port. */
    port: string
    session: RobotSession
    bridge: Bridge
    /** Disarms, and closes everything in the order that it needs each other. */
    close(): Promise<void>
}

/** Puts the whole path from chip to planner together. What fails takes everything before it down again. */
export async function startRover(options: StartOptions): Promise<Running> {
    const ends: (() => unknown)[] = []
    const close = async () => {
        for (const end of ends.splice(0).reverse()) await end()
    }
    try {
        const { robot, board, inline } = options
        const simulated = await simulate({ robot, board, inline })
        const pty = await openPty({ link: options.portLink }).catch(error => {
            throw new CommandError(`cannot make the serial port: ${error.message} (--port-link)`, { cause: error })
        })
        ends.push(() => pty.close())
        pty.stream.onData = bytes => simulated.write(bytes)
        simulated.onBytes = bytes => pty.stream.write(bytes)
        ends.push(runRealTime(simulated, systemScheduler))
        const link = new Link({ open: () => openSerial(pty.path), scheduler: systemScheduler })
        const session = await RobotSession.open(link, systemScheduler)
        ends.push(() => session.close())
        // A board that is gone by now needs no disarming.
        ends.push(() => motorsOff(session).catch(() => undefined))
        const bridge = await openBridge(session, {
            port: options.bridgePort,
            foxglovePort: foxglovePort(options),
            simulation: true,
        })
        ends.push(() => bridge.close())
        return { simulated, port: pty.path, session, bridge, close }
    } catch (error) {
        await close()
        throw error
    }
}

/** @throws CommandError naming the option to change when a port is taken */
export async function openBridge(robot: Robot, options: BridgeOptions): Promise<Bridge> {
    return startBridge(robot, options).catch((error: unknown) => {
        if (!(error instanceof BridgeError) || error.code !== 'address-in-use') throw error
        throw new CommandError(`${error.message}: --bridge-port, --foxglove-port <port> (0 takes a free one)`, {
            cause: error,
        })
    })
}
