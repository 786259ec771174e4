// Pololu Motoron Motor Controller User's Guide (docs 0J84), section 9 "Command reference": how commands are framed.
import { crc7, dataLength } from './motoron-protocol'

/** What became of the bytes. */
export interface MotoronReceiverEvents {
    /** A whole command with a good check sum is in {@link MotoronReceiver.command}. */
    onCommand(): void
    /** A byte that no command has at its place. */
    onProtocolError(): void
    onCrcError(): void
}

/**
 * Finds commands in the stream of bytes, however they are grouped into transfers. A command byte has its highest bit set
 * and always starts a command; data bytes outside a command are ignored.
 */
export class MotoronReceiver {
    /** The command byte and its data bytes. */
    readonly command = new Uint8Array(16)
    private received = 0
    private expected = 0
    private checked = false

    constructor(
        private readonly motors: number,
        private readonly events: MotoronReceiverEvents,
    ) {}

    /** Forgets an unfinished command. */
    reset(): void {
        this.received = 0
    }

    /** @param checked whether commands end with a CRC byte */
    receive(byte: number, checked: boolean): void {
        if ((byte & 0x80) !== 0) {
            if (!this.begin(byte, checked)) return
        } else if (this.received === 0) return
        this.command[this.received++] = byte
        if (this.received < this.expected) return
        this.received = 0
        if (this.checked && crc7(this.command, this.expected - 1) !== byte) this.events.onCrcError()
        else this.events.onCommand()
    }

    /** @returns whether there is such a command */
    private begin(byte: number, checked: boolean): boolean {
        if (this.received > 0) {
            // The previous command is cut short: only its CRC is missing, or a data byte too.
            if (this.checked && this.received === this.expected - 1) this.events.onCrcError()
            else this.events.onProtocolError()
        }
        this.received = 0
        const length = dataLength(byte, this.motors)
        this.command[0] = byte
        this.checked = checked
        this.expected = 1 + length + (checked ? 1 : 0)
        if (length < 0) this.events.onProtocolError()
        return length >= 0
    }
}
