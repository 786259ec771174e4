import { readU16, readU32 } from '../protocol/bytes'
import type { RobotDescription } from '../protocol/description'
import {
    ControlCommand,
    DEVICE_SCRIPT_MANAGER_CLASS,
    firstPacket,
    FrameFlag,
    makeFrame,
    nextPacket,
    PACKET_HEADER,
    packetCommand,
    packetServiceIndex,
    ServiceIndex,
    RegisterAccess,
} from '../protocol/frame'
import { ROBOT_SERVICE_CLASS, RobotCommand } from '../protocol/service'
import { Link, type LinkOptions, type LinkStatistics } from './link'
import { Requests } from './requests'
import { RobotError } from './robot'

/** Registers of the DeviceScript manager (devicescriptmanager.md) and of the control service (control.md). */
enum ManagerRegister {
    Running = 0x80,
    ProgramSize = 0x180,
    ProgramSha256 = 0x182,
    RuntimeVersion = 0x183,
    ProgramName = 0x184,
}
enum ControlRegister {
    DeviceDescription = 0x180,
    ProductIdentifier = 0x181,
    FirmwareVersion = 0x185,
}

/** Each device announces itself every 500 ms: for this long the board may be missing once something was heard, ms. */
const BOARD_MS = 1300
/**
 * Without a host that paces it a program stalls in its start-up, and goes on when one connects (docs/architecture.md): a rover
 * with a part that does not answer then announces itself 1.7 s after the link was opened. ms
 */
const ROBOT_MS = 5000

/** What a board says of itself: the runtime's own services, which answer whatever program runs. */
export interface BoardSurvey {
    /** Jacdac's id of the device, 16 hexadecimal digits. */
    readonly deviceId: string
    /** As the runtime's settings call the board; absent where it does not tell. */
    readonly description?: string
    /** Of the board's definition, `0x3…`. */
    readonly productId?: number
    readonly firmwareVersion?: string
    /** `major.minor.patch` */
    readonly runtimeVersion?: string
    /** Absent when the board holds none. */
    readonly program?: {
        readonly bytes: number
        /** SHA-256, hexadecimal. */
        readonly sha256: string
        readonly name: string
        readonly running: boolean
    }
    /** The robot, when the program is one. */
    readonly robot?: RobotDescription
    /** Of the link meanwhile. */
    readonly link: LinkStatistics
}

/**
 * Asks a board what it is and what it runs, and closes the link again. Nothing on the board changes.
 *
 * @throws RobotError `no-port` when the port cannot be opened, `no-answer` when no DeviceScript runtime answers on it
 */
export async function surveyBoard(options: LinkOptions): Promise<BoardSurvey> {
    const survey = new Survey(options)
    try {
        return await survey.run()
    } finally {
        await survey.close()
    }
}

interface Device {
    id: Buffer
    services: number[]
}

class Survey {
    private readonly link: Link
    private readonly requests: Requests
    private readonly devices = new Map<string, Device>()
    private announced: () => void = () => {}

    constructor(private readonly options: LinkOptions) {
        this.link = new Link(options)
        this.requests = new Requests(options.scheduler)
        this.link.onFrame = frame => this.receive(Buffer.from(frame))
        this.link.onConnection = up => {
            if (!up) this.requests.abort(new RobotError('disconnected', 'the link to the board was lost'))
        }
    }

    close(): Promise<void> {
        return this.link.close()
    }

    async run(): Promise<BoardSurvey> {
        await this.link.start()
        const board = await this.device(DEVICE_SCRIPT_MANAGER_CLASS, BOARD_MS)
        if (!board)
            throw new RobotError('no-answer', 'something speaks Jacdac, but no DeviceScript runtime announces itself')
        const manager = board.services.indexOf(DEVICE_SCRIPT_MANAGER_CLASS)
        const read = (service: number, register: number) => this.read(board, service, register)
        const size = await read(manager, ManagerRegister.ProgramSize)
        const bytes = size && size.length >= 4 ? readU32(size, 0) : 0
        const description = await read(ServiceIndex.Control, ControlRegister.DeviceDescription)
        const product = await read(ServiceIndex.Control, ControlRegister.ProductIdentifier)
        const firmware = await read(ServiceIndex.Control, ControlRegister.FirmwareVersion)
        const version = await read(manager, ManagerRegister.RuntimeVersion)
        const running = (await read(manager, ManagerRegister.Running))?.[0] === 1
        const robot = running ? await this.device(ROBOT_SERVICE_CLASS, ROBOT_MS) : undefined
        return {
            deviceId: Buffer.from(board.id).reverse().toString('hex'),
            ...(description && { description: description.toString('utf8') }),
            ...(product && product.length >= 4 && { productId: readU32(product, 0) }),
            ...(firmware && { firmwareVersion: firmware.toString('utf8') }),
            ...(version &&
                version.length >= 4 && { runtimeVersion: `${version[3]}.${version[2]}.${readU16(version, 0)}` }),
            ...(bytes > 0 && {
                program: {
                    bytes,
                    sha256: ((await read(manager, ManagerRegister.ProgramSha256)) ?? Buffer.alloc(0)).toString('hex'),
                    name: ((await read(manager, ManagerRegister.ProgramName)) ?? Buffer.alloc(0)).toString('utf8'),
                    running,
                },
            }),
            ...(robot && { robot: await this.describe(robot) }),
            link: this.link.stats,
        }
    }

    /** A device with the service, once it has announced itself; undefined when it does not within `ms`. */
    private device(serviceClass: number, ms: number): Promise<Device | undefined> {
        const { scheduler } = this.options
        return new Promise(resolve => {
            const look = () => [...this.devices.values()].find(({ services }) => services.includes(serviceClass))
            const end = (found: Device | undefined) => {
                scheduler.clearTimeout(timer)
                this.announced = () => {}
                resolve(found)
            }
            const timer = scheduler.setTimeout(() => end(look()), ms)
            this.announced = () => {
                const found = look()
                if (found) end(found)
            }
            this.announced()
        })
    }

    /** Undefined when the board does not have the register. */
    private async read(device: Device, service: number, register: number): Promise<Buffer | undefined> {
        return this.ask(device, service, RegisterAccess.Get | register).catch((error: RobotError) => {
            if (error.code !== 'no-answer') throw error
            return undefined
        })
    }

    private async describe(robot: Device): Promise<RobotDescription> {
        const service = robot.services.indexOf(ROBOT_SERVICE_CLASS)
        let text = Buffer.alloc(0)
        for (let total = 1; text.length < total;) {
            const offset = text.length
            const request = Buffer.of(offset & 0xff, offset >> 8)
            const accept = (answer: Buffer) => readU16(answer, 2) === offset
            const answer = await this.ask(robot, service, RobotCommand.Describe, request, accept)
            total = readU16(answer, 0)
            text = Buffer.concat([text, answer.subarray(4)])
        }
        return JSON.parse(text.toString('utf8')) as RobotDescription
    }

    private ask(
        device: Device,
        service: number,
        code: number,
        payload?: Buffer,
        accept?: (answer: Buffer) => boolean,
    ): Promise<Buffer> {
        const send = () => void this.link.send(makeFrame(device.id, service, code, payload))
        return this.requests.ask(keyOf(device.id, service, code), send, accept)
    }

    private receive(frame: Buffer): void {
        if (frame[3] & (FrameFlag.Command | FrameFlag.Broadcast)) return
        const id = frame.subarray(4, 12)
        for (let at = firstPacket(frame); at > 0; at = nextPacket(frame, at)) {
            const service = packetServiceIndex(frame, at)
            const code = packetCommand(frame, at)
            const payload = frame.subarray(at + PACKET_HEADER, at + PACKET_HEADER + frame[at])
            if (service === ServiceIndex.Control && code === ControlCommand.Announce) {
                const services = [0]
                for (let i = 4; i + 4 <= payload.length; i += 4) services.push(readU32(payload, i))
                this.devices.set(id.toString('hex'), { id, services })
                this.announced()
            } else this.requests.answer(keyOf(id, service, code), payload)
        }
    }
}

/** Requests are told apart by one number: a board and its robot are two devices, whose codes overlap. */
function keyOf(id: Buffer, service: number, code: number): number {
    return (readU16(id, 0) * 64 + service) * 0x10000 + code
}
