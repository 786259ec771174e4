import { describe, expect, it } from 'vitest'
import { type CounterConfig, countFromBytes, Ls7366rBank } from '../../devices/encoders/ls7366r'
import { SELECTED } from '../../src/hal/spi-bus'
import { Ls7366r as SimulatedLs7366r } from '../../src/sim/chips/ls7366r'
import { SimulatedSpiBus } from '../../src/sim/spi/simulated-spi-bus'
import { JumpingClock, refusal } from './scripted-bus'
import { ScriptedSpi } from './scripted-spi'

// Instructions, Table 1 of the datasheet.
const CLR_STR = 0x30
const RD_MDR0 = 0x48
const RD_MDR1 = 0x50
const RD_CNTR = 0x60
const RD_STR = 0x70
const WR_MDR0 = 0x88
const WR_MDR1 = 0x90
const WR_DTR = 0x98
const LOAD_CNTR = 0xe0

const READ = [RD_CNTR, 0, 0, 0, 0]
/** CNTR's bytes; what comes back with the instruction means nothing. */
const count = (value: number) => [0xff, (value >>> 24) & 255, (value >>> 16) & 255, (value >>> 8) & 255, value & 255]

function configured(spi: ScriptedSpi, chip: number): ScriptedSpi {
    return spi
        .expect(chip, [WR_MDR1, 0x04])
        .expect(chip, [WR_MDR0, 0x03])
        .expect(chip, [RD_MDR0, 0], [0xff, 0x03])
        .expect(chip, [RD_MDR1, 0], [0xff, 0x04])
        .expect(chip, [WR_DTR, 0x5a, 0xa5, 0xc3, 0x3c])
        .expect(chip, [LOAD_CNTR])
        .expect(chip, READ, [0xff, 0x5a, 0xa5, 0xc3, 0x3c])
        .expect(chip, [WR_DTR, 0x20, 0, 0, 0])
        .expect(chip, [LOAD_CNTR])
        .expect(chip, READ, [0xff, 0x20, 0, 0, 0])
        .expect(chip, [CLR_STR])
        .expect(chip, [WR_MDR1, 0x00])
}

const makeBank = (spi: ScriptedSpi, configs: Partial<CounterConfig>[] = [{}]) =>
    new Ls7366rBank(
        spi,
        configs.map((config, i) => ({ select: spi.selects[i], countsPerTurn: 1200, ...config })),
    )

async function started(configs: Partial<CounterConfig>[] = [{}]) {
    const spi = new ScriptedSpi(configs.length)
    configs.forEach((_, i) => configured(spi, i))
    configs.forEach((_, i) => spi.expect(i, [RD_STR, 0], [0xff, 0x0a]))
    configs.forEach((_, i) => spi.expect(i, READ, count(0x20000000)))
    const bank = makeBank(spi, configs)
    await bank.init(new JumpingClock())
    spi.finish()
    return { spi, bank }
}

describe('the conversion of a count', () => {
    it.each([
        [[0, 0, 0, 0], 0],
        [[0x7f, 0xff, 0xff, 0xff], 2147483647],
        [[0x80, 0, 0, 0], -2147483648],
        [[0xff, 0xff, 0xff, 0xff], -1],
        [[0x20, 0, 0, 1], 536870913],
    ])('takes bytes %j as %i', ([b3, b2, b1, b0], value) => {
        expect(countFromBytes(b3, b2, b1, b0)).toBe(value)
    })
})

describe('starting LS7366R counters', () => {
    it('configures each with counting off, tries its counter, lets it count and takes a sample', async () => {
        const { bank } = await started([{}, {}])
        expect(bank).toMatchObject({ failed: 0, errors: 0, reading: [0, 0] })
    })

    it.each([0x00, 0xff])('says when nothing drives MISO, which reads 0x%x', async level => {
        const spi = new ScriptedSpi(1)
            .expect(0, [WR_MDR1, 0x04])
            .expect(0, [WR_MDR0, 0x03])
            .expect(0, [RD_MDR0, 0], [level, level])
            .expect(0, [RD_MDR1, 0], [level, level])
        expect(await refusal(makeBank(spi).init(new JumpingClock()))).toMatchObject({
            code: 'not-found',
            device: 'LS7366R 0',
        })
        spi.finish()
    })

    it('refuses a part whose registers do not hold what was written', async () => {
        const spi = new ScriptedSpi(1)
            .expect(0, [WR_MDR1, 0x04])
            .expect(0, [WR_MDR0, 0x03])
            .expect(0, [RD_MDR0, 0], [0xff, 0x03])
            .expect(0, [RD_MDR1, 0], [0xff, 0x03])
        expect((await refusal(makeBank(spi).init(new JumpingClock()))).code).toBe('wrong-part')
        spi.finish()
    })

    it('refuses a counter with a wire between two of its bits', async () => {
        const spi = new ScriptedSpi(1)
            .expect(0, [WR_MDR1, 0x04])
            .expect(0, [WR_MDR0, 0x03])
            .expect(0, [RD_MDR0, 0], [0xff, 0x03])
            .expect(0, [RD_MDR1, 0], [0xff, 0x04])
            .expect(0, [WR_DTR, 0x5a, 0xa5, 0xc3, 0x3c])
            .expect(0, [LOAD_CNTR])
            .expect(0, READ, [0xff, 0x5a, 0xa5, 0xc3, 0x3d])
        expect((await refusal(makeBank(spi).init(new JumpingClock()))).code).toBe('wrong-part')
        spi.finish()
    })

    it.each([
        [0x0c, 'not-ready', 'lost its power'],
        [0x02, 'not-ready', 'CNT_EN'],
    ])('refuses a status of 0x%x as %s', async (status, code, text) => {
        const spi = configured(new ScriptedSpi(1), 0).expect(0, [RD_STR, 0], [0xff, status])
        const error = await refusal(makeBank(spi).init(new JumpingClock()))
        expect(error.code).toBe(code)
        expect(error.message).toContain(text)
        spi.finish()
    })

    it('says when a transfer is refused, and leaves the chip deselected', async () => {
        const spi = new ScriptedSpi(1).refuse(0, [WR_MDR1, 0x04])
        expect((await refusal(makeBank(spi).init(new JumpingClock()))).code).toBe('bus')
        spi.finish()
    })

    it.each([
        [{ countsPerTurn: 3 }, 'countsPerTurn 3, allowed 4 or more'],
        [{ countsPerTurn: NaN }, 'countsPerTurn NaN, allowed 4 or more'],
        [{ maxStep: 0 }, 'maxStep 0, allowed above 0 to 600 (half a turn)'],
        [{ maxStep: 601 }, 'maxStep 601, allowed above 0 to 600 (half a turn)'],
    ])('refuses %j before it touches the bus', async (config, text) => {
        const error = await refusal(makeBank(new ScriptedSpi(1), [config]).init(new JumpingClock()))
        expect(error.code).toBe('config')
        expect(error.message).toContain(text)
    })
})

describe('sampling LS7366R counters', () => {
    it('turns counts into an angle, over the turn in both directions', async () => {
        const { spi, bank } = await started()
        const at: [number, number][] = [
            [300, 0.25],
            [600, 0.5],
            [900, 0.75],
            [1199, 1199 / 1200],
            [1200, 0],
            [1100, 1100 / 1200],
            [900, 0.75],
            [500, 500 / 1200],
            [100, 100 / 1200],
            [0, 0],
            [-1, 1199 / 1200],
            [-400, 800 / 1200],
        ]
        for (const [counts, turn] of at) {
            spi.expect(0, READ, count(0x20000000 + counts))
            await bank.read()
            bank.sample()
            expect(bank.failed).toBe(0)
            expect(bank.reading[0]).toBeCloseTo(turn * 2 * Math.PI, 12)
        }
        expect(bank.errors).toBe(0)
        spi.finish()
    })

    it('takes a turn behind gears that is no whole number of counts: 29.86:1 of 64 counts', async () => {
        const turn = 29.86 * 64
        const { spi, bank } = await started([{ countsPerTurn: turn }])
        // 101 turns of the joint in steps of 500 counts: 193,016 counts are 101 turns and 0.96 of a count.
        for (let counts = 500; counts <= 193_000; counts += 500) {
            spi.expect(0, READ, count(0x20000000 + counts))
            await bank.read()
        }
        expect(bank.reading[0] / (2 * Math.PI)).toBeCloseTo(193_000 / turn - 100, 9)
    })

    it('counts on over the end of 32 bits', async () => {
        const { spi, bank } = await started([{ countsPerTurn: 2 ** 30, maxStep: 2 ** 29 }])
        for (const counts of [0x40000000, 0x60000000, 0x7fffffff, -0x80000000, -0x60000000]) {
            spi.expect(0, READ, count(counts))
            await bank.read()
            bank.sample()
            expect(bank.failed).toBe(0)
        }
        // From 0x20000000 to 0xA0000000: two turns of 2^30.
        expect(bank.reading[0]).toBeCloseTo(0, 9)
        spi.finish()
    })

    it.each([
        ['all bits 0', count(0)],
        ['all bits 1', count(-1)],
        ['one bit flipped', count(0x20000000 ^ 0x800)],
        ['a step that the shaft cannot make', count(0x20000000 + 551)],
    ])('drops and counts a read of %s, keeps the last angle, and takes the next', async (_, bytes) => {
        const { spi, bank } = await started()
        spi.expect(0, READ, count(0x20000000 + 150))
        await bank.read()
        bank.sample()
        spi.expect(0, READ, bytes)
        await bank.read()
        bank.sample()
        expect(bank).toMatchObject({ failed: 1, errors: 1 })
        expect(bank.reading[0]).toBeCloseTo(Math.PI / 4, 12)
        // Two steps from the last good one, which is allowed after one that failed.
        spi.expect(0, READ, count(0x20000000 + 600))
        await bank.read()
        bank.sample()
        expect(bank).toMatchObject({ failed: 0, errors: 1 })
        expect(bank.reading[0]).toBeCloseTo(Math.PI, 12)
        spi.finish()
    })

    it('fails an encoder whose transfer is refused, and only that one', async () => {
        const { spi, bank } = await started([{}, {}])
        spi.refuse(0, READ).expect(1, READ, count(0x20000000 + 300))
        await bank.read()
        bank.sample()
        expect(bank).toMatchObject({ failed: 1, errors: 1 })
        expect(bank.reading[0]).toBe(0)
        expect(bank.reading[1]).toBeCloseTo(Math.PI / 2, 12)
        spi.finish()
    })

    it('takes what was read once: a tick without a read has no sample', async () => {
        const { spi, bank } = await started([{}, {}])
        // That of init.
        bank.sample()
        expect(bank.failed).toBe(0)
        bank.sample()
        expect(bank.failed).toBe(3)
        spi.expect(0, READ, count(0x20000000)).expect(1, READ, count(0x20000000))
        await bank.read()
        bank.sample()
        expect(bank.failed).toBe(0)
        bank.sample()
        expect(bank.failed).toBe(3)
        spi.finish()
    })

    it('asks one counter for its status when told to, and fails one that lost its power until it is started anew', async () => {
        const { spi, bank } = await started([{}, {}])
        const reads = () => spi.expect(0, READ, count(0x20000000)).expect(1, READ, count(0x20000000))
        bank.check()
        reads().expect(0, [RD_STR, 0], [0xff, 0x0a])
        await bank.read()
        bank.sample()
        expect(bank.failed).toBe(0)
        bank.check()
        reads().expect(1, [RD_STR, 0], [0xff, 0x0c])
        await bank.read()
        for (let i = 0; i < 3; i++) {
            bank.sample()
            expect(bank.failed).toBe(2)
            reads()
            await bank.read()
        }
        spi.finish()
    })

    it.each([
        [0x02, 'counting is off'],
        [0x00, 'a dead line'],
        [0xff, 'a dead line'],
    ])('fails a sample with a status of 0x%x: %s', async status => {
        const { spi, bank } = await started()
        bank.check()
        spi.expect(0, READ, count(0x20000000)).expect(0, [RD_STR, 0], [status, status])
        await bank.read()
        bank.sample()
        expect(bank).toMatchObject({ failed: 1, errors: 1 })
        spi.expect(0, READ, count(0x20000000))
        await bank.read()
        bank.sample()
        expect(bank.failed).toBe(0)
        spi.finish()
    })
})

describe('LS7366R counters with the simulated chips', () => {
    const setUp = async (config: Partial<CounterConfig> = {}) => {
        const state = { quarters: [5000, -3], warnings: [] as string[] }
        const warn = (message: string) => state.warnings.push(message)
        const wire = new SimulatedSpiBus(() => 0, warn)
        wire.configure({ miso: 16, mosi: 19, sck: 18, mode: 0, frequency: 4_000_000 })
        const chips = [0, 1].map(i => new SimulatedLs7366r({ quarters: () => state.quarters[i], warn }))
        chips.forEach((chip, i) => wire.attach(20 + i, chip))
        const spi = { transfer: async (write: Buffer, read: Buffer) => wire.transfer(write, read) }
        const select = (gpio: number) => ({
            setMode: (mode: number) => wire.setPin(gpio, mode === SELECTED ? 0 : 1),
        })
        const bank = new Ls7366rBank(spi, [
            { select: select(20), countsPerTurn: 1200, ...config },
            { select: select(21), countsPerTurn: 8400, ...config },
        ])
        const clock = new JumpingClock()
        await bank.init(clock)
        const tick = async () => {
            await bank.read()
            bank.sample()
            return bank.failed
        }
        return { state, wire, chips, bank, tick, clock }
    }

    it('starts where the shafts stand, follows them, and uses the chips as the datasheet allows', async () => {
        const { state, bank, tick } = await setUp()
        expect(bank.reading).toEqual([0, 0])
        for (let i = 1; i <= 1000; i++) {
            state.quarters = [5000 + 37 * i, -3 - 911 * i]
            bank.check()
            expect(await tick()).toBe(0)
        }
        const turns = (counts: number, turn: number) => (counts / turn - Math.floor(counts / turn)) * 2 * Math.PI
        expect(bank.reading[0]).toBeCloseTo(turns(37_000, 1200), 9)
        expect(bank.reading[1]).toBeCloseTo(turns(-911_000, 8400), 9)
        expect(bank.errors).toBe(0)
        expect(state.warnings).toEqual([])
    })

    it('drops what an unplugged counter reads, and knows the turn again when it is back', async () => {
        const { state, wire, bank, tick } = await setUp()
        wire.unplug(20)
        for (let i = 1; i <= 5; i++) {
            state.quarters[0] = 5000 + 100 * i
            expect(await tick()).toBe(1)
        }
        wire.plug(20)
        expect(await tick()).toBe(0)
        expect(bank.reading[0]).toBeCloseTo((500 / 1200) * 2 * Math.PI, 9)
        expect(bank.errors).toBe(5)
    })

    it('sets a counter anew that lost its power, no sooner than the robot has stopped, and goes on from where the robot takes it to be', async () => {
        const { state, chips, bank, tick, clock } = await setUp({ resumeAfterMs: 500 })
        state.quarters = [5300, 397]
        expect(await tick()).toBe(0)
        expect(bank.reading[1]).toBeCloseTo((400 / 8400) * 2 * Math.PI, 12)
        chips[1].reset()
        state.quarters[1] += 3000 // unseen
        // Ticks of 10 ms; the status of either counter in turn.
        const failed: number[] = []
        for (let i = 0; i < 60; i++) {
            bank.check()
            failed.push(await tick())
            await clock.sleep(10)
            // As the robot does while samples fail.
            if (bank.failed !== 0) bank.reading[1] = (600 / 8400) * 2 * Math.PI
        }
        const good = failed.indexOf(0)
        expect(failed.slice(0, good)).toEqual(new Array(good).fill(2))
        expect(good * 10).toBeGreaterThan(500)
        expect(failed.slice(good)).toEqual(new Array(60 - good).fill(0))
        expect(bank.reading[1]).toBeCloseTo((600 / 8400) * 2 * Math.PI, 12)
        // Each read was dropped and counted, the loss that was seen and the setting up.
        expect(bank.errors).toBe(good + 2)
        state.quarters[1] += 100
        expect(await tick()).toBe(0)
        expect(bank.reading[1]).toBeCloseTo((700 / 8400) * 2 * Math.PI, 12)
        expect(state.warnings).toEqual([])
    })

    it('tries again while a counter does not take what is written to it', async () => {
        const { chips, wire, bank, tick, clock } = await setUp({ resumeAfterMs: 500 })
        chips[0].reset()
        bank.check()
        await tick()
        await clock.sleep(600)
        wire.unplug(20)
        for (let i = 0; i < 4; i++) {
            bank.check()
            expect(await tick()).toBe(1)
        }
        wire.plug(20)
        for (let i = 0; i < 2; i++) {
            bank.check()
            expect(await tick()).toBe(1)
        }
        expect(await tick()).toBe(0)
    })

    it('makes up for no start that failed', async () => {
        const { wire, chips, bank, tick, clock } = await setUp({ resumeAfterMs: 500 })
        for (const chip of chips) chip.reset()
        wire.unplug(20)
        expect((await refusal(bank.init(clock))).code).toBe('not-found')
        wire.plug(20)
        for (let i = 0; i < 200; i++) {
            bank.check()
            expect(await tick()).toBe(3)
            await clock.sleep(10)
        }
    })

    it('never takes a counter that lost its power for good where the joint has a place to lose', async () => {
        const { chips, bank, tick, clock } = await setUp()
        chips[1].reset()
        for (let i = 0; i < 200; i++) {
            bank.check()
            expect(await tick()).toBe(2)
            await clock.sleep(10)
        }
    })

    it('notices at once a counter that lost its power, and starts it anew', async () => {
        const { state, chips, bank, tick, clock } = await setUp()
        chips[1].reset()
        for (let i = 0; i < 40; i++) {
            state.quarters[1] += 100
            bank.check()
            expect(await tick()).toBe(2)
        }
        await bank.init(clock)
        expect(await tick()).toBe(0)
    })
})
