import { describe, expect, it } from 'vitest'
import { RetryingI2c } from '../../devices/buses/retrying-i2c'
import { Tca9548a } from '../../devices/buses/tca9548a'
import { As5048b } from '../../devices/encoders/as5048b'
import { As5048bBank, type As5048bPlace } from '../../devices/encoders/as5048b-bank'
import { As5048b as SimulatedAs5048b } from '../../src/sim/chips/as5048b'
import { Tca9548a as SimulatedTca9548a } from '../../src/sim/chips/tca9548a'
import { SimulatedI2cBus } from '../../src/sim/i2c/simulated-i2c-bus'
import { Random } from '../../src/sim/random'
import { JumpingClock, refusal, ScriptedBus } from './scripted-bus'

const POINTER = [0xfb]
const STATUS_POINTER = [0xfa]
/** Diagnostics, magnitude and angle, 6 bits in the second byte of each. */
const sample = (raw: number, diagnostics = 1, magnitude = 4096) => [
    diagnostics,
    magnitude >> 6,
    magnitude & 63,
    raw >> 6,
    raw & 63,
]

async function started(places: As5048bPlace[], frozenLimit?: number) {
    const bus = new ScriptedBus(0x40)
    places.forEach(({ address = 0x40 }, i) => {
        bus.at(address)
            .read(STATUS_POINTER, [0x80, ...sample(i)])
            .read(POINTER, sample(i))
    })
    const bank = new As5048bBank(bus, places, undefined, frozenLimit)
    await bank.init(new JumpingClock())
    bus.finish()
    return { bus, bank }
}

describe('a bank of AS5048B', () => {
    it('reads each at its address, in one transaction each', async () => {
        const { bus, bank } = await started([{}, { address: 0x41 }, { address: 0x43 }])
        expect(bank.failed).toBe(0)
        bus.at(0x40).read(POINTER, sample(0))
        bus.at(0x41).read(POINTER, sample(4096))
        bus.at(0x43).read(POINTER, sample(16383))
        bank.sample()
        expect(bank).toMatchObject({ failed: 0, errors: 0 })
        expect(bank.reading).toEqual([0, Math.PI / 2, (16383 / 8192) * Math.PI].map(angle => expect.closeTo(angle, 12)))
        bus.finish()
    })

    it.each([
        ['no acknowledge', undefined],
        ['an overflow', sample(99, 3)],
        ['a part that was reset', sample(99, 0)],
        ['a lost magnet', sample(99, 9, 2047)],
        ['blank bits', [1, 64, 0x40, 1, 2]],
    ])('drops and counts %s of one, and keeps the others and its last angle', async (_, bytes) => {
        const { bus, bank } = await started([{}, { address: 0x41 }])
        bus.at(0x40).read(POINTER, sample(8192)).at(0x41).read(POINTER, sample(4096))
        bank.sample()
        bus.at(0x40)
        if (bytes) bus.read(POINTER, bytes)
        else bus.nackRead(POINTER, 5)
        bus.at(0x41).read(POINTER, sample(4100))
        bank.sample()
        expect(bank).toMatchObject({ failed: 1, errors: 1 })
        expect(bank.reading[0]).toBeCloseTo(Math.PI, 12)
        expect(bank.reading[1]).toBeCloseTo((4100 / 8192) * Math.PI, 12)
        // A weak field that is still half of what it was is a warning only.
        bus.at(0x40)
            .read(POINTER, sample(12288, 9, 2100))
            .at(0x41)
            .read(POINTER, sample(4101))
        bank.sample()
        expect(bank.failed).toBe(0)
        bus.finish()
    })

    it('fails one that stopped, after as many equal samples as it is told', async () => {
        const { bus, bank } = await started([{}, { address: 0x41 }], 4)
        const failed: number[] = []
        for (let i = 1; i <= 6; i++) {
            bus.at(0x40)
                .read(POINTER, sample(0))
                .at(0x41)
                .read(POINTER, sample(100 + i))
            bank.sample()
            failed.push(bank.failed)
        }
        expect(failed).toEqual([0, 0, 1, 1, 1, 1])
        bus.finish()
    })

    it.each([
        [[{}, {}], /places 0 and 1 have the same address 64/],
        [[{ address: 0x41 }, { channel: 2 }], /place 1 has channel 2 and no multiplexer/],
    ])('refuses %j before it touches the bus', async (places, text) => {
        const error = await refusal(new As5048bBank(new ScriptedBus(0x40), places).init(new JumpingClock()))
        expect(error.code).toBe('config')
        expect(error.message).toMatch(text)
    })
})

describe('a bank of AS5048B with the simulated chips', () => {
    const setUp = async () => {
        const state = { time: 1, angles: [1, 2, 3, 4] }
        const wire = new SimulatedI2cBus({ frequency: 400_000, now: () => state.time })
        const mux = new SimulatedTca9548a()
        wire.attachRouter(0x70, mux)
        const random = new Random(5)
        const chips = state.angles.map(
            (_, i) =>
                new SimulatedAs5048b({
                    angle: () => state.angles[i],
                    now: () => state.time,
                    random: random.fork(`encoder ${i}`),
                }),
        )
        wire.attach(0x41, chips[0])
        mux.channel(3).attach(0x40, chips[1])
        mux.channel(5).attach(0x40, chips[2])
        mux.channel(5).attach(0x42, chips[3])
        const clock = {
            millis: () => state.time * 1000,
            sleep: async (ms: number) => {
                state.time += ms / 1000
            },
        }
        const transfer: SimulatedI2cBus['transfer'] = (...transaction) => wire.transfer(...transaction)
        const bus = new RetryingI2c({ transfer }, clock, [0x41, 0x70])
        const places = [{ address: 0x41 }, { channel: 3 }, { channel: 5 }, { address: 0x42, channel: 5 }]
        const bank = new As5048bBank(bus, places, new Tca9548a(bus))
        await bank.init(clock)
        const tick = () => {
            state.time += 0.01
            bank.sample()
            return bank.failed
        }
        return { state, wire, mux, chips, bus, bank, tick, clock }
    }

    it('follows four shafts, some at one address behind different channels, for a minute', async () => {
        const { state, bank, tick } = await setUp()
        for (let i = 0; i < 6000; i++) {
            state.angles = state.angles.map((angle, k) => angle + 0.02 * (k - 1.5))
            expect(tick()).toBe(0)
            state.angles.forEach((angle, k) => {
                const off = (bank.reading[k] - angle) / (2 * Math.PI)
                expect(Math.abs(off - Math.round(off)) * 2 * Math.PI).toBeLessThan(0.0065)
            })
        }
        expect(bank.errors).toBe(0)
    })

    it('fails those behind the multiplexer when it is gone, and never takes one for another', async () => {
        const { wire, mux, bank, bus, tick } = await setUp()
        wire.unplug(0x70)
        for (let i = 0; i < 5; i++) expect(tick()).toBe(0b1110)
        expect(bus.faults.find(({ address }) => address === 0x70)).toMatchObject({ lost: 15 })
        wire.plug(0x70)
        expect(tick()).toBe(0)
        mux.channel(5).unplug(0x40)
        expect(tick()).toBe(0b0100)
        expect(bank.reading[1]).toBeCloseTo(2, 1)
        expect(bank.reading[3]).toBeCloseTo(4, 1)
    })

    it('drops a lost magnet like the driver of one does', async () => {
        const { state, wire, chips, bank, tick, clock } = await setUp()
        const single = new As5048b(wire, 0x41)
        await single.init(clock)
        for (const field of [50, 25, 14, 0, 50, 90, 50]) {
            chips[0].field = field
            state.time += 0.01
            expect((tick() & 1) === 0).toBe(single.sample())
        }
        expect(bank.errors).toBe(2)
    })
})
