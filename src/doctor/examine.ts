import { Link } from '../host/link'
import { BOARD_VENDORS, listPorts, type PortInfo } from '../host/ports'
import { RobotError, type RobotState } from '../host/robot'
import { type Scheduler, systemScheduler } from '../host/scheduler'
import { type BufferedByteStream, openSerial } from '../host/serial-stream'
import { RobotSession } from '../host/session'
import { findDrives } from '../flash/uf2-drive'
import type { RobotWiring } from '../onboard/robot-wiring'
import { boardFindings, type Expected } from './board-findings'
import { driveFindings, unmountedDrive } from './boot-drives'
import { busFindings } from './bus-findings'
import { type BusScan, scanBus } from './bus-scan'
import { error, type Finding, warning } from './finding'
import { noPortFindings, portFindings } from './host-findings'
import { examinePort, type PortReport } from './port-state'
import { robotFindings } from './robot-findings'
import { spiFindings, type SpiState, spiStates } from './spi-findings'
import { usbDevices } from './usb-devices'

/** What is compared with, and where to look. The places of the system are named for whoever has it elsewhere. */
export interface ExamineOptions {
    /** The port; found by itself when there is one. */
    readonly port?: string
    readonly expected: Expected
    /** Of a robot of this checkout, if it has one written down. */
    readonly wiring: (robot: string) => Promise<RobotWiring | undefined>
    /** The board's ends of the bus, as `GPIO 4 (SDA) and GPIO 5 (SCL)`. */
    readonly wires: (productId: number | undefined) => string
    readonly ports?: readonly PortInfo[]
    readonly sys?: string
    readonly labels?: string
    /** Folders that may be boot drives. */
    readonly folders?: string[]
    readonly open?: (path: string, options?: { baudRate?: number }) => Promise<BufferedByteStream>
    readonly scheduler?: Scheduler
    /** What goes on, for people. */
    readonly onStep?: (text: string) => void
}

export interface Examination {
    readonly port: string | null
    readonly state: PortReport['state'] | null
    readonly survey: PortReport['survey'] | null
    readonly bus: BusScan | null
    /** Parts on SPI; empty for a robot that has none. */
    readonly spi: readonly SpiState[]
    readonly findings: readonly Finding[]
}

/**
 * Looks at the host, the port, the board and the robot in this order, as far as each lets the next be seen. A robot is left as it
 * was found: it is never armed, and its bus is looked at only while it is disarmed.
 */
export async function examine(options: ExamineOptions): Promise<Examination> {
    const { onStep = () => {}, open = openSerial, scheduler = systemScheduler } = options
    const drives = await findDrives(options.folders)
    const host = [...(await driveFindings(drives)), ...(drives.length > 0 ? [] : await unmountedDrive(options.labels))]
    const chosen = await choosePort(options, drives)
    if (!chosen.port)
        return { port: null, state: null, survey: null, bus: null, spi: [], findings: [...host, ...chosen.findings] }
    const { port } = chosen
    onStep(`asking ${port.path}`)
    const report = await examinePort(port, options)
    const findings = [...host, ...chosen.findings, ...(await portFindings(port, report))]
    const { state, survey } = report
    if (!survey) return { port: port.path, state, survey: null, bus: null, spi: [], findings }
    findings.push(...(await boardFindings(survey, options.expected)))
    if (!survey.robot || findings.some(({ code }) => code === 'other-protocol')) {
        return { port: port.path, state, survey, bus: null, spi: [], findings }
    }
    onStep(`watching ${survey.robot.name}`)
    const link = new Link({ open: () => open(port.path), scheduler })
    const session = await RobotSession.open(link, scheduler)
    try {
        const states: RobotState[] = []
        session.onState(state => states.push(state))
        findings.push(...(await robotFindings(session, scheduler)))
        onStep('looking at its I2C bus')
        const { scan, findings: onBus } = await lookAtBus(session, options, survey.productId)
        findings.push(...onBus)
        const wired = await options.wiring(session.description.name)
        const spi = wired ? spiStates(wired, states) : []
        findings.push(...spiFindings(spi))
        return { port: port.path, state, survey, bus: scan ?? null, spi, findings }
    } catch (failure) {
        if (!(failure instanceof RobotError)) throw failure
        findings.push(
            error(
                'silent',
                `the robot stopped answering: ${failure.message}`,
                'check the cable and the supply of the board, and run the same command again',
            ),
        )
        return { port: port.path, state, survey, bus: null, spi: [], findings }
    } finally {
        await session.close()
    }
}

async function choosePort(
    { port, ports, sys }: ExamineOptions,
    drives: readonly string[],
): Promise<{ port?: PortInfo; findings: Finding[] }> {
    const all = ports ?? (await listPorts())
    if (port !== undefined) return { port: all.find(({ path }) => path === port) ?? { path: port }, findings: [] }
    const boards = all.filter(({ vendorId }) => vendorId !== undefined && vendorId in BOARD_VENDORS)
    if (boards.length === 1) return { port: boards[0], findings: [] }
    if (boards.length > 1) {
        return {
            findings: [
                error(
                    'several-boards',
                    `several ports may be boards: ${boards.map(({ path }) => path).join(', ')}`,
                    'name one: --port <path>',
                ),
            ],
        }
    }
    if (drives.length > 0) {
        return {
            findings: [
                error(
                    'bootloader',
                    `an RP2040 waits in its boot loader (${drives.join(', ')}) and runs nothing`,
                    'write an image to it: tendon flash <robot> --board pico. Or unplug it and plug it in without BOOTSEL to run what it holds',
                ),
            ],
        }
    }
    return { findings: noPortFindings(await usbDevices(sys), all) }
}

async function lookAtBus(
    session: RobotSession,
    { wiring, wires }: ExamineOptions,
    productId: number | undefined,
): Promise<{ scan?: BusScan; findings: Finding[] }> {
    const { name } = session.description
    const wired = await wiring(name)
    if (!wired) {
        return {
            findings: [
                warning(
                    'no-bus-look',
                    `this checkout does not know how ${name} is wired`,
                    `write src/robots/${name}/wiring.ts: its I2C bus is compared with it`,
                ),
            ],
        }
    }
    const scan = await scanBus((looks, behind) => session.probe(looks, behind), wired).catch((failure: RobotError) => {
        // Programs from before the command leave it unanswered.
        if (failure.code !== 'no-answer') throw failure
        return undefined
    })
    if (scan) return { scan, findings: busFindings(scan, wired, wires(productId)) }
    const mode = session.state?.mode ?? 'of unknown state'
    const disarmed = mode === 'idle' || mode === 'unconfigured'
    return {
        findings: [
            disarmed
                ? warning(
                      'no-bus-look',
                      "the robot's program does not look at its I2C bus",
                      `put this checkout's program on the board: tendon deploy ${name}`,
                  )
                : warning(
                      'not-disarmed',
                      `the robot is ${mode}: its I2C bus was not looked at`,
                      'disarm it and run the same command again',
                  ),
        ],
    }
}
