import { describe, expect, test } from 'vitest'
import { Motoron, type MotoronOptions } from '../../../src/sim/chips/motoron'
import { SimulatedI2cBus } from '../../../src/sim/i2c/simulated-i2c-bus'
import { Random } from '../../../src/sim/random'

/** The guide's bit-by-bit CRC-7 (section 11), apart from the chip's table. */
const crc = (bytes: number[]) => {
    let value = 0
    for (const byte of bytes) {
        value ^= byte
        for (let i = 0; i < 8; i++) {
            if (value & 1) value ^= 0x91
            value >>= 1
        }
    }
    return value
}

const setUp = (options: Partial<MotoronOptions> = {}) => {
    const state = { time: 0, supply: 12, warnings: [] as string[] }
    const bus = new SimulatedI2cBus({ frequency: 400_000, now: () => state.time })
    const chip = new Motoron({
        now: () => state.time,
        supply: () => state.supply,
        warn: message => state.warnings.push(message),
        ...options,
    })
    bus.attach(16, chip)
    /** Bytes exactly as given. */
    const raw = (...bytes: number[]) => bus.transfer(16, Uint8Array.from(bytes), undefined)
    /** A command with its CRC. */
    const send = (...bytes: number[]) => raw(...bytes, crc(bytes))
    const receive = (length: number) => {
        const into = new Uint8Array(length)
        expect(bus.transfer(16, undefined, into)).toBe(0)
        return [...into]
    }
    /** Get variables, with the response's CRC checked. */
    const variables = (motor: number, offset: number, length: number) => {
        send(0x9a, motor, offset, length)
        const response = receive(length + 1)
        expect(response[length]).toBe(crc(response.slice(0, length)))
        return response.slice(0, length)
    }
    const word = (motor: number, offset: number) => {
        const [low, high] = variables(motor, offset, 2)
        return (((high << 8) | low) << 16) >> 16
    }
    const flags = () => word(0, 1) & 0xffff
    const set = (motor: number, offset: number, value: number) =>
        send(0x9c, motor, offset, value & 0x7f, (value >> 7) & 0x7f)
    const speed = (command: number, motor: number, value: number) =>
        send(command, motor, value & 0x7f, (value >> 7) & 0x7f)
    const both = (command: number, left: number, right: number) =>
        send(command, left & 0x7f, (left >> 7) & 0x7f, right & 0x7f, (right >> 7) & 0x7f)
    /** Clears the Reset flag: bytes of the guide. */
    const ready = () => raw(0xa9, 0x00, 0x04, crc([0xa9, 0x00, 0x04]))
    const drives = () => [chip.output(1).drive, chip.output(2).drive]
    const wait = (seconds: number) => (state.time += seconds)
    return { bus, chip, state, raw, send, receive, variables, word, flags, set, speed, both, ready, drives, wait }
}

const PROTOCOL_ERROR = 1
const CRC_ERROR = 2
const TIMEOUT_LATCHED = 4
const FAULT_LATCHED = 8
const NO_POWER_LATCHED = 0x10
const RESET = 0x200
const TIMEOUT = 0x400
const FAULTING = 0x800
const NO_POWER = 0x1000
const ERROR_ACTIVE = 0x2000
const ENABLED = 0x4000
const DRIVING = 0x8000

describe('Motoron protocol', () => {
    test.each([
        // Whole commands with the CRC bytes that the guide and the library's examples print.
        ['Reinitialize', [0x96, 0x74]],
        ['Set protocol options to 0x04', [0x8b, 0x04, 0x7b, 0x43]],
        ['Set protocol options to 0x00', [0x8b, 0x00, 0x7f, 0x42]],
        ['Set speed of motor 1 to 100', [0xd1, 0x01, 0x64, 0x00, 0x68]],
    ])('accepts the guide: %s', (_, bytes) => {
        const { raw, chip, state } = setUp()
        expect(raw(...bytes)).toBe(0)
        expect(chip.statusFlags & (PROTOCOL_ERROR | CRC_ERROR)).toBe(0)
        expect(state.warnings).toEqual([])
    })

    test('a wrong CRC is acknowledged, sets the flag and does nothing', () => {
        const { ready, raw, wait, drives, flags, state } = setUp()
        ready()
        expect(raw(0xd1, 0x01, 0x64, 0x00, 0x69)).toBe(0)
        wait(0.05)
        expect(drives()).toEqual([0, 0])
        expect(flags() & CRC_ERROR).toBe(CRC_ERROR)
        expect(state.warnings[0]).toMatch(/Motoron@0x10.*CRC.*0xd1/)
    })

    test('a command may come in pieces, several in one transfer, and stray data bytes are ignored', () => {
        const { ready, raw, wait, drives, flags } = setUp()
        ready()
        raw(0xd1, 0x01)
        raw(0x64, 0x00)
        raw(0x68, 0x11, 0x22)
        const second = [0xd1, 0x02, 0x48, 0x01]
        raw(...second, crc(second), 0xf5, crc([0xf5]))
        wait(0.02)
        expect(drives()).toEqual([100 / 800, 200 / 800])
        expect(flags() & (PROTOCOL_ERROR | CRC_ERROR)).toBe(0)
    })

    test.each([
        ['an unknown command', [0xfe]],
        ['a command cut short by another', [0xd1, 0x01, 0xf5, crc([0xf5])]],
        ['a motor that does not exist', [0xd1, 0x03, 0, 0, crc([0xd1, 0x03, 0, 0])]],
        ['a variable that cannot be set', [0x9c, 0, 3, 0, 0, crc([0x9c, 0, 3, 0, 0])]],
        ['reading 33 bytes', [0x9a, 0, 0, 33, crc([0x9a, 0, 0, 33])]],
        ['options that are not repeated inverted', [0x8b, 0x04, 0x7a, crc([0x8b, 0x04, 0x7a])]],
    ])('%s is a protocol error', (_, bytes) => {
        const { raw, flags } = setUp()
        raw(...bytes)
        expect(flags() & (PROTOCOL_ERROR | CRC_ERROR)).toBe(PROTOCOL_ERROR)
    })

    test('a command whose CRC never came is a CRC error', () => {
        const { raw, flags } = setUp()
        raw(0xd1, 0x01, 0x64, 0x00, 0xf5, crc([0xf5]))
        expect(flags() & (PROTOCOL_ERROR | CRC_ERROR)).toBe(CRC_ERROR)
    })

    test('a response is read in pieces, then 0xAA; any written byte drops it', () => {
        const { send, receive, raw } = setUp()
        send(0x87)
        const version = [0xce, 0x00, 0x00, 0x01]
        expect(receive(2)).toEqual(version.slice(0, 2))
        expect(receive(5)).toEqual([0x00, 0x01, crc(version), 0xaa, 0xaa])
        send(0x87)
        raw(0x00)
        expect(receive(2)).toEqual([0xaa, 0xaa])
    })

    test('without CRC neither commands nor responses carry one, and a surplus one is ignored', () => {
        const { raw, receive, flags } = setUp()
        raw(0x8b, 0x04, 0x7b, 0x43)
        raw(0x87)
        expect(receive(5)).toEqual([0xce, 0x00, 0x00, 0x01, 0xaa])
        raw(0x9a, 0, 0, 1)
        expect(receive(2)).toEqual([0x04, 0xaa])
        raw(0x8b, 0x07, 0x78, crc([0x8b, 0x07, 0x78]))
        expect(flags() & (PROTOCOL_ERROR | CRC_ERROR)).toBe(0)
    })

    test('variables past the last read as zero; values out of range become the nearest', () => {
        const { variables, set, word } = setUp()
        expect(variables(0, 100, 4)).toEqual([0, 0, 0, 0])
        expect(word(0, 5)).toBe(375)
        expect(word(0, 8)).toBe(0x600)
        expect(variables(0, 7, 1)).toEqual([0])
        set(0, 5, 0x3fff)
        expect(word(0, 5)).toBe(16250)
        set(0, 8, 0x3fff)
        expect(word(0, 8)).toBe(0x7ff)
        set(2, 10, 9000)
        expect(word(2, 10)).toBe(6400)
        set(1, 22, 300)
        expect(variables(1, 22, 2)).toEqual([250, 0])
        set(1, 1, 12)
        expect(variables(1, 1, 1)).toEqual([8])
        set(1, 20, 345)
        expect(variables(1, 20, 2)).toEqual([345 & 0xff, 345 >> 8])
    })

    test('VIN: 12 V at 3.3 V logic reads 167 of 1024', () => {
        const { word, state } = setUp()
        expect(word(0, 3)).toBe(167) // 12 * 47 / 1047 / 3.3 * 1024 = 167.2
        state.supply = 1000
        expect(word(0, 3)).toBe(1023)
    })

    test('the EEPROM can be read, and written only with the jumper', () => {
        for (const jumper of [false, true]) {
            const { send, receive } = setUp({ jumper })
            send(0x95, 1, 0x11, 1, 0x7e, 0x6e, 0x7e)
            send(0x93, 1, 1)
            expect(receive(1)).toEqual([jumper ? 0x91 : 16])
        }
    })

    test('a reset silences it for 5 ms and forgets the settings', () => {
        const { send, set, bus, wait, word, flags, both, ready, drives } = setUp()
        ready()
        set(0, 5, 25)
        both(0xe2, 400, 400)
        expect(drives()).toEqual([0.5, 0.5])
        expect(send(0x99)).toBe(0)
        expect(drives()).toEqual([0, 0])
        wait(0.004)
        expect(bus.transfer(16, undefined, new Uint8Array(1))).toBe(-2)
        expect(send(0x87)).toBe(-1)
        wait(0.002)
        expect(word(0, 5)).toBe(375)
        expect(flags()).toBe(RESET | ERROR_ACTIVE)
    })
})

describe('Motoron motors', () => {
    test('nothing moves until the Reset flag is cleared, and nothing told before is remembered', () => {
        const { both, wait, drives, flags, ready, word } = setUp()
        expect(flags()).toBe(RESET | ERROR_ACTIVE)
        both(0xe2, 800, 800)
        expect(drives()).toEqual([0, 0])
        wait(0.02)
        expect(drives()).toEqual([0, 0])
        expect(word(1, 2)).toBe(0)
        ready()
        wait(0.02)
        expect(drives()).toEqual([0, 0])
        both(0xe1, 800, -800)
        wait(0.01)
        expect(drives()).toEqual([1, -1])
        expect(flags()).toBe(ENABLED | DRIVING)
    })

    test("speeds are 14-bit two's complement, limited to ±800, now or at the next update", () => {
        const { ready, speed, both, drives, wait, word } = setUp()
        ready()
        wait(0.0005)
        speed(0xd1, 1, -1)
        expect(drives()[0]).toBe(0)
        wait(0.01)
        expect(drives()[0]).toBe(-1 / 800)
        expect(word(1, 6)).toBe(-1)
        speed(0xd2, 2, 8000)
        expect(drives()[1]).toBe(1)
        speed(0xd2, 2, -8000)
        expect(word(2, 2)).toBe(-800)
        both(0xe2, 80, -80)
        expect(drives()).toEqual([0.1, -0.1])
    })

    test('buffered speeds wait for their command', () => {
        const { ready, speed, both, send, drives, wait, word } = setUp()
        ready()
        both(0xe4, 200, 400)
        speed(0xd4, 2, -400)
        wait(0.02)
        expect(drives()).toEqual([0, 0])
        expect(word(2, 8)).toBe(-400)
        send(0xf0)
        wait(0.01)
        expect(drives()).toEqual([0.25, -0.5])
        both(0xe4, 0, 800)
        send(0xf3)
        expect(drives()).toEqual([0, 1])
    })

    test('acceleration and deceleration limits: eighths of a speed unit every 10 ms', () => {
        const { ready, set, both, wait, word, state } = setUp()
        ready()
        set(1, 10, 800) // 100 units an update
        set(1, 14, 1600) // 200 units
        set(1, 12, 400)
        set(1, 16, 0)
        state.time = 0.1005
        both(0xe1, 450, 0)
        const speeds: number[] = []
        const collect = (updates: number) => {
            for (let i = 0; i < updates; i++) {
                wait(0.01)
                speeds.push(word(1, 6))
            }
        }
        collect(6)
        both(0xe1, -120, 0)
        collect(6)
        both(0xe1, 0, 0)
        collect(1)
        expect(speeds).toEqual([100, 200, 300, 400, 450, 450, 250, 50, 0, -50, -100, -120, 0])
    })

    test('a limit of 140 takes 0.46 s to full speed, as 800 * 8 / 140 updates', () => {
        const { ready, set, both, chip, state } = setUp()
        ready()
        set(1, 10, 140)
        both(0xe1, 800, 0)
        while (chip.output(1).drive < 1) state.time += 0.001
        expect(state.time).toBeCloseTo(0.46, 2)
    })

    test('starts at the starting speed and waits at zero before it reverses', () => {
        const { ready, set, both, wait, word } = setUp()
        ready()
        set(1, 10, 80)
        set(1, 12, 80)
        set(1, 18, 300)
        set(1, 23, 3)
        wait(0.0005)
        both(0xe1, 320, 0)
        const speeds: number[] = []
        for (let i = 0; i < 10; i++) {
            if (i === 4) both(0xe1, -20, 0)
            wait(0.01)
            speeds.push(word(1, 6))
        }
        // Stops at once (no deceleration limit), stands for three updates of 10 ms.
        expect(speeds).toEqual([300, 310, 320, 320, 0, 0, 0, -10, -20, -20])
    })

    test('a stopped motor brakes after a speed command, coasts after Coast now', () => {
        const { ready, both, send, wait, chip, flags } = setUp()
        expect(chip.output(1).braking).toBe(0)
        ready()
        both(0xe1, 0, 0)
        wait(0.01)
        expect([chip.output(1).braking, chip.output(2).braking]).toEqual([1, 1])
        expect(flags() & (ENABLED | DRIVING)).toBe(ENABLED)
        send(0xa5)
        expect([chip.output(1).braking, chip.output(2).braking]).toEqual([0, 0])
        expect(flags() & ENABLED).toBe(0)
    })

    test('coasting is for all motors or none', () => {
        const { ready, speed, send, chip, word } = setUp()
        ready()
        send(0xb2, 1, 0, 0)
        send(0xb2, 2, 0x7f, 0x7f)
        expect(word(2, 4)).toBe(800)
        expect([chip.output(1).braking, chip.output(2).braking]).toEqual([1, 1])
        send(0xb2, 2, 0, 0)
        expect([chip.output(1).braking, chip.output(2).braking]).toEqual([0, 0])
        speed(0xd2, 2, 100)
        expect(chip.output(1).braking).toBe(1)
    })
})

describe('Motoron errors', () => {
    const running = (timeout: number, options: Partial<MotoronOptions> = {}) => {
        const motoron = setUp(options)
        motoron.ready()
        motoron.set(0, 5, timeout)
        motoron.both(0xe2, 800, 800)
        return motoron
    }

    test('stops 1.5 s after the last valid command unless told otherwise', () => {
        const { ready, both, chip, wait, state } = setUp()
        ready()
        both(0xe2, 400, 400)
        wait(1.499)
        expect(chip.output(1).drive).toBe(0.5)
        while (chip.output(1).drive > 0) state.time += 0.0005
        // Noticed at 1.5 s, stopped in the update at or after it.
        expect(state.time).toBeGreaterThanOrEqual(1.5)
        expect(state.time).toBeLessThanOrEqual(1.511)
        expect(chip.output(1).braking).toBe(0)
        expect(chip.statusFlags & (TIMEOUT | TIMEOUT_LATCHED | ERROR_ACTIVE)).toBe(
            TIMEOUT | TIMEOUT_LATCHED | ERROR_ACTIVE,
        )
    })

    test('the timeout counts in 4 ms, any valid command restarts it, an invalid one does not', () => {
        const { send, raw, wait, chip } = running(25) // 100 ms
        wait(0.09)
        send(0xf5)
        wait(0.09)
        expect(chip.statusFlags & TIMEOUT).toBe(0)
        raw(0xf5, 0x00)
        wait(0.015)
        expect(chip.statusFlags & TIMEOUT).toBe(TIMEOUT)
    })

    test('a valid command ends the timeout; the latched flag stays until cleared; speeds do not come back', () => {
        const { wait, drives, flags, both, raw, send, chip } = running(25)
        wait(0.2)
        expect(drives()).toEqual([0, 0])
        expect(chip.statusFlags & TIMEOUT).toBe(TIMEOUT)
        expect(flags() & (TIMEOUT | TIMEOUT_LATCHED | ERROR_ACTIVE)).toBe(TIMEOUT_LATCHED)
        wait(0.05)
        expect(drives()).toEqual([0, 0])
        both(0xe2, 400, 400)
        expect(drives()).toEqual([0.5, 0.5])
        raw(0xa9, 0x04, 0x00, crc([0xa9, 0x04, 0x00]))
        expect(flags() & TIMEOUT_LATCHED).toBe(0)
        send(0xac, 0x04, 0x00)
        expect(flags() & TIMEOUT_LATCHED).toBe(TIMEOUT_LATCHED)
    })

    test('a latched timeout in the error mask holds the motors until it is cleared', () => {
        const { set, wait, both, drives, send } = running(25)
        set(0, 8, TIMEOUT_LATCHED | TIMEOUT | RESET)
        wait(0.2)
        both(0xe2, 400, 400)
        expect(drives()).toEqual([0, 0])
        send(0xa9, 0x04, 0x00)
        both(0xe2, 400, 400)
        expect(drives()).toEqual([0.5, 0.5])
    })

    test.each([
        // [error response, slows down along the limit, brakes at the end]
        [0, true, 0],
        [1, true, 1],
        [2, false, 0],
        [3, false, 1],
    ])('error response %i', (response, ramp, braking) => {
        const { set, state, chip } = running(25)
        for (const motor of [1, 2]) set(motor, 14, 640) // 80 units an update: 0.1 s to a stop
        set(0, 7, response)
        state.time = 0.105
        expect(chip.output(1).drive > 0).toBe(ramp)
        state.time = 0.155
        expect(chip.output(1).drive > 0).toBe(ramp)
        state.time = 0.22
        expect(chip.output(1).drive).toBe(0)
        expect(chip.output(1).braking).toBe(braking)
    })

    test('a mask without the timeout keeps the motors running, a timeout of 0 too', () => {
        const masked = running(25)
        masked.set(0, 8, RESET)
        masked.wait(10)
        expect(masked.drives()).toEqual([1, 1])
        expect(masked.chip.statusFlags & TIMEOUT).toBe(TIMEOUT)
        const off = running(0)
        off.wait(10)
        expect(off.drives()).toEqual([1, 1])
        expect(off.chip.statusFlags & TIMEOUT).toBe(0)
    })

    test('a CRC error in the mask stops the motors', () => {
        const { set, raw, drives, wait } = running(250)
        set(0, 8, CRC_ERROR)
        raw(0xf5, 0x00)
        wait(0.01)
        expect(drives()).toEqual([0, 0])
    })

    test('Reinitialize restores the defaults and stops the motors through the Reset flag', () => {
        const { raw, wait, drives, word, flags } = running(25)
        raw(0x96, 0x74)
        wait(0.01)
        expect(drives()).toEqual([0, 0])
        expect(word(0, 5)).toBe(375)
        expect(flags()).toBe(RESET | ERROR_ACTIVE)
    })

    test('without motor power the outputs are off and the flags say so', () => {
        const { state, drives, flags, send } = running(250)
        state.supply = 1.5
        expect(drives()).toEqual([0, 0])
        expect(flags() & (NO_POWER | NO_POWER_LATCHED)).toBe(NO_POWER | NO_POWER_LATCHED)
        state.supply = 12
        send(0xf5)
        expect(drives()).toEqual([1, 1])
        expect(flags() & (NO_POWER | NO_POWER_LATCHED)).toBe(NO_POWER_LATCHED)
    })

    test('a motor fault turns the outputs off until it is cleared or the motors coast', () => {
        const { chip, drives, flags, send, both } = running(250)
        chip.injectMotorFault()
        expect(drives()).toEqual([0, 0])
        expect(flags() & (FAULTING | FAULT_LATCHED)).toBe(FAULTING | FAULT_LATCHED)
        send(0xa6, 0)
        expect(drives()).toEqual([1, 1])
        expect(flags() & (FAULTING | FAULT_LATCHED)).toBe(FAULT_LATCHED)
        chip.injectMotorFault()
        send(0xa5)
        both(0xe2, 400, 400)
        expect(drives()).toEqual([0.5, 0.5])
    })

    test('the phase of the updates comes from the seed', () => {
        const moment = (seed: number) => {
            const { ready, both, chip, state } = setUp({ random: new Random(seed) })
            ready()
            both(0xe1, 800, 800)
            while (chip.output(1).drive === 0) state.time += 0.0001
            return state.time
        }
        expect(moment(1)).toBe(moment(1))
        expect(moment(1)).not.toBe(moment(2))
        for (const seed of [1, 2, 3]) expect(moment(seed)).toBeLessThanOrEqual(0.0101)
    })
})
