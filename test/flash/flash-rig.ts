import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { onTestFinished } from 'vitest'
import { systemScheduler } from '../../src/host/scheduler'
import { boardProfiles } from '../../src/sim/board-profile'
import { type ESP_CHIPS, EspRomLoader } from '../../src/sim/loaders/esp-rom-loader'
import { SimulatedUf2Drive } from '../../src/sim/loaders/uf2-drive'
import { openPty, type PtyPort } from '../../src/sim/pty-port'
import { runRealTime } from '../../src/sim/real-time'
import { SimulatedRobot } from '../../src/sim/simulated-robot'
import { boardWith, loadRobot } from '../../src/simulate'

export const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

/** A folder that is gone after the test. */
export function folder(): string {
    const made = mkdtempSync(path.join(tmpdir(), 'tendon-flash-'))
    onTestFinished(() => rmSync(made, { recursive: true, force: true }))
    return made
}

/** A file with these bytes. */
export function fileOf(bytes: Buffer, name: string): string {
    const file = path.join(folder(), name)
    writeFileSync(file, bytes)
    return file
}

/**
 * The program that a board finds in its flash when it starts: the entry `*prog` of the runtime's store (jd_fstor.c of jacdac-c),
 * behind its header of 128 bytes, which has the program's length and FNV-1a (devsmgr.c). Undefined when there is none, or half of one.
 */
export function programIn(flash: Buffer, store: number): Buffer | undefined {
    if (flash.toString('latin1', store, store + 4) !== 'FSTR') return undefined
    if (flash.toString('latin1', store + 24, store + 29) !== '*prog') return undefined
    const at = store + flash.readUInt32LE(store + 40)
    const program = flash.subarray(at + 128, at + 128 + flash.readUInt32LE(at + 4))
    let hash = 0x811c_9dc5
    for (const byte of program) hash = Math.imul(hash ^ byte, 0x0100_0193)
    return hash >>> 0 === flash.readUInt32LE(at + 12) ? program : undefined
}

/** A board that starts what its flash holds, on a serial port, as time passes. */
async function boot(pty: PtyPort, program: Buffer | undefined, robot: string): Promise<void> {
    if (!program) return
    const { config, makeBody } = await loadRobot(robot)
    const board = new SimulatedRobot({
        program,
        makeBody,
        profile: boardProfiles.rp2040,
        busFrequency: config.i2c.frequency,
        seed: 1,
        board: boardWith(config),
    })
    pty.stream.onData = bytes => board.write(bytes)
    board.onBytes = bytes => pty.stream.write(bytes)
    onTestFinished(runRealTime(board, systemScheduler))
}

async function openPort(): Promise<PtyPort> {
    const pty = await openPty()
    onTestFinished(() => void pty.close())
    return pty
}

/** An ESP32 in its ROM loader on a port, which after a flash that was verified starts its program, as the RTS line would have it. */
export async function espBoard(kind: keyof typeof ESP_CHIPS, robot = 'rover') {
    const chip = new EspRomLoader(kind)
    const pty = await openPort()
    chip.onBytes = bytes => pty.stream.write(bytes)
    pty.stream.onData = bytes => {
        // Jacdac's framing begins so; SLIP's does not.
        if (chip.md5Asked && bytes[0] === 0xfe && bytes[1] === 0xfc)
            void boot(pty, programIn(chip.flash, 0x1c_0000), robot)
        else chip.receive(bytes)
    }
    return { chip, port: pty.path }
}

/** An RP2040 in its boot ROM: its drive, and the port that its program speaks on once it has started. */
export async function picoBoard(robot = 'rover') {
    const drive = new SimulatedUf2Drive(folder())
    const pty = await openPort()
    let started = false
    const timer = setInterval(() => {
        drive.poll()
        if (!drive.restarted || started) return
        started = true
        void boot(pty, programIn(drive.flash, 0xe_0000), robot)
    }, 20)
    onTestFinished(() => clearInterval(timer))
    /** Plugs it in again with BOOTSEL held. */
    const replug = () => {
        started = false
        drive.blocks = 0
        drive.plugIn()
    }
    return { drive, port: pty.path, replug }
}
