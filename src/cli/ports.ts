import type { Command } from 'commander'
import type { PortReport } from '../doctor/port-state'
import type { PortInfo } from '../host/ports'
import { jsonOption } from './options'
import { print, printJson, table } from './output'

interface PortsOptions {
    ask: boolean
    drive?: string
    json?: boolean
}

/** What `tendon ports` says of a port. */
interface PortLine extends PortInfo {
    /** What its USB id tells. */
    usb: string | null
    state: PortReport['state']
    /** Board of boards/, by the id in its settings. */
    board: string | null
    runtimeVersion: string | null
    robot: string | null
    configHash: string | null
    /** Of the program, hexadecimal. */
    sha256: string | null
    heldBy: PortReport['holders'] | null
}

export function addPorts(program: Command): void {
    program
        .command('ports')
        .description('list serial ports and boards in boot mode, with what each is and runs')
        .argument('[path...]', 'only these ports, whatever they are')
        .option('--no-ask', 'do not open any port: only list')
        .option('--drive <folder>', 'a boot drive that is mounted where it is not looked for')
        .addOption(jsonOption('print one JSON object: { "ports": [...], "drives": [...] }'))
        .addHelpText(
            'after',
            '\nPorts of known makers of boards are opened and asked, which changes nothing on a board; others are listed.' +
                '\n\nExamples:\n  $ tendon ports --json\n  $ tendon ports /dev/ttyS1',
        )
        .action(listBoardsAndPorts)
}

async function listBoardsAndPorts(paths: string[], { ask, drive, json }: PortsOptions): Promise<void> {
    const { BOARD_VENDORS, listPorts } = await import('../host/ports')
    const { findDrives } = await import('../flash/uf2-drive')
    const all = await listPorts()
    const chosen = paths.length === 0 ? all : paths.map(path => all.find(port => port.path === path) ?? { path })
    const asked = ({ vendorId }: PortInfo) =>
        ask && (paths.length > 0 || (vendorId !== undefined && vendorId in BOARD_VENDORS))
    const ports = await Promise.all(chosen.map(port => describe(port, asked(port))))
    const drives = (await findDrives(drive === undefined ? undefined : [drive])).map(path => ({
        path,
        usb: "RP2040's boot drive",
        state: 'bootloader',
    }))
    if (json) return printJson({ ports, drives })
    if (ports.length + drives.length === 0) {
        return print(
            'no serial ports and no boot drives; connect the board with a USB cable that carries data, or see `tendon doctor`',
        )
    }
    const rows = ports.map(({ path, vendorId, productId, usb, manufacturer, ...line }) => [
        path,
        vendorId === undefined ? '' : `${vendorId}:${productId ?? '????'}`,
        usb ?? manufacturer ?? '',
        STATES[line.state],
        details(line),
    ])
    const driveRows = drives.map(({ path, usb }) => [path, '', usb, STATES.bootloader, ''])
    for (const line of table([['path', 'usb id', 'what', 'state', 'details'], ...rows, ...driveRows])) print(line)
}

/** The states in words. */
const STATES: Readonly<Record<PortReport['state'], string>> = {
    robot: 'robot',
    program: 'DeviceScript, no robot',
    runtime: 'DeviceScript, no program runs',
    bootloader: 'boot loader',
    other: 'speaks something else',
    silent: 'silent',
    busy: 'busy',
    'no-permission': 'no permission',
    unusable: 'cannot be opened',
    unknown: '',
}

async function describe(port: PortInfo, ask: boolean): Promise<PortLine> {
    const { usbKind } = await import('../doctor/usb-ids')
    const { examinePort } = await import('../doctor/port-state')
    const { BOARD_VENDORS } = await import('../host/ports')
    const { state, survey, holders }: PortReport = ask ? await examinePort(port) : { state: 'unknown' }
    const maker = port.vendorId === undefined ? undefined : BOARD_VENDORS[port.vendorId]
    return {
        ...port,
        usb: usbKind(port.vendorId, port.productId)?.what ?? maker ?? null,
        state,
        board: survey ? ((await boardName(survey.productId)) ?? survey.description ?? null) : null,
        runtimeVersion: survey?.runtimeVersion ?? null,
        robot: survey?.robot?.name ?? null,
        configHash: survey?.robot?.configHash ?? null,
        sha256: survey?.program?.sha256 ?? null,
        heldBy: holders ?? null,
    }
}

async function boardName(productId: number | undefined): Promise<string | undefined> {
    const { checkout } = await import('./checkout')
    return productId === undefined ? undefined : (await checkout({})).expected.boardOf(productId)
}

function details({ robot, board, runtimeVersion, sha256, heldBy }: Partial<PortLine>): string {
    return [
        robot,
        board && `on ${board}`,
        runtimeVersion && `runtime ${runtimeVersion}`,
        sha256 && `program ${sha256.slice(0, 12)}`,
        ...(heldBy ?? []).map(({ pid, command }) => `held by process ${pid}: ${command.slice(0, 40)}`),
    ]
        .filter(Boolean)
        .join(', ')
}
