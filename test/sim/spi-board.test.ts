import { beforeAll, describe, expect, test } from 'vitest'
import { compileEntry } from '../../src/flash/build'
import { makeFrame } from '../../src/protocol/frame'
import { boardProfiles } from '../../src/sim/board-profile'
import { Ls7366r } from '../../src/sim/chips/ls7366r'
import { Random } from '../../src/sim/random'
import { SimulatedBoard } from '../../src/sim/simulated-board'
import { SimulatedSpiBus } from '../../src/sim/spi/simulated-spi-bus'
import { VirtualClock } from '../../src/sim/virtual-clock'

// Runs test/vm/spi-main.ts: GPIO numbers, counts a turn and address as there.

const DEVICE_ID = 0x1122334455667788n

let program: Buffer

beforeAll(async () => {
    const sources = [
        'src/hal',
        'src/firmware',
        'src/onboard',
        'src/protocol',
        'src/control',
        'devices',
        'test/vm/spi-main.ts',
    ]
    program = (await compileEntry('test/vm/spi-main.ts', sources)).bytecode
}, 60_000)

/** A board with two counters on shafts that turn at these counts a second, from power-on on. */
function powerOn(profile: string, speeds: number[], options: { frameMs?: number } = {}) {
    const clock = new VirtualClock()
    const random = new Random(3)
    const warnings: string[] = []
    const results: { name: string; value: number; time: number }[] = []
    const transfers: { gpio: number; write: string; time: number }[] = []
    let time = 0
    const wire = new SimulatedSpiBus(
        () => time,
        message => warnings.push(message),
    )
    const chips = speeds.map(
        speed => new Ls7366r({ quarters: () => speed * time, warn: message => warnings.push(message) }),
    )
    chips.forEach((chip, i) => wire.attach(13 + i, chip))
    wire.onTransfer = (gpio, write, _, at) =>
        transfers.push({ gpio, write: Buffer.from(write).toString('hex'), time: at })
    const board = new SimulatedBoard(clock, boardProfiles[profile], {
        i2c: (at, _, write) => {
            const bytes = Buffer.from(write ?? [])
            results.push({ name: bytes.toString('utf8', 8), value: bytes.readDoubleLE(0), time: at })
            return { result: 0, duration: 0 }
        },
        setPin: (at, gpio, level) => {
            time = at
            wire.setPin(gpio, level)
        },
        spiConfigure: (miso, mosi, sck, mode, frequency) => wire.configure({ miso, mosi, sck, mode, frequency }),
        spi: (at, write, read) => {
            time = at
            wire.transfer(write, read)
            return wire.duration(write.length)
        },
        onFrame: () => {},
        onLog: () => {},
        random: () => random.uniform(),
    })
    board.powerOn(DEVICE_ID, program)
    const { frameMs } = options
    if (frameMs !== undefined) {
        const id = Buffer.alloc(8)
        id.writeBigUInt64LE(DEVICE_ID)
        const send = () => {
            board.receiveFrame(makeFrame(id, 0x30, 0x80))
            clock.at(clock.now + frameMs * 1000, send)
        }
        send()
    }
    const values = (name: string) => results.filter(result => result.name === name).map(({ value }) => value)
    return { clock, board, wire, chips, warnings, results, transfers, values }
}

describe.each([
    ['ideal', undefined],
    ['rp2040', 2],
    ['esp32', 2],
])('SPI on %s', (profile, frameMs) => {
    test('the program configures the bus, selects one chip at a time, and follows two shafts', () => {
        const run = powerOn(profile, [20_000, -36_000], { frameMs })
        run.clock.runUntil(1.2e6)
        expect(run.wire.settings).toEqual({ miso: 16, mosi: 19, sck: 18, mode: 0, frequency: 4_000_000 })
        expect(run.values('failed').length).toBeGreaterThan(90)
        expect(run.values('failed').every(failed => failed === 0)).toBe(true)
        expect(run.transfers.slice(0, 4).map(({ gpio, write }) => [gpio, write])).toEqual([
            [13, '9004'],
            [13, '8803'],
            [13, '4800'],
            [13, '5000'],
        ])
        const reads = run.transfers.filter(({ write }) => write === '6000000000')
        const statuses = run.transfers.filter(({ write }) => write === '7000')
        expect(reads.length).toBeGreaterThan(180)
        expect(statuses.length).toBeGreaterThan(20)
        expect(run.board.work.transfers).toBe(run.transfers.length)
        expect(run.board.work.panics).toBe(0)
        expect(run.warnings).toEqual([])
        // The last angle is what the shaft had when the last read began, counted from where counting began.
        const angle = run.results.filter(({ name }) => name === 'first').at(-1)!
        const previous = run.results.filter(({ name }) => name === 'first').at(-2)!
        const turned = ((angle.value - previous.value) / (2 * Math.PI)) * 1200
        const lastReads = reads.filter(({ gpio, time }) => gpio === 13 && time < angle.time).slice(-2)
        const expected = 20_000 * (lastReads[1].time - lastReads[0].time)
        const off = (turned - expected) / 1200
        expect(Math.abs(off - Math.round(off)) * 1200).toBeLessThan(1.01)
    })
})

test('on an RP2040 two counters delay a tick by 1.8 ms typically, with a status 3.1 ms at most', () => {
    const run = powerOn('rp2040', [20_000, -36_000], { frameMs: 2 })
    run.clock.runUntil(2.2e6)
    const waits = run.results
        .filter(({ name }) => name === 'failed')
        .map(({ time }) => {
            const reads = run.transfers.filter(transfer => transfer.time < time && transfer.gpio === 13)
            return time - reads[reads.length - 1].time
        })
        .slice(5)
    // The program is compiled as it is written, with a call each for waking, reading and sampling.
    waits.sort((a, b) => a - b)
    expect(waits[Math.floor(waits.length / 2)]).toBeLessThan(1.9e-3)
    expect(waits[waits.length - 1]).toBeLessThan(3.2e-3)
    // Its sleep may end as late as the next frame of the host, 2 ms, before the read that takes 3.2 ms.
    expect(Math.max(...run.values('late'))).toBeLessThanOrEqual(5)
})

test('a counter that is not there is a named error, and one that is pulled out fails each tick', () => {
    const absent = powerOn('ideal', [100, 100])
    absent.wire.unplug(14)
    absent.clock.runUntil(0.3e6)
    expect(absent.results.map(({ name }) => name)).toEqual(['refused LS7366R 1: nothing drives MISO'])
    const pulled = powerOn('ideal', [100, 100])
    pulled.clock.runUntil(0.5e6)
    expect(pulled.values('failed').at(-1)).toBe(0)
    pulled.wire.unplug(13)
    pulled.clock.runUntil(0.6e6)
    expect(pulled.values('failed').slice(-5)).toEqual([1, 1, 1, 1, 1])
    expect(pulled.board.work.panics).toBe(0)
})

test('two runs are the same', () => {
    const trace = () => {
        const run = powerOn('rp2040', [2000, -3000], { frameMs: 2 })
        run.clock.runUntil(0.7e6)
        return { transfers: run.transfers, results: run.results }
    }
    expect(trace()).toEqual(trace())
})
