import type { Command } from 'commander'
import { CommandError, UsageError } from './failure'
import { checkRobot, inlineOption, jsonOption } from './options'
import { note, print, printJson } from './output'

interface FlashOptions {
    board: string
    runtime?: string
    port?: string
    drive?: string
    robotPort?: string
    check: boolean
    inline: boolean
    json?: boolean
}

export function addFlash(program: Command): void {
    program
        .command('flash')
        .description("write runtime, board settings and a robot's program to a board")
        .argument('<robot>', 'a robot of src/robots')
        .requiredOption('--board <b>', 'a board of boards/ (tendon build --list-boards)')
        .option('--runtime <file>', "DeviceScript's runtime for the board (default: downloaded and kept)")
        .option('--port <path>', 'serial port of an ESP32 board (default: the one that there is)')
        .option('--drive <folder>', "an RP2040's boot drive (default: the one that there is)")
        .option('--robot-port <path>', 'port that the robot speaks on afterwards, when it is another')
        .option('--no-check', 'do not wait for the robot to answer')
        .addOption(inlineOption())
        .addOption(jsonOption())
        .addHelpText('after', '\nExample:\n  $ tendon flash rover --board pico --runtime devicescript-rp2040-pico.uf2')
        .action(flash)
}

async function flash(robot: string, options: FlashOptions): Promise<void> {
    await checkRobot(robot)
    const { boardFor, buildImage } = await import('./robot-board')
    const { buildFirmware } = await import('../flash/build')
    const board = await boardFor(robot, options.board)
    const uf2 = board.chip.format === 'uf2'
    if (uf2 && options.port !== undefined)
        throw new UsageError(`board ${board.id} is flashed through its boot drive: --drive`)
    if (!uf2 && options.drive !== undefined)
        throw new UsageError(`board ${board.id} is flashed through a serial port: --port`)
    const { bytecode } = await buildFirmware(robot, { inline: options.inline })
    const image = await buildImage(board, bytecode, { runtime: options.runtime, download: true })
    let last = -1
    const onProgress = (written: number, total: number) => {
        const percent = Math.floor((10 * written) / total) * 10
        if (percent > last) note(`  ${(last = percent)} %`)
    }
    let to: string
    if (uf2) {
        const { flashDrive } = await import('../flash/uf2-drive')
        to = options.drive ?? (await onlyDrive())
        note(`${robot} for ${board.name}: ${image.file.length} bytes to ${to}`)
        await flashDrive(to, image, { onProgress })
    } else {
        const { flashEsp } = await import('../flash/esp-flash')
        const { findPort, listPorts } = await import('../host/ports')
        const usb =
            options.port === undefined ? await findPort() : (await listPorts()).find(port => port.path === options.port)
        to = options.port ?? (usb as { path: string }).path
        note(`${robot} for ${board.name}: ${image.file.length} bytes to ${to}`)
        await flashEsp(to, image, { onProgress, onStep: note, usb })
    }
    const answered = options.check ? await answer(robot, options.robotPort ?? (uf2 ? 'auto' : to)) : null
    if (options.json)
        printJson({
            robot,
            board: board.id,
            to,
            bytes: image.file.length,
            sha256: image.sha256,
            runtime: image.runtime,
            answered,
        })
    else
        print(
            `flashed ${to}, sha256 ${image.sha256}${answered ? `; ${answered} answers` : '; not asked whether the robot answers'}`,
        )
}

async function onlyDrive(): Promise<string> {
    const { findDrives, HOW_TO_BOOT } = await import('../flash/uf2-drive')
    const drives = await findDrives()
    if (drives.length === 1) return drives[0]
    throw new CommandError(
        drives.length === 0
            ? `no boot drive found: ${HOW_TO_BOOT}`
            : `more than one boot drive: ${drives.join(', ')}. Name one with --drive`,
    )
}

/** Waits for the board to start, connects, and compares the robot's name. */
async function answer(robot: string, port: string): Promise<string> {
    const { connect } = await import('../connect')
    // The runtime starts a program 5 s after power-on (devsmgr.c of DeviceScript).
    const until = performance.now() + 20_000
    for (;;) {
        try {
            const session = await connect({ port })
            const { name } = session.description
            await session.close()
            if (name === robot) return name
            throw new CommandError(
                `the board answers as "${name}", flashed was ${robot}: is it the right port (--robot-port)?`,
            )
        } catch (error) {
            if (error instanceof CommandError || performance.now() > until) {
                throw new CommandError(`flashed, but ${robot} does not answer: ${(error as Error).message}`, {
                    cause: error,
                })
            }
            await new Promise(resolve => setTimeout(resolve, 500))
        }
    }
}
