import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { Link } from '../../src/host/link'
import { systemScheduler } from '../../src/host/scheduler'
import { openSerial } from '../../src/host/serial-stream'
import { RobotSession } from '../../src/host/session'
import { openPty, type PtyPort } from '../../src/sim/pty-port'
import { runRealTime } from '../../src/sim/real-time'
import type { SimulatedRobot } from '../../src/sim/simulated-robot'
import { simulate } from '../../src/simulate'

/** The rover, or another robot, on a simulated RP2040 at a pseudo-terminal, as time passes; plugged in and out at will. */
export class PluggedRover {
    private pty: PtyPort | undefined

    private constructor(
        readonly robot: SimulatedRobot,
        /** The serial port's path, the same whenever the board is plugged in. */
        readonly path: string,
    ) {}

    /** Powers on and plugs in. The test's end takes everything down. */
    static async start(seed: number, name = 'rover'): Promise<PluggedRover> {
        const directory = mkdtempSync(join(tmpdir(), 'tendon-'))
        onTestFinished(() => rmSync(directory, { recursive: true }))
        const robot = await simulate({ robot: name, board: 'rp2040', seed })
        const rover = new PluggedRover(robot, join(directory, 'rover'))
        onTestFinished(() => rover.unplug())
        onTestFinished(runRealTime(robot, systemScheduler))
        await rover.plug()
        return rover
    }

    async plug(): Promise<void> {
        const pty = await openPty({ link: this.path })
        pty.stream.onData = bytes => this.robot.write(bytes)
        this.robot.onBytes = bytes => pty.stream.write(bytes)
        this.pty = pty
    }

    async unplug(): Promise<void> {
        this.robot.onBytes = () => {}
        await this.pty?.close()
        this.pty = undefined
    }

    /** A session through `serialport`, closed with the test. */
    async connect(): Promise<RobotSession> {
        const link = new Link({ open: () => openSerial(this.path), scheduler: systemScheduler })
        const session = await RobotSession.open(link, systemScheduler)
        onTestFinished(() => session.close())
        return session
    }
}

/** Wall time, ms. */
export function wait(ms: number): Promise<void> {
    return new Promise(resolve => setTimeout(resolve, ms))
}

/** Resolves when the condition holds; the test's own time limit ends a wait that is in vain. */
export async function until(condition: () => boolean): Promise<void> {
    while (!condition()) await wait(2)
}
