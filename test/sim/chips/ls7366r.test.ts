import { describe, expect, it } from 'vitest'
import { Ls7366r, type Ls7366rOptions } from '../../../src/sim/chips/ls7366r'

// Instructions and bits, datasheet pages 3 and 4.
const CLR_MDR0 = 0x08
const CLR_CNTR = 0x20
const CLR_STR = 0x30
const RD_MDR0 = 0x48
const RD_CNTR = 0x60
const RD_OTR = 0x68
const RD_STR = 0x70
const WR_MDR0 = 0x88
const WR_MDR1 = 0x90
const WR_DTR = 0x98
const LOAD_CNTR = 0xe0
const LOAD_OTR = 0xe8

function setUp(options: Partial<Ls7366rOptions> = {}) {
    const state = { quarters: 0, enabled: true, warnings: [] as string[] }
    const chip = new Ls7366r({
        quarters: () => state.quarters,
        countEnable: () => state.enabled,
        warn: message => state.warnings.push(message),
        ...options,
    })
    /** One transmission; what came back behind the instruction. */
    const send = (...bytes: number[]) => {
        chip.select()
        const answer = bytes.map(byte => chip.exchange(byte))
        chip.deselect()
        return answer.slice(1)
    }
    return { state, chip, send }
}

describe('the simulated LS7366R', () => {
    it('has empty mode registers and a set PLS after power-on, which CLR takes away', () => {
        const { chip, send } = setUp()
        expect(send(RD_MDR0, 0)).toEqual([0])
        // Counting is enabled, for MDR1 is 0 and CNT_EN is high.
        expect(send(RD_STR, 0)).toEqual([0x0c])
        send(CLR_STR)
        expect(send(RD_STR, 0)).toEqual([0x08])
        send(WR_MDR0, 0x03)
        expect(send(RD_MDR0, 0)).toEqual([0x03])
        send(CLR_MDR0)
        expect(send(RD_MDR0, 0)).toEqual([0])
        chip.reset()
        expect(send(RD_STR, 0)).toEqual([0x0c])
    })

    it.each([
        [0x03, 400],
        [0x02, 200],
        [0x01, 100],
        [0x00, 0],
    ])('counts a hundred cycles in mode %i as %i', (mode, counts) => {
        const { state, send, chip } = setUp()
        send(WR_MDR0, mode)
        state.quarters = 400
        expect(send(RD_CNTR, 0, 0, 0, 0)).toEqual([0, 0, counts >> 8, counts & 0xff])
        state.quarters = 0
        expect(chip.count).toBe(0)
    })

    it('counts down through zero to all ones, with borrow, sign and direction', () => {
        const { state, send } = setUp()
        send(WR_MDR0, 0x03)
        send(CLR_STR)
        state.quarters = -1
        expect(send(RD_CNTR, 0, 0, 0, 0)).toEqual([0xff, 0xff, 0xff, 0xff])
        expect(send(RD_STR, 0)).toEqual([0x40 | 0x08 | 0x01])
        state.quarters = 1
        expect(send(RD_CNTR, 0, 0, 0, 0)).toEqual([0, 0, 0, 1])
        expect(send(RD_STR, 0)).toEqual([0x80 | 0x40 | 0x08 | 0x02])
    })

    it.each([
        [0x00, [0x12, 0x34, 0x56, 0x78]],
        [0x01, [0x34, 0x56, 0x78]],
        [0x02, [0x56, 0x78]],
        [0x03, [0x78]],
    ])('with MDR1 = %i has a counter of %j', (width, bytes) => {
        const { state, send, chip } = setUp()
        send(WR_MDR1, width)
        send(WR_DTR, ...bytes)
        send(LOAD_CNTR)
        expect(send(RD_CNTR, ...bytes.map(() => 0))).toEqual(bytes)
        send(WR_MDR0, 0x03)
        send(CLR_CNTR)
        state.quarters = -1
        expect(chip.count).toBe(2 ** (8 * bytes.length) - 1)
    })

    it('keeps what LOAD put into OTR while it counts on', () => {
        const { state, send } = setUp()
        send(WR_MDR0, 0x03)
        state.quarters = 5
        send(LOAD_OTR)
        state.quarters = 9
        expect(send(RD_OTR, 0, 0, 0, 0)).toEqual([0, 0, 0, 5])
        expect(send(RD_CNTR, 0, 0, 0, 0)).toEqual([0, 0, 0, 9])
    })

    it('does not count while MDR1 or CNT_EN forbids it, and says so in CEN', () => {
        const { state, send, chip } = setUp()
        send(WR_MDR0, 0x03)
        send(CLR_STR)
        send(WR_MDR1, 0x04)
        state.quarters = 100
        expect(send(RD_STR, 0)).toEqual([0])
        send(WR_MDR1, 0)
        expect(chip.count).toBe(0)
        state.enabled = false
        state.quarters = 200
        expect(send(RD_STR, 0)).toEqual([0])
        state.enabled = true
        expect(chip.count).toBe(0)
        state.quarters = 201
        expect(chip.count).toBe(1)
    })

    it('takes one instruction for each time it is selected, and warns of what it cannot do', () => {
        const { state, send } = setUp()
        // A second instruction would be data.
        send(CLR_CNTR, RD_CNTR)
        expect(state.warnings).toHaveLength(1)
        send(WR_MDR0, 0x10)
        send(WR_MDR1, 0x80)
        send(RD_STR, 0, 0)
        expect(state.warnings).toHaveLength(4)
    })
})
