/**
 * Jacdac frames (jacdac-spec, "Jacdac protocol"). Layout, little-endian:
 *
 * | offset | bytes | field                                                                       |
 * | ------ | ----- | --------------------------------------------------------------------------- |
 * | 0      | 2     | CRC-16 of everything from offset 2                                          |
 * | 2      | 1     | bytes after offset 12: 4 to 240                                             |
 * | 3      | 1     | flags ({@link FrameFlag})                                                   |
 * | 4      | 8     | device the frame is from (report) or for (command), or a service class      |
 * | 12     | …     | packets, each starting at a multiple of 4                                   |
 *
 * A packet: u8 payload bytes, u8 service index, u16 service command, payload.
 */
import { crc16, type Bytes } from './crc16'
import { MAX_PAYLOAD } from './service'

/** Bytes before the first packet. */
export const FRAME_HEADER = 12
/** Bytes of a packet before its payload. */
export const PACKET_HEADER = 4
/** Shortest frame: one packet without payload. */
export const MIN_FRAME = FRAME_HEADER + PACKET_HEADER
/** Longest frame: one packet with the largest payload. */
export const MAX_FRAME = FRAME_HEADER + PACKET_HEADER + MAX_PAYLOAD

/** Bits of the flags byte. */
export enum FrameFlag {
    /** The device id says who shall receive the frame; without it, who sent it. */
    Command = 0x01,
    /** The receiver answers with this frame's CRC. */
    AckRequested = 0x02,
    /** The device id holds a service class: for, or from, every device that has the service. */
    Broadcast = 0x04,
    /** Set by a receiver on frames that did not come over the Jacdac wire. */
    Loopback = 0x40,
    /** Another layout, of a later version: to be dropped. */
    NextVersion = 0x80,
}

/** What a command does to a register, in the bits above the register's number (jacdac-spec, "register encoding"). */
export enum RegisterAccess {
    Get = 0x1000,
    Set = 0x2000,
}

/** Service indices with a meaning of their own. */
export enum ServiceIndex {
    /** The control service, which every device has. */
    Control = 0x00,
    /** In broadcast frames. */
    Broadcast = 0x3d,
    Pipe = 0x3e,
    Ack = 0x3f,
}

/** Bits of the service index byte that hold the index. */
export const SERVICE_INDEX_MASK = 0x3f

/** Commands of the control service (control.md). */
export enum ControlCommand {
    /** Report: u32 flags, then the u32 service classes of indices 1, 2, … Sent every 500 ms. */
    Announce = 0x00,
    /** Does nothing. */
    Noop = 0x80,
}

/** Service class of the USB bridge, spoken between host and board only (usbbridge.md). */
export const USB_BRIDGE_CLASS = 0x18f61a4a

/** Service class of the DeviceScript manager: among the devices behind a port, the board itself has it. */
export const DEVICE_SCRIPT_MANAGER_CLASS = 0x1134ea2b

/** Commands of the USB bridge; the report that answers carries the same code. */
export enum UsbBridgeCommand {
    DisablePackets = 0x80,
    EnablePackets = 0x81,
    DisableLog = 0x82,
    EnableLog = 0x83,
    /** In a report: the command was not known. */
    Unknown = 0xff,
}

/** Second half of the device id of a broadcast frame, each of its four bytes. */
const BROADCAST_MARK = 0xaa

/** Writes the CRC of a frame whose size byte is right. */
export function setFrameCrc(frame: Bytes): void {
    const crc = crc16(frame, 2, FRAME_HEADER + frame[2])
    frame[0] = crc & 0xff
    frame[1] = crc >> 8
}

/** Whether the first `length` bytes of `frame` are one frame: size byte and CRC right. */
export function isIntactFrame(frame: Bytes, length: number): boolean {
    if (length < MIN_FRAME || length > MAX_FRAME || length !== FRAME_HEADER + frame[2]) return false
    return crc16(frame, 2, length) === (frame[0] | (frame[1] << 8))
}

/**
 * A frame with one packet, CRC set.
 *
 * @param deviceId its 8 bytes, as on the wire
 * @param payload at most {@link MAX_PAYLOAD} bytes
 * @throws RangeError when the payload is longer
 */
export function makeFrame(
    deviceId: Bytes,
    serviceIndex: number,
    serviceCommand: number,
    payload?: Bytes,
    flags: number = FrameFlag.Command,
): Buffer {
    const payloadLength = payload ? payload.length : 0
    if (payloadLength > MAX_PAYLOAD) throw new RangeError('payload of ' + payloadLength + ' bytes, at most 236 fit')
    const size = (PACKET_HEADER + payloadLength + 3) & ~3
    const frame = Buffer.alloc(FRAME_HEADER + size)
    frame[2] = size
    frame[3] = flags
    for (let i = 0; i < 8; i++) frame[4 + i] = deviceId[i]
    frame[12] = payloadLength
    frame[13] = serviceIndex
    frame[14] = serviceCommand & 0xff
    frame[15] = (serviceCommand >> 8) & 0xff
    if (payload) for (let i = 0; i < payloadLength; i++) frame[MIN_FRAME + i] = payload[i]
    setFrameCrc(frame)
    return frame
}

/** A frame for (or, without {@link FrameFlag.Command}, from) every device that has the service, CRC set. */
export function makeBroadcastFrame(
    serviceClass: number,
    serviceCommand: number,
    payload?: Bytes,
    flags: number = FrameFlag.Command,
): Buffer {
    const deviceId = Buffer.alloc(8)
    for (let i = 0; i < 4; i++) {
        deviceId[i] = (serviceClass >> (8 * i)) & 0xff
        deviceId[4 + i] = BROADCAST_MARK
    }
    return makeFrame(deviceId, ServiceIndex.Broadcast, serviceCommand, payload, flags | FrameFlag.Broadcast)
}

/** Service class in the device id of a broadcast frame, -1 of any other. */
export function broadcastClass(frame: Bytes): number {
    if ((frame[3] & FrameFlag.Broadcast) === 0) return -1
    return (frame[4] | (frame[5] << 8) | (frame[6] << 16)) + frame[7] * 0x1000000
}

/**
 * Offset of the frame's first packet, -1 when there is none. With it and {@link nextPacket} the packets are gone through
 * without an allocation: `for (let at = firstPacket(frame); at > 0; at = nextPacket(frame, at)) …`. The payload starts at
 * `at + PACKET_HEADER` and has `frame[at]` bytes, all inside the frame.
 */
export function firstPacket(frame: Bytes): number {
    return wholePacket(frame, FRAME_HEADER)
}

/** Offset of the packet after the one at `at`, -1 when there is none. */
export function nextPacket(frame: Bytes, at: number): number {
    return wholePacket(frame, at + ((PACKET_HEADER + frame[at] + 3) & ~3))
}

/** Service index of the packet at `at`. */
export function packetServiceIndex(frame: Bytes, at: number): number {
    return frame[at + 1] & SERVICE_INDEX_MASK
}

/** Service command of the packet at `at`. */
export function packetCommand(frame: Bytes, at: number): number {
    return frame[at + 2] | (frame[at + 3] << 8)
}

/** `at` when a whole packet starts there, else -1: what a packet claims beyond its frame is not read. */
function wholePacket(frame: Bytes, at: number): number {
    const end = FRAME_HEADER + frame[2]
    return at + PACKET_HEADER <= end && at + PACKET_HEADER + frame[at] <= end ? at : -1
}
