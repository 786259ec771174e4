import {
    ControlCommand,
    FrameFlag,
    firstPacket,
    makeFrame,
    nextPacket,
    PACKET_HEADER,
    packetCommand,
    packetServiceIndex,
    ServiceIndex,
    RegisterAccess,
} from '../../protocol/frame'
import type { VirtualClock } from '../virtual-clock'

const REGISTER_MASK = 0xfff

/** Between two announcements, µs. */
const ANNOUNCE_US = 500_000
/** From a frame of the board to the service, and back, µs: within the board it takes one pass of the main loop. */
const HANDLING_US = 100

/** A service that the runtime offers by itself. */
export interface NativeService {
    readonly serviceClass: number
    /** A client sets a register. */
    set(register: number, value: Buffer): void
    /** A client reads one; undefined for those that there are not. */
    get(register: number): Buffer | undefined
    /** Attached: what it sends of itself, as a report. */
    start?(clock: VirtualClock, report: (register: number, value: Buffer) => void): void
}

/**
 * The native services of a board as a Jacdac device of their own, beside the simulated board. On a real board they are part of it; the
 * WebAssembly runtime has none of them, and a program's roles are bound to this device as to any other.
 */
export class NativeDevice {
    private readonly id = Buffer.from('4e41544956450001', 'hex')

    /** @param send takes each frame to the board */
    constructor(
        private readonly clock: VirtualClock,
        private readonly services: readonly NativeService[],
        private readonly send: (frame: Buffer) => void,
    ) {
        services.forEach((service, i) =>
            service.start?.(clock, (register, value) => this.report(i + 1, RegisterAccess.Get | register, value)),
        )
        this.announce()
    }

    /** A frame that the board sends. */
    handleFrame(frame: Uint8Array): void {
        const bytes = Buffer.from(frame)
        if ((bytes[3] & FrameFlag.Command) === 0 || !bytes.subarray(4, 12).equals(this.id)) return
        if ((bytes[3] & FrameFlag.AckRequested) !== 0) {
            this.report(ServiceIndex.Ack, bytes.readUInt16LE(0), Buffer.alloc(0))
        }
        for (let at = firstPacket(bytes); at > 0; at = nextPacket(bytes, at)) {
            const service = this.services[packetServiceIndex(bytes, at) - 1]
            const command = packetCommand(bytes, at)
            if (!service) continue
            const register = command & REGISTER_MASK
            if ((command & ~REGISTER_MASK) === RegisterAccess.Set) {
                service.set(register, bytes.subarray(at + PACKET_HEADER, at + PACKET_HEADER + bytes[at]))
            } else if ((command & ~REGISTER_MASK) === RegisterAccess.Get) {
                const value = service.get(register)
                if (value) this.report(packetServiceIndex(bytes, at), command, value)
            }
        }
    }

    private announce(): void {
        const classes = Buffer.alloc(4 * (this.services.length + 1))
        // Flags: restarted long ago.
        classes.writeUInt32LE(0x010f, 0)
        this.services.forEach(({ serviceClass }, i) => classes.writeUInt32LE(serviceClass, 4 * (i + 1)))
        this.report(ServiceIndex.Control, ControlCommand.Announce, classes)
        this.clock.at(this.clock.now + ANNOUNCE_US, () => this.announce())
    }

    private report(index: number, command: number, payload: Buffer): void {
        const frame = makeFrame(this.id, index, command, payload, 0)
        this.clock.at(this.clock.now + HANDLING_US, () => this.send(frame))
    }
}
