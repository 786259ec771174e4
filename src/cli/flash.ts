import type { Command } from 'commander'
import { CommandError, UsageError } from './failure'
import { checkRobot, inlineOption, jsonOption, number } from './options'
import { note, print, printJson } from './output'

interface FlashOptions {
    board: string
    runtime?: string
    port?: string
    drive?: string
    robotPort?: string
    patience: number
    check: boolean
    inline: boolean
    json?: boolean
}

/** The runtime starts a program 5 s after power-on (devsmgr.c of DeviceScript), and the system takes its time with the port, s. */
const PATIENCE = 20
const LOOK_MS = 500

export function addFlash(program: Command): void {
    program
        .command('flash')
        .description("write runtime, board settings and a robot's program to a board")
        .argument('<robot>', 'a robot of src/robots')
        .requiredOption('--board <b>', 'a board of boards/ (tendon build --list-boards)')
        .option('--runtime <file>', "DeviceScript's runtime for the board (default: downloaded and kept)")
        .option(
            '--port <path>',
            'serial port of an ESP32 board (default: the one that there is); of an RP2040, a port whose program restarts it in its boot loader at 1200 bit/s',
        )
        .option('--drive <folder>', "an RP2040's boot drive (default: the one that there is)")
        .option('--robot-port <path>', 'port that the robot speaks on afterwards, when it is another')
        .option(
            '--patience <s>',
            'how long the robot may take to answer afterwards',
            number({ min: 1, max: 600 }),
            PATIENCE,
        )
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
    if (!uf2 && options.drive !== undefined)
        throw new UsageError(`board ${board.id} is flashed through a serial port: --port`)
    const { bytecode, sha256: program } = await buildFirmware(robot, { inline: options.inline })
    const image = await buildImage(board, bytecode, { runtime: options.runtime, download: true })
    let last = -1
    const onProgress = (written: number, total: number) => {
        const percent = Math.floor((10 * written) / total) * 10
        if (percent > last) note(`  ${(last = percent)} %`)
    }
    let to: string
    if (uf2) {
        const { flashDrive } = await import('../flash/uf2-drive')
        to = await bootDrive(options)
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
    const port = options.robotPort ?? (uf2 ? 'auto' : to)
    const answered = options.check ? await answer(robot, program, port, options.patience) : null
    if (options.json)
        printJson({
            robot,
            board: board.id,
            to,
            bytes: image.file.length,
            sha256: image.sha256,
            program,
            runtime: image.runtime,
            answered,
        })
    else
        print(
            `flashed ${to}, sha256 ${image.sha256}${answered ? `; ${answered} answers with the program written` : '; not asked whether the robot answers'}`,
        )
}

/** The drive to write to; a board whose program can be told to is restarted in its boot loader first. */
async function bootDrive({ drive, port }: FlashOptions): Promise<string> {
    const { findDrives, HOW_TO_BOOT } = await import('../flash/uf2-drive')
    const folders = drive === undefined ? undefined : [drive]
    let drives = await findDrives(folders)
    const from = drives.length === 0 ? (port ?? (await touchable())) : undefined
    if (from !== undefined) {
        const { touch } = await import('../flash/touch')
        note(`asking the board on ${from} for its boot loader (1200 bit/s)`)
        drives = await touch(from, folders)
        if (drives.length === 0) {
            throw new CommandError(
                `the board on ${from} takes no notice of 1200 bit/s (DeviceScript's runtime does not): ${HOW_TO_BOOT}`,
            )
        }
    }
    if (drives.length > 1)
        throw new CommandError(`more than one boot drive: ${drives.join(', ')}. Name one with --drive`)
    // One that was named and is none is refused by who writes to it.
    if (drives.length === 0 && drive === undefined) throw new CommandError(`no boot drive found: ${HOW_TO_BOOT}`)
    return drives[0] ?? (drive as string)
}

/** The one port whose program is known to restart the board at 1200 bit/s. */
async function touchable(): Promise<string | undefined> {
    const { listPorts } = await import('../host/ports')
    const { usbKind } = await import('../doctor/usb-ids')
    const ports = (await listPorts()).filter(({ vendorId, productId }) => usbKind(vendorId, productId)?.touch)
    return ports.length === 1 ? ports[0].path : undefined
}

/**
 * Waits for the board to start and asks it: its runtime for the program that it holds, and the robot for its name. That something
 * answers is not enough: it could be what was on the board before.
 */
async function answer(robot: string, program: string, port: string, patience: number): Promise<string> {
    const { findPort } = await import('../host/ports')
    const { surveyBoard } = await import('../host/board-survey')
    const { systemScheduler: scheduler } = await import('../host/scheduler')
    const { openSerial } = await import('../host/serial-stream')
    const until = performance.now() + 1000 * patience
    let reason: string
    do {
        try {
            const path = port === 'auto' ? (await findPort()).path : port
            const survey = await surveyBoard({ open: () => openSerial(path), scheduler })
            if (survey.program && survey.program.sha256 !== program) {
                throw new CommandError(
                    `flashed, but the board on ${path} holds another program (${survey.program.sha256.slice(0, 12)}, written was ` +
                        `${program.slice(0, 12)}): is it the right port (--robot-port)? Else run the same command again`,
                )
            }
            if (survey.robot?.name === robot) return robot
            reason = survey.program ? 'its program has not started' : 'the runtime answers, and holds no program'
        } catch (error) {
            if (error instanceof CommandError) throw error
            reason = (error as Error).message
        }
        await new Promise(resolve => setTimeout(resolve, LOOK_MS))
    } while (performance.now() < until)
    throw new CommandError(
        `flashed, but ${robot} does not answer within ${patience} s: ${reason}. Run the same command again; \`tendon doctor\` looks for the cause`,
    )
}
