import { beforeEach, describe, expect, test } from 'vitest'
import type { ByteStream } from '../../src/host/byte-stream'
import { Link, type LinkOptions } from '../../src/host/link'
import { RobotError } from '../../src/host/robot'
import type { Scheduler } from '../../src/host/scheduler'
import { makeBroadcastFrame, makeFrame } from '../../src/protocol/frame'
import { encodeFrame } from '../../src/protocol/usb-framing'
import { UsbBridge } from '../../src/sim/usb-bridge'

const boardId = Buffer.from('0123456789abcdef', 'hex')
const otherId = Buffer.from('fedcba9876543210', 'hex')
/** Control report 0: flags, then classes; 0x1134ea2b is the DeviceScript manager. */
const announceBoard = makeFrame(boardId, 0, 0, Buffer.from('0f010000' + '2bea3411', 'hex'), 0)
const announceOther = makeFrame(otherId, 0, 0, Buffer.from('0f010000' + 'a3f0b51b', 'hex'), 0)
const telemetry = makeFrame(otherId, 1, 0x1180, Buffer.alloc(100, 3), 0)

/** Time that moves on demand: timers fire in order of their time, ties in the order in which they were set. */
class VirtualScheduler implements Scheduler {
    time = 1000
    /** Each timer fires this much after its time, ms. */
    lateness = 0
    private timers: { at: number; callback: () => void }[] = []

    now = () => this.time
    epoch = () => this.time / 1000
    setTimeout(callback: () => void, ms: number): unknown {
        const timer = { at: this.time + ms + this.lateness, callback }
        this.timers.push(timer)
        return timer
    }
    clearTimeout(handle: unknown): void {
        this.timers = this.timers.filter(timer => timer !== handle)
    }
    get pending(): number {
        return this.timers.length
    }

    /** Lets `ms` pass. */
    async advance(ms: number): Promise<void> {
        const end = this.time + ms
        await settle()
        for (;;) {
            const next = this.timers.reduce((first, timer) => (timer.at < first.at ? timer : first), {
                at: Infinity,
                callback: () => {},
            })
            if (next.at > end) break
            this.time = Math.max(this.time, next.at)
            this.clearTimeout(next)
            next.callback()
            await settle()
        }
        this.time = end
    }

    /** The process stands still: time passes, and no timer fires meanwhile. */
    stall(ms: number): void {
        this.time += ms
    }
}

/** Lets promises that are due go on. */
async function settle(): Promise<void> {
    for (let i = 0; i < 8; i++) await null
}

/** A board behind a port, in this process: the bridge of the simulator, and frames that the test sends. */
class Board {
    bridge = new UsbBridge()
    /** Frames that arrived for the board, hex. */
    received: string[] = []
    receivedAt: number[] = []
    /** Bytes of every write, hex. */
    writes: string[] = []
    /** Commands of the host that the bridge does not get to see, by the hex of their code. */
    deaf: string[] = []
    bufferedBytes = 0
    opens: number[] = []
    failOpen: Error | undefined
    stream: (ByteStream & { bufferedBytes: number; closed: boolean }) | undefined

    constructor(private readonly scheduler: VirtualScheduler) {
        this.bridge.onFrame = frame => {
            this.received.push(Buffer.from(frame).toString('hex'))
            this.receivedAt.push(scheduler.now())
        }
        this.bridge.onBytes = chunk => this.stream?.onData(chunk)
    }

    open = async () => {
        this.opens.push(this.scheduler.now())
        if (this.failOpen) throw this.failOpen
        const stream = {
            closed: false,
            bufferedBytes: this.bufferedBytes,
            onData: (_: Uint8Array) => {},
            onClose: (_?: Error) => {},
            write: (bytes: Uint8Array) => {
                const hex = Buffer.from(bytes).toString('hex')
                this.writes.push(hex)
                const isBridges = hex.includes('4a1af618')
                if (isBridges && this.deaf.some(code => hex.includes(`003d${code}00`))) return
                this.bridge.receive(bytes)
            },
            close: async () => {
                stream.closed = true
            },
        }
        this.stream = stream
        return stream
    }

    /** Announces the board every 500 ms from now on. */
    announce(): void {
        this.bridge.sendFrame(announceBoard)
        this.scheduler.setTimeout(() => this.announce(), 500)
    }
}

let scheduler: VirtualScheduler
let board: Board
let events: string[]

beforeEach(() => {
    scheduler = new VirtualScheduler()
    board = new Board(scheduler)
    events = []
})

function makeLink(options: Partial<LinkOptions> = {}): Link {
    const link = new Link({ open: board.open, scheduler, ...options })
    link.onConnection = (up, reason) => events.push(up ? 'up' : `down: ${reason?.message ?? 'closed'}`)
    return link
}

/** A link that is up at `scheduler.now()`. */
async function started(options: Partial<LinkOptions> = {}): Promise<Link> {
    const link = makeLink(options)
    await link.start()
    return link
}

const enable = (code: number) => encodeFrame(makeBroadcastFrame(0x18f61a4a, code)).toString('hex')
const [ENABLE_PACKETS, ENABLE_LOG] = [enable(0x81), enable(0x83)]

describe('connecting', () => {
    test('enables packets and log, once each when both are answered', async () => {
        await started({ pacingMs: 0 })
        await scheduler.advance(1000)
        expect(board.writes).toEqual([ENABLE_PACKETS, ENABLE_LOG])
        expect(events).toEqual(['up'])
    })

    test('repeats every 100 ms what is not answered, and nothing else', async () => {
        board.deaf = ['83']
        const link = makeLink({ pacingMs: 0 })
        const starting = link.start()
        await scheduler.advance(350)
        expect(events).toEqual([])
        expect(board.writes).toEqual([ENABLE_PACKETS, ENABLE_LOG, ENABLE_LOG, ENABLE_LOG, ENABLE_LOG])
        board.deaf = []
        await scheduler.advance(50)
        await starting
        expect(events).toEqual(['up'])
    })

    test('takes a bridge that knows no log', async () => {
        board.deaf = ['83']
        const link = makeLink()
        const starting = link.start()
        await settle()
        board.stream?.onData(encodeFrame(makeBroadcastFrame(0x18f61a4a, 0xff, undefined, 0)))
        await starting
        expect(events).toEqual(['up'])
    })

    test('to a port that cannot be opened fails with the port’s error, and does not try again', async () => {
        board.failOpen = new RobotError('no-port', 'no such port')
        const link = makeLink()
        await expect(link.start()).rejects.toBe(board.failOpen)
        await scheduler.advance(10_000)
        expect(board.opens.length).toBe(1)
        expect(scheduler.pending).toBe(0)
    })

    test('to a board that never answers opens the port anew each two seconds and fails after five', async () => {
        board.deaf = ['81', '83']
        const link = makeLink()
        const starting = link.start()
        const failed = expect(starting).rejects.toMatchObject({ code: 'no-answer' })
        await scheduler.advance(4999)
        // 20 attempts of 100 ms, then 100 ms and 200 ms of back-off.
        expect(board.opens).toEqual([1000, 3100, 5300])
        expect(board.stream?.closed).toBe(false)
        await scheduler.advance(1)
        await failed
        expect(board.stream?.closed).toBe(true)
        expect(scheduler.pending).toBe(0)
        expect(board.writes.length).toBe(2 * (20 + 20 + 7))
    })
})

describe('pacing', () => {
    const noop = (id: Buffer) => makeFrame(id, 0x30, 0x80).toString('hex')

    test('sends exactly one frame of 16 bytes every 2 ms', async () => {
        await started()
        await scheduler.advance(1000)
        expect(board.received.length).toBe(500)
        expect(board.received.every(frame => frame.length === 32)).toBe(true)
        expect(board.receivedAt.slice(0, 3)).toEqual([1002, 1004, 1006])
        expect(board.receivedAt[499]).toBe(2000)
    })

    test.each([
        [5, 200],
        [10, 100],
        [2.5, 400],
    ])('every %s ms makes %s frames a second', async (pacingMs, count) => {
        const link = await started({ pacingMs })
        await scheduler.advance(1000)
        expect(board.received.length).toBe(count)
        expect(link.stats).toMatchObject({ pacingFrames: count, pacingMissed: 0 })
    })

    test('goes to all control services until the board announces itself, then to the board', async () => {
        await started()
        await scheduler.advance(2)
        board.bridge.sendFrame(announceOther)
        await scheduler.advance(2)
        board.bridge.sendFrame(announceBoard)
        await scheduler.advance(2)
        const toAll = makeBroadcastFrame(0x1bb5f0ff, 0x80).toString('hex')
        expect(board.received).toEqual([toAll, toAll, noop(boardId)])
    })

    test('does not drift when every timer is 0.7 ms late', async () => {
        scheduler.lateness = 0.7
        await started()
        await scheduler.advance(1000)
        expect(board.received.length).toBe(499)
        await scheduler.advance(0.7)
        expect(board.received.length).toBe(500)
        expect(board.receivedAt[499]).toBeCloseTo(2000.7, 6)
    })

    test('after a stall goes on with one frame, on its old beat, without a burst', async () => {
        const link = await started()
        await scheduler.advance(10)
        scheduler.stall(101)
        await scheduler.advance(9)
        // 1002 … 1010, one at once after the stall at 1111, then 1112 … 1120.
        expect(board.receivedAt).toEqual([1002, 1004, 1006, 1008, 1010, 1111, 1112, 1114, 1116, 1118, 1120])
        expect(link.stats.pacingMissed).toBe(49)
    })

    test('of 0 ms is none', async () => {
        await started({ pacingMs: 0 })
        await scheduler.advance(1000)
        expect(board.received).toEqual([])
    })

    test('holds back while more than 256 bytes wait in the port', async () => {
        const link = await started()
        const stream = board.stream as { bufferedBytes: number }
        stream.bufferedBytes = 237
        await scheduler.advance(10)
        expect(board.received.length).toBe(0)
        expect(link.stats.writesDropped).toBe(5)
        stream.bufferedBytes = 236
        await scheduler.advance(10)
        expect(board.received.length).toBe(5)
    })
})

describe('losing the link', () => {
    test('a board silent for 1500 ms is lost, and found again', async () => {
        const link = await started()
        await scheduler.advance(700)
        board.bridge.sendFrame(telemetry)
        await scheduler.advance(1499)
        expect(events).toEqual(['up'])
        await scheduler.advance(1)
        expect(events).toEqual(['up', 'down: the board sent nothing for 1500 ms'])
        await scheduler.advance(100)
        expect(events).toEqual(['up', 'down: the board sent nothing for 1500 ms', 'up'])
        expect(link.stats.reconnects).toBe(1)
        expect(board.opens).toEqual([1000, 3300])
    })

    test('a board that announces itself each 500 ms is not lost', async () => {
        await started()
        board.announce()
        await scheduler.advance(10_000)
        expect(events).toEqual(['up'])
        expect(board.received.length).toBe(5000)
    })

    test('this process standing still for 5 s loses nothing when frames wait in the port', async () => {
        await started()
        const stream = board.stream as ByteStream
        await scheduler.advance(100)
        scheduler.stall(5000)
        // The timers come first, then what the system kept meanwhile.
        await scheduler.advance(1)
        stream.onData(encodeFrame(announceBoard))
        await scheduler.advance(1400)
        expect(events).toEqual(['up'])
        await scheduler.advance(120)
        expect(events).toEqual(['up', 'down: the board sent nothing for 1500 ms'])
    })

    test('a port that goes away is reported at once with its reason and opened again with back-off', async () => {
        const link = await started()
        board.failOpen = new RobotError('no-port', 'gone')
        board.stream?.onClose(new Error('unplugged'))
        expect(events).toEqual(['up', 'down: unplugged'])
        expect(link.send(telemetry)).toBe(false)
        await scheduler.advance(9000)
        // 100, 200, 400, 800, 1600, then 2000 ms.
        expect(board.opens.slice(1)).toEqual([1100, 1300, 1700, 2500, 4100, 6100, 8100])
        board.failOpen = undefined
        await scheduler.advance(100)
        expect(events).toEqual(['up', 'down: unplugged', 'up'])
        expect(link.stats).toMatchObject({ reconnects: 1, openFailures: 7 })
        const before = board.received.length
        await scheduler.advance(100)
        expect(board.received.length - before).toBe(50)
    })

    test('a port that opens and never answers is backed off from as well', async () => {
        await started()
        board.deaf = ['81', '83']
        board.stream?.onClose()
        await scheduler.advance(8000)
        expect(board.opens).toEqual([1000, 1100, 3300, 5700, 8500])
        expect(events).toEqual(['up', 'down: the port was closed'])
    })

    test('another board may come back: pacing starts with all again', async () => {
        await started()
        board.bridge.sendFrame(announceBoard)
        await scheduler.advance(2)
        board.stream?.onClose()
        board.received = []
        await scheduler.advance(102)
        expect(board.received).toEqual([makeBroadcastFrame(0x1bb5f0ff, 0x80).toString('hex')])
    })

    test('what a stream that was given up still says is not heard', async () => {
        const link = await started()
        let frames = 0
        link.onFrame = () => frames++
        const old = board.stream as ByteStream
        old.onClose()
        await scheduler.advance(100)
        old.onData(encodeFrame(telemetry))
        old.onClose()
        expect(frames).toBe(0)
        expect(events).toEqual(['up', 'down: the port was closed', 'up'])
    })
})

describe('sending', () => {
    test('puts the frame on the wire, framed', async () => {
        const link = await started()
        const frame = makeFrame(boardId, 2, 0x80, Buffer.of(0xfe, 1))
        expect(link.send(frame)).toBe(true)
        expect(board.writes.at(-1)).toBe('fefc' + frame.toString('hex').replace('fe01', 'fef801') + 'fefd')
        expect(board.received).toEqual([frame.toString('hex')])
    })

    test('before the link is up sends nothing', async () => {
        const link = makeLink()
        expect(link.send(telemetry)).toBe(false)
        expect(board.writes).toEqual([])
    })

    test('drops and counts what would make more than 4096 bytes wait', async () => {
        const link = await started({ pacingMs: 0 })
        const stream = board.stream as { bufferedBytes: number }
        stream.bufferedBytes = 4096 - encodeFrame(telemetry).length
        expect(link.send(telemetry)).toBe(true)
        stream.bufferedBytes++
        expect(link.send(telemetry)).toBe(false)
        expect(link.stats.writesDropped).toBe(1)
        expect(board.received.length).toBe(1)
    })

    test('refuses what is no frame', async () => {
        const link = await started()
        const bad = Buffer.from(telemetry)
        bad[20] ^= 1
        expect(() => link.send(bad)).toThrow(RangeError)
        expect(() => link.send(telemetry.subarray(0, 50))).toThrow(RangeError)
    })
})

describe('receiving', () => {
    test('hands on the board’s frames while up, each its own, and not the bridge’s', async () => {
        const link = makeLink()
        const frames: Uint8Array[] = []
        link.onFrame = frame => frames.push(frame)
        board.deaf = ['83']
        const starting = link.start()
        await scheduler.advance(50)
        board.bridge.sendFrame(telemetry)
        expect(frames).toEqual([])
        board.deaf = []
        await scheduler.advance(50)
        await starting
        board.bridge.sendFrame(telemetry)
        board.bridge.sendFrame(announceBoard)
        expect(frames.map(frame => Buffer.from(frame).toString('hex'))).toEqual(
            [telemetry, announceBoard].map(frame => frame.toString('hex')),
        )
        // Two answers, and three frames that came whole.
        expect(link.stats.decoder.frames).toBe(5)
    })

    test('makes lines of the log', async () => {
        const link = await started()
        const lines: string[] = []
        link.onLog = line => lines.push(line)
        const say = (text: string | Buffer) => board.stream?.onData(Buffer.from(text))
        say('one\ntwo\r\nth')
        say('ree\n\n')
        const euro = Buffer.from('€\n')
        say(euro.subarray(0, 1))
        say(euro.subarray(1))
        expect(lines).toEqual(['one', 'two', 'three', '', '€'])
        say('x'.repeat(1500) + '\ncut')
        expect(lines.slice(5).map(line => line.length)).toEqual([1024, 476])
        board.stream?.onClose()
        expect(lines.at(-1)).toBe('cut')
    })

    test('counts bytes both ways and what was discarded', async () => {
        const link = await started({ pacingMs: 0 })
        const before = link.stats.bytesIn
        const bad = encodeFrame(telemetry)
        bad[40] ^= 4
        board.stream?.onData(bad)
        board.stream?.onData(Buffer.from('fefbfefa', 'hex'))
        link.send(telemetry)
        const wire = encodeFrame(telemetry).length
        expect(link.stats.bytesIn - before).toBe(wire + 4)
        expect(link.stats).toMatchObject({ bytesOut: 2 * 20 + wire, framesOut: 3 })
        expect(link.stats.decoder).toMatchObject({ crcErrors: 1, frameGaps: 1, logGaps: 1, bytesDiscarded: wire })
    })

    test('random bytes between frames never crash it nor make a frame, and are counted', async () => {
        const link = await started()
        const frames: string[] = []
        link.onFrame = frame => frames.push(Buffer.from(frame).toString('hex'))
        let random = 7
        const step = () => (random = (Math.imul(random, 1103515245) + 12345) >>> 0) >>> 16
        for (let i = 0; i < 2000; i++) {
            const junk = Buffer.alloc(step() % 60)
            for (let k = 0; k < junk.length; k++) junk[k] = step() % 3 === 0 ? 0xf8 + (step() & 7) : step()
            board.stream?.onData(junk)
            board.stream?.onData(encodeFrame(telemetry))
        }
        // Only junk that ends in 0xFE can hurt the frame after it, and even then its start is recognised.
        expect(frames).toEqual(Array.from({ length: 2000 }, () => telemetry.toString('hex')))
        expect(link.stats.decoder.framingErrors).toBeGreaterThan(100)
        expect(link.stats.decoder.bytesDiscarded).toBeGreaterThan(1000)
    })
})

describe('closing', () => {
    test('closes the port, reports it and leaves no timer', async () => {
        const link = await started()
        await scheduler.advance(10)
        await link.close()
        expect(board.stream?.closed).toBe(true)
        expect(events).toEqual(['up', 'down: closed'])
        expect(scheduler.pending).toBe(0)
        await link.close()
        expect(events.length).toBe(2)
        await expect(link.start()).rejects.toMatchObject({ code: 'closed' })
    })

    test('while waiting to reconnect ends the attempts', async () => {
        const link = await started()
        board.stream?.onClose()
        await link.close()
        await scheduler.advance(5000)
        expect(board.opens.length).toBe(1)
    })

    test('while the port is being opened closes it when it is open', async () => {
        let finish = () => {}
        const link = makeLink({
            open: async () => {
                await new Promise<void>(resolve => (finish = resolve))
                return board.open()
            },
        })
        const starting = link.start()
        const failed = expect(starting).rejects.toMatchObject({ code: 'closed' })
        await settle()
        await link.close()
        await failed
        finish()
        await settle()
        expect(board.stream?.closed).toBe(true)
        expect(scheduler.pending).toBe(0)
    })

    test('from a frame’s receiver ends what the rest of the same chunk would do', async () => {
        const link = await started()
        let frames = 0
        link.onFrame = () => {
            frames++
            void link.close()
        }
        const answer = encodeFrame(makeBroadcastFrame(0x18f61a4a, 0x81, undefined, 0))
        const frame = encodeFrame(telemetry)
        board.stream?.onData(Buffer.concat([frame, answer, frame]))
        expect(frames).toBe(1)
        expect(events).toEqual(['up', 'down: closed'])
        expect(scheduler.pending).toBe(0)
    })
})
