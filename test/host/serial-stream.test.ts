import { existsSync, mkdtempSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type BufferedByteStream, openSerial } from '../../src/host/serial-stream'
import { openPty, type PtyPort } from '../../src/sim/pty-port'

let directory: string
const open: { close(): Promise<void> }[] = []

beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'tendon-'))
})
afterEach(async () => {
    for (const each of open.splice(0).reverse()) await each.close()
    rmSync(directory, { recursive: true })
})

async function pty(link?: string): Promise<PtyPort> {
    const port = await openPty({ link })
    open.push(port)
    return port
}

async function serial(path: string): Promise<BufferedByteStream> {
    const stream = await openSerial(path)
    open.push(stream)
    return stream
}

/** Bytes of a stream, a promise of `count` of them, and of all up to some text. */
function gather(stream: { onData: (chunk: Uint8Array) => void }) {
    let bytes = Buffer.alloc(0)
    let check = () => {}
    stream.onData = chunk => {
        bytes = Buffer.concat([bytes, chunk])
        check()
    }
    const when = (there: () => boolean) =>
        new Promise<Buffer>(resolve => {
            check = () => {
                if (there()) resolve(bytes)
            }
            check()
        })
    return {
        some: (count: number) => when(() => bytes.length >= count),
        until: (end: string) => when(() => bytes.subarray(-end.length).toString() === end),
        length: () => bytes.length,
    }
}

const END = 'the end'

const closing = (stream: { onClose: (reason?: Error) => void }) =>
    new Promise<Error | undefined>(resolve => (stream.onClose = resolve))
const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))

/** Every value, then every value after each of those that terminals treat specially. */
const special = [0x03, 0x04, 0x0a, 0x0d, 0x11, 0x13, 0x15, 0x16, 0x1a, 0x7f, 0xff]
const everyByte = Buffer.concat([
    Buffer.from(Array.from({ length: 256 }, (_, i) => i)),
    Buffer.from(special.flatMap(first => Array.from({ length: 256 }, (_, i) => [first, i]).flat())),
])

describe('between serialport and a pseudo-terminal', () => {
    test('all byte values pass both ways unchanged', async () => {
        const board = await pty()
        const host = await serial(board.path)
        const atHost = gather(host)
        const atBoard = gather(board.stream)
        board.stream.write(everyByte)
        host.write(everyByte)
        expect(await atHost.some(everyByte.length)).toEqual(everyByte)
        expect(await atBoard.some(everyByte.length)).toEqual(everyByte)
    })

    test('nothing is echoed, with a host or without', async () => {
        const board = await pty()
        const atBoard = gather(board.stream)
        board.stream.write(Buffer.from('before\n'))
        await pause(30)
        const host = await serial(board.path)
        const atHost = gather(host)
        board.stream.write(Buffer.from('after\n'))
        host.write(Buffer.from('x'))
        expect((await atBoard.some(1)).toString()).toBe('x')
        expect((await atHost.some(6)).toString()).toMatch(/after\n$/)
        expect(atBoard.length()).toBe(1)
    })

    test('a host that does not read stops neither the process nor the order of bytes', async () => {
        const board = await pty()
        for (let i = 0; i < 1000; i++) board.stream.write(Buffer.alloc(100, i))
        expect(board.stream.bufferedBytes).toBeGreaterThan(0)
        expect(board.stream.bufferedBytes).toBeLessThanOrEqual(16384)
        expect(board.stream.droppedBytes).toBeGreaterThan(0)
        // Opening the port discards what the terminal holds, at any moment of it; what still waits before it then follows.
        const atHost = gather(await serial(board.path))
        await expect.poll(() => board.stream.bufferedBytes, { timeout: 20_000 }).toBe(0)
        board.stream.write(Buffer.from(END))
        const bytes = (await atHost.until(END)).subarray(0, -END.length)
        expect(bytes.length).toBeGreaterThan(0)
        for (let i = 1; i < bytes.length; i++) expect((bytes[i] - bytes[i - 1]) & 0xff).toBeLessThanOrEqual(1)
    })

    test('a host may leave and another one come', async () => {
        const board = await pty()
        const atBoard = gather(board.stream)
        for (let i = 1; i <= 3; i++) {
            const host = await serial(board.path)
            const atHost = gather(host)
            host.write(Buffer.of(i))
            await atBoard.some(i)
            board.stream.write(Buffer.of(i))
            expect(await atHost.some(1)).toEqual(Buffer.of(i))
            await host.close()
        }
        expect(await atBoard.some(3)).toEqual(Buffer.of(1, 2, 3))
    })

    test('unplugging ends the host’s stream with a reason at its next write', async () => {
        const board = await pty()
        const host = await serial(board.path)
        const closed = closing(host)
        const boardClosed = closing(board.stream)
        await board.close()
        expect(await boardClosed).toBeUndefined()
        host.write(Buffer.of(1))
        expect(await closed).toBeInstanceOf(Error)
        host.write(Buffer.of(2))
        board.stream.write(Buffer.of(3))
        await host.close()
    })

    test('closing the host’s stream ends it without a reason, and twice is once', async () => {
        const host = await serial((await pty()).path)
        let ends = 0
        let reason: Error | undefined
        host.onClose = error => {
            ends++
            reason = error
        }
        await Promise.all([host.close(), host.close()])
        expect(ends).toBe(1)
        expect(reason).toBeUndefined()
    })
})

describe('a pseudo-terminal with a link', () => {
    test('comes back under the same path as another terminal', async () => {
        const link = join(directory, 'robot')
        const first = await pty(link)
        // Keeps the first terminal's number taken.
        const host = await serial(link)
        const target = readlinkSync(link)
        await first.close()
        expect(existsSync(link)).toBe(false)
        const second = await pty(link)
        expect(second.path).toBe(link)
        expect(readlinkSync(link)).not.toBe(target)
        const again = await serial(link)
        second.stream.write(Buffer.from('back'))
        expect((await gather(again).some(4)).toString()).toBe('back')
        host.write(Buffer.of(0))
    })

    test('replaces a link left behind, and nothing else', async () => {
        const stale = join(directory, 'stale')
        symlinkSync('/nowhere', stale)
        await pty(stale)
        expect(readlinkSync(stale)).toMatch(/^\/dev\//)
        const file = join(directory, 'file')
        writeFileSync(file, 'mine')
        await expect(openPty({ link: file })).rejects.toThrow(file)
    })
})

describe('opening a port that', () => {
    test('does not exist says so and lists those that do', async () => {
        const failing = openSerial('/dev/ttyTendonMissing')
        await expect(failing).rejects.toMatchObject({ code: 'no-port', cause: expect.any(Error) })
        await expect(failing).rejects.toThrow(/\/dev\/ttyTendonMissing: No such file.*Serial ports that exist: /s)
    })

    test('is in use says so', async () => {
        const board = await pty()
        await serial(board.path)
        await expect(openSerial(board.path)).rejects.toMatchObject({ code: 'no-port' })
        await expect(openSerial(board.path)).rejects.toThrow(/Another program has the port open/)
    })

    test('is no serial port says so', async () => {
        await expect(openSerial(directory)).rejects.toMatchObject({ code: 'no-port' })
        await expect(openSerial('/dev/null')).rejects.toThrow(/no serial port/)
    })
})
