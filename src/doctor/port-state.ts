import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { type BoardSurvey, surveyBoard } from '../host/board-survey'
import type { PortInfo } from '../host/ports'
import { RobotError } from '../host/robot'
import { type Scheduler, systemScheduler } from '../host/scheduler'
import { type BufferedByteStream, openSerial } from '../host/serial-stream'
import { answersAsRomLoader, ROM_BAUD } from './esp-loader-probe'
import { type PortHolder, portHolders } from './port-holders'
import { usbKind } from './usb-ids'

/** What is behind a port. */
export type PortState =
    /** A robot of tendon's. */
    | 'robot'
    /** DeviceScript with another program. */
    | 'program'
    /** DeviceScript without a program, or with one that does not run. */
    | 'runtime'
    /** It waits for an image. */
    | 'bootloader'
    /** It sends something that is no Jacdac. */
    | 'other'
    /** It opens, and says nothing. */
    | 'silent'
    | 'busy'
    | 'no-permission'
    /** It cannot be opened for another reason. */
    | 'unusable'
    /** Not asked: nothing says that a board may be there. */
    | 'unknown'

export interface PortReport {
    readonly state: PortState
    readonly survey?: BoardSurvey
    /** Who has it open, when it is busy. */
    readonly holders?: readonly PortHolder[]
    /** The beginning of what it sends, when that is something else. */
    readonly heard?: string
    /** Why it is not usable. */
    readonly reason?: string
}

export interface PortOptions {
    /** How long a board may take to answer, ms (default 1500). */
    answerMs?: number
    open?: (path: string, options?: { baudRate?: number }) => Promise<BufferedByteStream>
    scheduler?: Scheduler
}

/** Bytes kept of what a port sends, and how many of it are shown. */
const HEARD_BYTES = 512
const SHOWN_CHARACTERS = 60

/** Opens a port, asks who is there, and closes it again. Nothing on the board changes. */
export async function examinePort(
    { path, vendorId, productId }: PortInfo,
    options: PortOptions = {},
): Promise<PortReport> {
    const { answerMs = 1500, open = openSerial, scheduler = systemScheduler } = options
    if (usbKind(vendorId, productId)?.bootloader) return { state: 'bootloader' }
    if (!options.open) {
        const failure = await access(path, constants.R_OK | constants.W_OK).catch(
            (error: NodeJS.ErrnoException) => error,
        )
        if (failure?.code === 'EACCES') return { state: 'no-permission', reason: failure.message }
    }
    let heard = Buffer.alloc(0)
    const listen = async () => {
        const stream = await open(path)
        return tapped(stream, chunk => (heard = Buffer.concat([heard, chunk]).subarray(0, HEARD_BYTES)))
    }
    try {
        const survey = await surveyBoard({ open: listen, scheduler, startTimeoutMs: answerMs })
        return { state: survey.robot ? 'robot' : survey.program?.running ? 'program' : 'runtime', survey }
    } catch (error) {
        const { code, message, cause } = error as RobotError
        if (code === 'no-port') return notOpened(path, `${(cause as Error | undefined)?.message ?? message}`)
        if (code !== 'no-answer' && code !== 'disconnected') throw error
        // A program that has not locked the port, or any for root, takes the bytes that come.
        const holders = await portHolders(path)
        if (holders.length > 0) return { state: 'busy', holders }
        if (heard.length > 0) return { state: 'other', heard: shown(heard) }
        const loader = await answersAsRomLoader(await open(path, { baudRate: ROM_BAUD })).catch(() => false)
        return { state: loader ? 'bootloader' : 'silent' }
    }
}

async function notOpened(path: string, reason: string): Promise<PortReport> {
    if (/permission denied|access denied/i.test(reason)) return { state: 'no-permission', reason }
    if (/cannot lock|resource busy|temporarily unavailable/i.test(reason)) {
        return { state: 'busy', reason, holders: await portHolders(path) }
    }
    return { state: 'unusable', reason }
}

/** The same stream; `hear` is told what arrives. */
function tapped(stream: BufferedByteStream, hear: (chunk: Uint8Array) => void): BufferedByteStream {
    const tap: BufferedByteStream = {
        write: bytes => stream.write(bytes),
        onData: () => {},
        onClose: () => {},
        close: () => stream.close(),
        get bufferedBytes() {
            return stream.bufferedBytes
        },
    }
    stream.onData = chunk => {
        hear(chunk)
        tap.onData(chunk)
    }
    stream.onClose = reason => tap.onClose(reason)
    return tap
}

/** Text as text, all else as a dot. */
function shown(bytes: Buffer): string {
    const text = bytes.toString('latin1').replace(/[^\x20-\x7e]+/g, '.')
    return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}...` : text
}
