import { mkdtempSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Link } from '../../src/host/link'
import { systemScheduler } from '../../src/host/scheduler'
import { openSerial } from '../../src/host/serial-stream'
import { makeFrame } from '../../src/protocol/frame'
import { encodeFrame } from '../../src/protocol/usb-framing'
import { openPty, type PtyPort } from '../../src/sim/pty-port'
import { UsbBridge } from '../../src/sim/usb-bridge'

const boardId = Buffer.from('0123456789abcdef', 'hex')
const announce = makeFrame(boardId, 0, 0, Buffer.from('0f010000' + '2bea3411', 'hex'), 0)
const NOOP = makeFrame(boardId, 0x30, 0x80).toString('hex')
const sample = (index: number) => makeFrame(boardId, 1, 0x1180, Buffer.alloc(200, index), 0)

let directory: string
let path: string
const links: Link[] = []
const ports: PtyPort[] = []

beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'tendon-'))
    path = join(directory, 'robot')
})
afterEach(async () => {
    for (const link of links.splice(0)) await link.close()
    for (const port of ports.splice(0)) await port.close()
    rmSync(directory, { recursive: true })
})

/** A board on a pseudo-terminal: the simulator's bridge, and a device that announces itself. */
async function plugIn(): Promise<{ bridge: UsbBridge; port: PtyPort; received: string[] }> {
    const port = await openPty({ link: path })
    ports.push(port)
    const bridge = new UsbBridge()
    const received: string[] = []
    bridge.onBytes = bytes => port.stream.write(bytes)
    bridge.onFrame = frame => received.push(Buffer.from(frame).toString('hex'))
    port.stream.onData = bytes => bridge.receive(bytes)
    return { bridge, port, received }
}

function makeLink() {
    const link = new Link({ open: () => openSerial(path), scheduler: systemScheduler, reconnectMs: 20 })
    links.push(link)
    const events: string[] = []
    const frames: string[] = []
    link.onConnection = up => events.push(up ? 'up' : 'down')
    link.onFrame = frame => frames.push(Buffer.from(frame).toString('hex'))
    return { link, events, frames }
}

async function until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise(resolve => setTimeout(resolve, 2))
}

test('frames and log pass both ways, and pacing reaches the board', async () => {
    const { bridge, received } = await plugIn()
    const { link, frames } = makeLink()
    const lines: string[] = []
    link.onLog = line => lines.push(line)
    await link.start()
    bridge.sendFrame(announce)
    await until(() => received.includes(NOOP))
    const command = makeFrame(boardId, 3, 0x81, Buffer.from([0xfe, 0xfc, 0xfd, 0x0a, 0x0d]))
    link.send(command)
    await until(() => received.includes(command.toString('hex')))
    bridge.log('motors ready\n')
    for (let i = 0; i < 100; i++) {
        bridge.sendFrame(sample(i))
        if (i % 5 === 0) await new Promise(resolve => setTimeout(resolve, 1))
    }
    await until(() => frames.length === 101)
    expect(frames.slice(1)).toEqual(Array.from({ length: 100 }, (_, i) => sample(i).toString('hex')))
    expect(lines).toEqual(['motors ready'])
    expect(link.stats.decoder).toMatchObject({ crcErrors: 0, framingErrors: 0, bytesDiscarded: 0 })
    expect(link.stats.writesDropped).toBe(0)
})

test('noise on the line is counted and costs only the frames it hits', async () => {
    const { bridge, port } = await plugIn()
    const { link, frames } = makeLink()
    await link.start()
    const hit = encodeFrame(sample(2))
    hit[50] ^= 0x10
    bridge.sendFrame(sample(1))
    port.stream.write(hit)
    port.stream.write(encodeFrame(sample(3)).subarray(0, 77))
    port.stream.write(Buffer.from('00ff80fe13', 'hex'))
    bridge.sendFrame(sample(4))
    await until(() => frames.length === 2)
    expect(frames).toEqual([sample(1), sample(4)].map(frame => frame.toString('hex')))
    expect(link.stats.decoder).toMatchObject({ crcErrors: 1, framingErrors: 1 })
})

test('unplugged and plugged in again it reconnects by itself, under the same path', async () => {
    const first = await plugIn()
    const { link, events, frames } = makeLink()
    await link.start()
    for (let round = 1; round <= 3; round++) {
        await ports[round - 1].close()
        await until(() => events.at(-1) === 'down')
        expect(link.send(sample(0))).toBe(false)
        await new Promise(resolve => setTimeout(resolve, 30))
        const { bridge } = await plugIn()
        await until(() => events.at(-1) === 'up')
        bridge.sendFrame(sample(round))
        await until(() => frames.length === round)
    }
    expect(frames).toEqual([1, 2, 3].map(round => sample(round).toString('hex')))
    expect(events).toEqual(['up', 'down', 'up', 'down', 'up', 'down', 'up'])
    expect(link.stats.reconnects).toBe(3)
    expect(readlinkSync(path)).toMatch(/^\/dev\//)
    expect(first.bridge.statistics.commandsReceived).toBe(2)
})

test('unplugged in the middle of a frame it delivers no part of it', async () => {
    const { bridge, port } = await plugIn()
    const { link, events, frames } = makeLink()
    await link.start()
    bridge.sendFrame(sample(1))
    port.stream.write(encodeFrame(sample(2)).subarray(0, 100))
    await until(() => link.stats.bytesIn >= 40 + encodeFrame(sample(1)).length + 100)
    await port.close()
    await until(() => events.at(-1) === 'down')
    const again = await plugIn()
    await until(() => events.at(-1) === 'up')
    again.bridge.sendFrame(sample(3))
    await until(() => frames.length === 2)
    expect(frames).toEqual([sample(1), sample(3)].map(frame => frame.toString('hex')))
    expect(link.stats.decoder).toMatchObject({ framingErrors: 1, bytesDiscarded: 100 })
})

test('a port that is missing at the start is an error at once', async () => {
    const { link } = makeLink()
    await expect(link.start()).rejects.toMatchObject({ code: 'no-port', message: expect.stringContaining(path) })
})
