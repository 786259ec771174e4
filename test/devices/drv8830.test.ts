import { describe, expect, it } from 'vitest'
import { controlFromVoltage, type Drv8830Config, Drv8830Motors } from '../../devices/motors/drv8830'
import { Drv8830 as Chip, type Drv8830Options } from '../../src/sim/chips/drv8830'
import { SimulatedI2cBus } from '../../src/sim/i2c/simulated-i2c-bus'
import { JumpingClock, refusal, ScriptedBus } from './scripted-bus'

/** CONTROL: VSET in bits 7 to 2, IN2 and IN1 below (section 7.6.1). */
const forward = (step: number) => (step << 2) | 1
const reverse = (step: number) => (step << 2) | 2
const BRAKE = 3
const PROBE = 6 << 2
const FULL = { address: 0x60, voltageMax: 5.06 }

/** Expects what `init` sends to one motor, before it looks at the faults. */
function recognised(bus: ScriptedBus): ScriptedBus {
    return bus.read([1], [0]).write(0, PROBE).read([0], [PROBE]).write(1, 0x80)
}

async function started(bus: ScriptedBus, config: Drv8830Config = { motors: [FULL] }): Promise<Drv8830Motors> {
    recognised(bus).read([1], [0])
    const motors = new Drv8830Motors(bus, config)
    await motors.init(new JumpingClock())
    return motors
}

describe("a DRV8830's voltage", () => {
    it.each([
        // Table 1 of section 7.3.2.
        [0x06, 0.48],
        [0x10, 1.29],
        [0x11, 1.37],
        [0x1a, 2.09],
        [0x1f, 2.49],
        [0x30, 3.86],
        [0x31, 3.94],
        [0x3a, 4.66],
        [0x3f, 5.06],
    ])('VSET 0x%x is %f V, as the data sheet prints it', (step, voltage) => {
        expect(controlFromVoltage(voltage)).toBe(forward(step))
        expect(controlFromVoltage(-voltage)).toBe(reverse(step))
    })

    it.each([
        [0, BRAKE],
        [0.24, BRAKE],
        [-0.24, BRAKE],
        [NaN, BRAKE],
        [0.29, forward(6)],
        [-0.29, reverse(6)],
        [0.523, forward(7)],
        [99, forward(63)],
        [-99, reverse(63)],
    ])('of %f V is CONTROL %i', (voltage, control) => {
        expect(controlFromVoltage(voltage)).toBe(control)
    })
})

describe('DRV8830 motors', () => {
    it('recognise the part without moving it, clear its faults and look at them', async () => {
        const bus = new ScriptedBus(0x60)
        const motors = await started(bus)
        expect(motors).toMatchObject({ faulting: false, noPower: false, resetSeen: false, errors: 0 })
        bus.finish()
    })

    it('write a transaction a motor: the voltage of the effort', async () => {
        const bus = new ScriptedBus(0x60)
        const motors = await started(bus)
        bus.write(0, forward(63)).write(0, reverse(32)).write(0, BRAKE).write(0, forward(63)).write(0, BRAKE)
        for (const effort of [1, -0.5, 0, 7, NaN]) expect(motors.write(effort, 1, 1)).toBe(true)
        bus.write(1, 0x80).write(0, BRAKE).write(0, BRAKE).write(0, 0)
        expect([motors.enable(), motors.stop(), motors.coast()]).toEqual([true, true, true])
        bus.finish()
    })

    it('write in the tick what the exported conversion gives', () => {
        const sent: number[] = []
        const bus = { transfer: (_: number, write?: Buffer) => (sent.push(write![1]), 0) }
        for (const voltageMax of [5.06, 3.3, 0.48]) {
            const motors = new Drv8830Motors(bus, { motors: [{ address: 0x60, voltageMax }] })
            for (let i = -1000; i <= 1000; i++) {
                motors.write(i / 1000)
                expect(sent.pop()).toBe(controlFromVoltage((i / 1000) * voltageMax))
            }
        }
    })

    it('drop nothing of the others when one does not acknowledge, and count it', () => {
        const addresses: number[] = []
        const bus = { transfer: (address: number) => (addresses.push(address), address === 0x61 ? -1 : 0) }
        const motors = new Drv8830Motors(bus, {
            motors: [0x60, 0x61, 0x62].map(address => ({ address, voltageMax: 3 })),
        })
        expect(motors.write(1, 1, 1)).toBe(false)
        expect(addresses).toEqual([0x60, 0x61, 0x62])
        expect(motors.errors).toBe(1)
    })

    it.each([
        [0x00, { faulting: false, noPower: false }],
        [0x03, { faulting: true, noPower: false }],
        [0x09, { faulting: true, noPower: false }],
        [0x11, { faulting: true, noPower: false }],
        [0x05, { faulting: false, noPower: true }],
    ])('read FAULT 0x%x as %j', async (fault, expected) => {
        const bus = new ScriptedBus(0x60)
        const motors = await started(bus)
        bus.read([0], [PROBE, fault])
        expect(motors.readStatus()).toBe(true)
        expect(motors).toMatchObject({ ...expected, resetSeen: false })
        expect(motors.faults[0]).toBe(fault)
        bus.finish()
    })

    it('notice a chip that was reset: it does not hold what it was told', async () => {
        const bus = new ScriptedBus(0x60)
        const motors = await started(bus)
        bus.write(0, forward(63)).read([0], [0x00, 0x00]).nackWrite([0], 2)
        motors.write(1)
        expect(motors.readStatus()).toBe(true)
        expect(motors.resetSeen).toBe(true)
        expect(motors.readStatus()).toBe(false)
        expect(motors.errors).toBe(1)
        bus.finish()
    })

    it('say why they could not be started', async () => {
        const start = (bus: ScriptedBus) => refusal(new Drv8830Motors(bus, { motors: [FULL] }).init(new JumpingClock()))
        expect(await start(new ScriptedBus(0x60).nackWrite([1], 1))).toMatchObject({
            code: 'not-found',
            device: 'DRV8830@0x60',
        })
        expect((await start(new ScriptedBus(0x60).read([1], [0x60]))).code).toBe('wrong-part')
        const deaf = new ScriptedBus(0x60).read([1], [0]).write(0, PROBE).read([0], [0])
        expect((await start(deaf)).code).toBe('wrong-part')
        const lost = new ScriptedBus(0x60).read([1], [0]).nackWrite([0, PROBE])
        expect((await start(lost)).code).toBe('bus')
        expect((await start(recognised(new ScriptedBus(0x60)).read([1], [0x05]))).code).toBe('not-ready')
        expect((await start(recognised(new ScriptedBus(0x60)).read([1], [0x03]))).message).toContain('FAULT 3')
    })

    it.each<[Drv8830Config, RegExp]>([
        [{ motors: [] }, /number of motors 0, allowed 1 to 3/],
        [{ motors: [FULL, FULL, FULL, FULL] }, /number of motors 4/],
        [{ motors: [{ address: 0x69, voltageMax: 3 }] }, /address 105, allowed 96 to 104/],
        [{ motors: [FULL, FULL] }, /address 96 used twice/],
        [{ motors: [{ address: 0x60, voltageMax: 0.4 }] }, /voltageMax 0.4 V, allowed 0.48 to 5.06/],
        [{ motors: [{ address: 0x60, voltageMax: NaN }] }, /voltageMax NaN/],
    ])('refuse %j before they touch the bus', async (config, message) => {
        const error = await refusal(new Drv8830Motors(new ScriptedBus(0x60), config).init(new JumpingClock()))
        expect(error.code).toBe('config')
        expect(error.message).toMatch(message)
    })
})

describe('DRV8830 motors on the simulated chip', () => {
    async function rig(options: Partial<Drv8830Options> = {}) {
        const state = { time: 0, supply: 6, current: 0 }
        const now = () => state.time
        const warnings: string[] = []
        const bus = new SimulatedI2cBus({ frequency: 400_000, now })
        const chip = new Chip({
            now,
            supply: () => state.supply,
            current: () => state.current,
            senseResistor: 0.2,
            warn: message => warnings.push(message),
            ...options,
        })
        bus.attach(0x60, chip)
        const motors = new Drv8830Motors(bus, { motors: [{ address: 0x60, voltageMax: 5 }] })
        await motors.init({ millis: () => 0, sleep: async ms => void (state.time += ms / 1000) })
        return { bus, chip, motors, state, warnings }
    }

    it('hold the voltage asked for within half a step, whatever the battery gives above it', async () => {
        const { chip, motors, state, warnings } = await rig()
        expect(chip.output).toBeUndefined()
        motors.enable()
        expect(chip.output).toBe(0)
        for (const effort of [0.2, -0.2, 0.61, -1, 1]) {
            for (const supply of [5.5, 6.8]) {
                state.supply = supply
                motors.write(effort)
                expect(chip.output).toBeGreaterThanOrEqual(5 * effort - 0.0402)
                expect(chip.output).toBeLessThanOrEqual(5 * effort + 0.0402)
            }
        }
        state.supply = 3.7
        motors.write(1)
        expect(chip.output).toBe(3.7)
        expect(warnings).toEqual([])
    })

    it('GO ON when the board goes silent', async () => {
        const { chip, motors, state } = await rig()
        motors.write(0.8)
        state.time += 3600
        expect(chip.output).toBeCloseTo(4, 1)
    })

    it('are off after an over-current until they are enabled anew', async () => {
        const { chip, motors } = await rig()
        motors.enable()
        motors.write(0.8)
        chip.injectOverCurrent()
        expect(chip.output).toBeUndefined()
        motors.write(0.8)
        expect(chip.output).toBeUndefined()
        motors.readStatus()
        expect(motors.faulting).toBe(true)
        expect(motors.enable()).toBe(true)
        motors.write(0.8)
        motors.readStatus()
        expect(motors.faulting).toBe(false)
        expect(chip.output).toBeCloseTo(4, 1)
    })

    it('report a stalled motor after 275 ms at the limit (200 mV at 0.2 Ω: 1 A), and not before', async () => {
        const { motors, state } = await rig()
        motors.write(0.8)
        state.current = 1.1
        motors.readStatus()
        state.time += 0.27
        motors.readStatus()
        expect(motors.faulting).toBe(false)
        state.time += 0.01
        motors.readStatus()
        expect(motors.faulting).toBe(true)
        motors.write(0)
        motors.readStatus()
        expect(motors.faulting).toBe(false)
    })

    it('refuse another part at the address', async () => {
        const { bus, state } = await rig()
        bus.attach(0x61, { write: () => true, read: into => (into.fill(0x5a), true), reset: () => {} })
        const other = new Drv8830Motors(bus, { motors: [{ address: 0x61, voltageMax: 5 }] })
        const clock = { millis: () => 0, sleep: async (ms: number) => void (state.time += ms / 1000) }
        expect((await refusal(other.init(clock))).code).toBe('wrong-part')
    })

    it('notice a dip of the supply: too low, then a chip that forgot', async () => {
        const { chip, motors, state } = await rig()
        motors.write(0.8)
        state.supply = 2
        motors.readStatus()
        expect(motors.noPower).toBe(true)
        chip.reset()
        state.supply = 6
        motors.readStatus()
        expect(motors).toMatchObject({ noPower: false, resetSeen: true })
    })
})
