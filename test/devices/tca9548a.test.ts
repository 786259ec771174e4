import { describe, expect, it } from 'vitest'
import { Tca9548a } from '../../devices/buses/tca9548a'
import { refusal, ScriptedBus } from './scripted-bus'

// Datasheet, Table 1 (address with A2 to A0 low) and Table 2 (one bit a channel).
const ADDRESS = 0x70

async function started(): Promise<{ bus: ScriptedBus; mux: Tca9548a }> {
    const bus = new ScriptedBus(ADDRESS).write(0x01).read([], [0x01]).write(0x00).read([], [0x00])
    const mux = new Tca9548a(bus)
    await mux.init()
    bus.finish()
    return { bus, mux }
}

describe('starting a TCA9548A', () => {
    it('writes and reads back its register, and leaves no channel selected', async () => {
        const { mux } = await started()
        expect(mux).toMatchObject({ selected: -1, errors: 0 })
    })

    it('says when nothing answers', async () => {
        const bus = new ScriptedBus(ADDRESS).nackWrite([0x01])
        expect(await refusal(new Tca9548a(bus).init())).toMatchObject({ code: 'not-found', device: 'TCA9548A@0x70' })
        bus.finish()
    })

    it('refuses a part that answers with another byte', async () => {
        const stuckHigh = new ScriptedBus(ADDRESS).write(0x01).read([], [0xff])
        expect((await refusal(new Tca9548a(stuckHigh).init())).code).toBe('wrong-part')
        const stuckAtOne = new ScriptedBus(ADDRESS).write(0x01).read([], [0x01]).write(0x00).read([], [0x01])
        expect((await refusal(new Tca9548a(stuckAtOne).init())).code).toBe('wrong-part')
        stuckAtOne.finish()
    })

    it('reports a bus fault in the middle', async () => {
        const noRead = new ScriptedBus(ADDRESS).write(0x01).nackRead([], 1)
        expect((await refusal(new Tca9548a(noRead).init())).code).toBe('bus')
        const noWrite = new ScriptedBus(ADDRESS).write(0x01).read([], [0x01]).nackWrite([0x00])
        expect((await refusal(new Tca9548a(noWrite).init())).code).toBe('bus')
        noWrite.finish()
    })
})

describe('selecting a channel', () => {
    it('writes one byte, with one bit for the channel', async () => {
        const { bus, mux } = await started()
        bus.write(0x01).write(0x02).write(0x04).write(0x08).write(0x10).write(0x20).write(0x40).write(0x80)
        for (let channel = 0; channel < 8; channel++) {
            expect(mux.select(channel)).toBe(true)
            expect(mux.selected).toBe(channel)
        }
        bus.finish()
    })

    it('costs nothing when the channel is selected already', async () => {
        const { bus, mux } = await started()
        bus.write(0x04)
        expect(mux.select(2)).toBe(true)
        expect(mux.select(2)).toBe(true)
        bus.finish()
    })

    it('counts a failure and writes again, even for the channel that was selected before', async () => {
        const { bus, mux } = await started()
        bus.write(0x01).nackWrite([0x02]).write(0x01)
        expect(mux.select(0)).toBe(true)
        expect(mux.select(1)).toBe(false)
        expect(mux).toMatchObject({ selected: -1, errors: 1 })
        expect(mux.select(0)).toBe(true)
        bus.finish()
        expect(mux.errors).toBe(1)
    })

    it.each([-1, 8, 1.5, NaN])('refuses channel %f without touching the bus', async channel => {
        const { bus, mux } = await started()
        expect(mux.select(channel)).toBe(false)
        expect(mux).toMatchObject({ selected: -1, errors: 1 })
        bus.finish()
    })

    it('keeps the bytes that a tick sends by itself', async () => {
        const { bus, mux } = await started()
        bus.write(0x08).write(0x00)
        expect(mux.mask.map(byte => [...byte])).toEqual([[1], [2], [4], [8], [16], [32], [64], [128], [0]])
        expect(bus.transfer(mux.address, mux.mask[3], undefined)).toBe(0)
        expect(bus.transfer(mux.address, mux.mask[8], undefined)).toBe(0)
        bus.finish()
    })
})
