import { describe, expect, it } from 'vitest'
import { Icm20948 } from '../../../src/sim/chips/icm20948'
import { SimulatedI2cBus } from '../../../src/sim/i2c/simulated-i2c-bus'

// DS-000189: sections 7, 8, 10, 12 and 13.
const WHO_AM_I = 0x00
const PWR_MGMT_1 = 0x06
const INT_PIN_CFG = 0x0f
const INT_ENABLE_1 = 0x11
const INT_STATUS_1 = 0x1a
const ACCEL_XOUT_H = 0x2d
const REG_BANK_SEL = 0x7f
const COMPASS = 0x0c

function setUp() {
    const state = { time: 1, field: [0, 0, 0], warnings: [] as string[] }
    const motion = { specificForce: [9.80665, 0, -9.80665], angularVelocity: [Math.PI / 18, 0, -100] }
    const bus = new SimulatedI2cBus({ frequency: 400_000, now: () => state.time })
    const chip = new Icm20948({
        motion: () => motion,
        field: () => state.field,
        now: () => state.time,
        warn: message => state.warnings.push(message),
    })
    chip.attachTo(bus)
    const write = (...bytes: number[]) => bus.transfer(0x68, Uint8Array.from(bytes), undefined)
    const read = (register: number, length = 1, address = 0x68) => {
        const into = new Uint8Array(length)
        const result = bus.transfer(address, Uint8Array.of(register), into)
        return result === 0 ? [...into] : result
    }
    const words = (register: number, count: number) => {
        const bytes = Buffer.from(read(register, 2 * count) as number[])
        return Array.from({ length: count }, (_, i) => bytes.readInt16BE(2 * i))
    }
    return { state, chip, bus, write, read, words }
}

describe('the simulated ICM-20948', () => {
    it('sleeps after power-on with outputs of zero', () => {
        const { state, chip, read } = setUp()
        expect(read(WHO_AM_I)).toEqual([0xea])
        expect(read(PWR_MGMT_1)).toEqual([0x41])
        state.time = 2
        chip.advance()
        expect(read(ACCEL_XOUT_H, 12)).toEqual(new Array(12).fill(0))
    })

    it('has its settings in bank 2, whose registers are not those of bank 0', () => {
        const { read, write, state } = setUp()
        write(REG_BANK_SEL, 0x20)
        expect(read(REG_BANK_SEL)).toEqual([0x20])
        expect(read(0x00, 2)).toEqual([0x00, 0x01])
        write(0x00, 9)
        expect(read(0x00)).toEqual([9])
        write(REG_BANK_SEL, 0)
        expect(read(WHO_AM_I)).toEqual([0xea])
        write(WHO_AM_I, 1)
        write(REG_BANK_SEL, 0x03)
        expect(state.warnings).toHaveLength(2)
    })

    // FS_SEL 0 to 3: 10 °/s and 1 g; -100 rad/s is beyond every range.
    it.each([
        [0, 1310, 16384],
        [1, 655, 8192],
        [2, 328, 4096],
        [3, 164, 2048],
    ])('measures with full scale %i: 10 °/s as %i, 1 g as %i', (scale, rate, force) => {
        const { state, write, words } = setUp()
        write(REG_BANK_SEL, 0x20)
        write(0x01, (scale << 1) | 1)
        write(0x14, (scale << 1) | 1)
        write(REG_BANK_SEL, 0)
        write(PWR_MGMT_1, 0x01)
        state.time += 0.01
        expect(words(ACCEL_XOUT_H, 6)).toEqual([force, 0, -force, rate, 0, -32768])
    })

    it('samples at 1125 Hz over the divider and says so once', () => {
        const { state, write, read } = setUp()
        write(REG_BANK_SEL, 0x20)
        write(0x00, 8)
        write(REG_BANK_SEL, 0)
        write(INT_ENABLE_1, 1)
        write(PWR_MGMT_1, 0x01)
        let ready = 0
        for (let i = 0; i < 1000; i++) {
            state.time += 0.001
            ready += (read(INT_STATUS_1) as number[])[0]
        }
        expect(ready).toBeGreaterThanOrEqual(124)
        expect(ready).toBeLessThanOrEqual(125)
    })

    it('forgets everything at a reset, for which it takes some time', () => {
        const { state, write, read } = setUp()
        write(PWR_MGMT_1, 0x01)
        write(PWR_MGMT_1, 0x80)
        expect(read(PWR_MGMT_1)).toEqual([0xc1])
        state.time += 0.1
        expect(read(PWR_MGMT_1)).toEqual([0x41])
    })
})

describe('the magnetometer in it', () => {
    const connected = () => {
        const all = setUp()
        all.write(INT_PIN_CFG, 0x02)
        const tell = (...bytes: number[]) => all.bus.transfer(COMPASS, Uint8Array.from(bytes), undefined)
        const look = (register: number, length: number) => all.read(register, length, COMPASS) as number[]
        return { ...all, tell, look }
    }

    it('answers only while BYPASS_EN connects it', () => {
        const { read, write } = setUp()
        expect(read(0x01, 1, COMPASS)).toBe(-1)
        write(INT_PIN_CFG, 0x02)
        expect(read(0x00, 2, COMPASS)).toEqual([0x48, 0x09])
    })

    // Table 22.
    it.each([
        [4912.8e-6, [0xf0, 0x7f], 0],
        [0.15e-6, [0x01, 0x00], 0],
        [0, [0, 0], 0],
        [-0.15e-6, [0xff, 0xff], 0],
        [-4912.8e-6, [0x10, 0x80], 0],
        [5000e-6, [0xf0, 0x7f], 0x08],
    ])('measures %d T as %j', (tesla, bytes, overflow) => {
        const { state, tell, look } = connected()
        state.field = [tesla, 0, 0]
        tell(0x31, 0x08)
        expect(look(0x10, 1)).toEqual([0])
        state.time += 0.011
        expect(look(0x10, 9)).toEqual([0x01, ...bytes, 0, 0, 0, 0, 0, overflow])
        // Taken.
        expect(look(0x10, 1)).toEqual([0])
    })

    it('has its y and z the other way than the gyroscope', () => {
        const { state, tell, look } = connected()
        state.field = [0, 15e-6, -30e-6]
        tell(0x31, 0x08)
        state.time += 0.011
        expect(look(0x11, 6)).toEqual([0, 0, 0x9c, 0xff, 200, 0])
    })

    it('holds its data until ST2 is read, and tells of those that were skipped', () => {
        const { state, tell, look } = connected()
        state.field = [15e-6, 0, 0]
        tell(0x31, 0x08)
        state.time += 0.011
        expect(look(0x11, 2)).toEqual([100, 0])
        state.field = [30e-6, 0, 0]
        state.time += 0.01
        expect(look(0x11, 2)).toEqual([100, 0])
        look(0x18, 1)
        expect(look(0x11, 2)).toEqual([200, 0])
        look(0x18, 1)
        state.time += 0.05
        look(0x01, 1)
        state.time += 0.05
        expect(look(0x10, 1)).toEqual([0x03])
    })

    it('is powered down by CNTL3 and warns of modes and registers that it does not have', () => {
        const { state, tell, look } = connected()
        tell(0x31, 0x08)
        tell(0x32, 0x01)
        expect(look(0x31, 1)).toEqual([0])
        state.time += 1
        expect(look(0x10, 1)).toEqual([0])
        tell(0x31, 0x03)
        tell(0x33, 1)
        expect(state.warnings).toHaveLength(2)
    })
})
