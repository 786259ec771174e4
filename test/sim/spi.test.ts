import { describe, expect, test } from 'vitest'
import { boardProfiles } from '../../src/sim/board-profile'
import { mainLoopOf } from '../../src/sim/main-loop'
import type { SpiDevice } from '../../src/sim/spi/spi-device'
import { SimulatedSpiBus } from '../../src/sim/spi/simulated-spi-bus'

/** Sends back each byte with its bits inverted, and counts. */
class Inverter implements SpiDevice {
    readonly modes = [0, 3]
    readonly maxFrequency = 1_000_000
    selections = 0
    ends = 0
    select(): void {
        this.selections++
    }
    exchange(byte: number): number {
        return ~byte & 0xff
    }
    deselect(): void {
        this.ends++
    }
    reset(): void {}
}

const SETTINGS = { miso: 16, mosi: 19, sck: 18, mode: 0, frequency: 1_000_000 }
const bytes = (...values: number[]) => Uint8Array.from(values)

function setUp(settings: Partial<typeof SETTINGS> = {}) {
    const warnings: string[] = []
    const wire = new SimulatedSpiBus(
        () => 0.5,
        message => warnings.push(message),
    )
    const chips = [new Inverter(), new Inverter()]
    chips.forEach((chip, i) => wire.attach(20 + i, chip))
    wire.configure({ ...SETTINGS, ...settings })
    const exchange = (...out: number[]) => {
        const read = new Uint8Array(out.length)
        wire.transfer(bytes(...out), read)
        return [...read]
    }
    return { wire, chips, warnings, exchange }
}

describe('SimulatedSpiBus', () => {
    test('reaches the chip that is selected, and reads ones where none is', () => {
        const { wire, chips, exchange, warnings } = setUp()
        expect(exchange(1, 2)).toEqual([0xff, 0xff])
        wire.setPin(20, 0)
        wire.setPin(20, 0)
        expect(exchange(0x0f, 0)).toEqual([0xf0, 0xff])
        wire.setPin(20, 1)
        expect(exchange(0)).toEqual([0xff])
        expect(chips.map(({ selections, ends }) => [selections, ends])).toEqual([
            [1, 1],
            [0, 0],
        ])
        // A pin that selects nothing.
        wire.setPin(3, 0)
        expect(warnings).toEqual([])
    })

    test('two selected chips drive against each other, which is warned of', () => {
        const { wire, exchange, warnings } = setUp()
        wire.setPin(20, 0)
        wire.setPin(21, 0)
        expect(exchange(0x0f)).toEqual([0xf0])
        expect(warnings).toHaveLength(1)
    })

    test.each([
        [{ mode: 1 }, /mode 1, but the chip at GPIO 20 speaks 0, 3/],
        [{ frequency: 2_000_000 }, /2000000 Hz, but the chip at GPIO 20 takes at most 1000000 Hz/],
    ])('warns of %j', (settings, message) => {
        const { wire, exchange, warnings } = setUp(settings)
        wire.setPin(20, 0)
        exchange(0)
        expect(warnings).toEqual([expect.stringMatching(message)])
    })

    test('an unplugged chip is silent until it is plugged in and selected anew', () => {
        const { wire, exchange } = setUp()
        wire.unplug(20)
        wire.setPin(20, 0)
        expect(exchange(0x55)).toEqual([0xff])
        wire.setPin(20, 1)
        wire.plug(20)
        wire.setPin(20, 0)
        expect(exchange(0x55)).toEqual([0xaa])
    })

    test('shows each transfer with its chip and time, and takes eight bit times a byte', () => {
        const { wire, exchange } = setUp()
        const seen: unknown[] = []
        wire.onTransfer = (gpio, write, read, time) => seen.push([gpio, [...write], [...read], time])
        exchange(7)
        wire.setPin(21, 0)
        exchange(0xf0, 0)
        expect(seen).toEqual([
            [-1, [7], [0xff], 0.5],
            [21, [0xf0, 0], [0x0f, 0xff], 0.5],
        ])
        expect(wire.duration(5)).toBeCloseTo(40e-6, 12)
    })

    test('refuses what a board throws at, and wiring that cannot be', () => {
        const { wire, chips } = setUp()
        expect(() => wire.transfer(bytes(1, 2), bytes(0))).toThrow(RangeError)
        expect(() => wire.attach(20, chips[0])).toThrow(RangeError)
        expect(() => wire.unplug(22)).toThrow(RangeError)
        expect(() => new SimulatedSpiBus(() => 0).transfer(bytes(1), bytes(0))).toThrow(/spiConfigure/)
    })
})

describe('the end of a transfer', () => {
    const loopOf = (name: string) => mainLoopOf(boardProfiles[name], () => 0)

    test.each(['ideal', 'esp32'])('wakes the main loop of %s when it comes, or at the end of the pass', name => {
        const loop = loopOf(name)
        loop.transferEnds(130)
        loop.passEnded(0, 100, 10_000)
        expect(loop.nextPass()).toBe(130)
        loop.passEnded(130, 200, 10_000)
        expect(loop.nextPass()).toBe(name === 'ideal' ? 10_200 : 10_000)
        loop.transferEnds(10_250)
        loop.passEnded(10_200, 10_300, 10_000)
        expect(loop.nextPass()).toBe(10_300)
    })

    test('is followed by a pass at once on an RP2040 when it came within the pass that began it', () => {
        const loop = loopOf('rp2040')
        loop.transferEnds(100_130)
        loop.passEnded(100_000, 100_100, 10_000)
        expect(loop.nextPass()).toBe(100_100)
    })

    test('wakes an RP2040 later, but then another pass has to follow by itself before the program sees it', () => {
        const loop = loopOf('rp2040')
        loop.passEnded(100_000, 100_090, 50_000)
        loop.transferEnds(100_300)
        expect(loop.nextPass()).toBe(100_300)
        loop.passEnded(100_300, 100_390, 50_000)
        // The alarm that was set before.
        expect(loop.nextPass()).toBe(101_000)
        expect(loop.looksBehindProgram).toBe(45)
    })
})
