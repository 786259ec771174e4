import { readU16, readU32, writeU32 } from '../protocol/bytes'
import {
    firstPacket,
    FrameFlag,
    makeFrame,
    nextPacket,
    packetCommand,
    packetServiceIndex,
    PACKET_HEADER,
    ServiceIndex,
    RegisterAccess,
} from '../protocol/frame'
import { OutPipe } from './program-pipe'
import { Requests } from './requests'
import { RobotError } from './robot'
import type { Scheduler } from './scheduler'

/**
 * Command of the DeviceScript manager (devicescriptmanager.md). Its other one, *read_bytecode*, is not used: the runtime (2.16.4)
 * offers its pipe 236 bytes, which is more than one packet holds, sends the empty frame that results, and panics.
 */
const DEPLOY_BYTECODE = 0x80

/** Registers of the DeviceScript manager. */
enum ManagerRegister {
    Running = 0x80,
    ProgramSize = 0x180,
    ProgramSha256 = 0x182,
    RuntimeVersion = 0x183,
}

/** The manager takes payloads of whole blocks of 32 bytes; the most that fit a frame (devsmgr.c). */
const BLOCK_BYTES = 32
const CHUNK_BYTES = 224
/**
 * The board erases its program store before it answers: 45 ms a sector of 4 KB, 400 at most (W25Q16JV datasheet, AC
 * characteristics), so some half a second for a robot's program and five at the worst, ms.
 */
const ERASE_MS = 6000

/** What a board says about the program in its flash. */
export interface ProgramStatus {
    /** Bytes; 0 when there is none, or when one came in only in part. */
    size: number
    /** SHA-256 of the program, hexadecimal; undefined when there is none. */
    sha256: string | undefined
    /** Whether it runs. */
    running: boolean
    /** Of DeviceScript's runtime. */
    runtime: string
}

/** The service on a board that holds its program: asks what is there and replaces it. */
export class ProgramManager {
    private readonly requests: Requests
    private address: { deviceId: Buffer; serviceIndex: number } | undefined
    private outPipe: OutPipe | undefined
    /** Aborted when the link is lost: what is under way will not be answered. */
    private link = new AbortController()
    private away = new RobotError('disconnected', 'the board has not announced itself')

    constructor(
        private readonly send: (frame: Uint8Array) => boolean,
        private readonly scheduler: Scheduler,
    ) {
        this.requests = new Requests(scheduler)
    }

    /** Where the board's manager is; undefined while it has not announced itself on this link. */
    get at(): Readonly<{ deviceId: Buffer; serviceIndex: number }> | undefined {
        return this.address
    }

    /** The board has announced itself. */
    foundAt(deviceId: Buffer, serviceIndex: number): void {
        this.address = { deviceId, serviceIndex }
    }

    /** The link was lost, or is closed. */
    lost(reason: RobotError): void {
        this.address = undefined
        this.away = reason
        this.requests.abort(reason)
        this.link.abort(reason)
        this.link = new AbortController()
    }

    /** Each frame of the link. */
    receive(frame: Uint8Array): void {
        const { address } = this
        if (!address || frame[3] & FrameFlag.Command) return
        if (address.deviceId.compare(frame, 4, 12) !== 0) return
        for (let at = firstPacket(frame); at > 0; at = nextPacket(frame, at)) {
            const service = packetServiceIndex(frame, at)
            const command = packetCommand(frame, at)
            if (service === ServiceIndex.Ack) this.outPipe?.acknowledged(command)
            else if (service === address.serviceIndex) {
                const start = at + PACKET_HEADER
                this.requests.answer(command, Buffer.from(frame.subarray(start, start + frame[at])))
            }
        }
    }

    /** @throws RobotError `no-answer`, `disconnected` */
    async status(): Promise<ProgramStatus> {
        const size = readU32(await this.get(ManagerRegister.ProgramSize), 0)
        const sha256 = (await this.get(ManagerRegister.ProgramSha256)).toString('hex')
        const running = (await this.get(ManagerRegister.Running))[0] === 1
        const version = await this.get(ManagerRegister.RuntimeVersion)
        return {
            size,
            sha256: size > 0 ? sha256 : undefined,
            running,
            runtime: `${version[3]}.${version[2]}.${readU16(version, 0)}`,
        }
    }

    /**
     * Stops the board's program and writes another over it. When this fails, the board has none. Afterwards it starts by itself.
     *
     * @param onProgress bytes written, of all
     * @throws RobotError `no-answer`, `disconnected`; RangeError when the program is not in whole blocks
     */
    async write(program: Buffer, onProgress: (written: number, total: number) => void = () => {}): Promise<void> {
        if (program.length % BLOCK_BYTES !== 0) {
            throw new RangeError(`a program of ${program.length} bytes; allowed: multiples of ${BLOCK_BYTES}`)
        }
        const { signal } = this.link
        const size = Buffer.alloc(4)
        writeU32(size, 0, program.length)
        const { deviceId, serviceIndex } = this.board()
        const flags = FrameFlag.Command | FrameFlag.AckRequested
        const request = makeFrame(deviceId, serviceIndex, DEPLOY_BYTECODE, size, flags)
        const port = await this.requests.ask(
            DEPLOY_BYTECODE,
            () => this.send(request),
            answer => answer.length >= 2,
            { answerMs: ERASE_MS, attempts: 3 },
        )
        const pipe = (this.outPipe = new OutPipe(deviceId, readU16(port, 0), frame => this.send(frame), this.scheduler))
        try {
            for (let at = 0; at < program.length; at += CHUNK_BYTES) {
                await pipe.write(program.subarray(at, at + CHUNK_BYTES), signal)
                onProgress(Math.min(at + CHUNK_BYTES, program.length), program.length)
            }
            await pipe.close(signal)
        } finally {
            this.outPipe = undefined
        }
    }

    private get(register: ManagerRegister): Promise<Buffer> {
        return this.requests.ask(RegisterAccess.Get | register, () => this.command(RegisterAccess.Get | register))
    }

    private command(code: number, payload?: Buffer): void {
        const { deviceId, serviceIndex } = this.board()
        this.send(makeFrame(deviceId, serviceIndex, code, payload))
    }

    private board(): { deviceId: Buffer; serviceIndex: number } {
        if (this.address) return this.address
        throw this.away
    }
}
