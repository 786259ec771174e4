import { describe, expect, it } from 'vitest'
import { ErrorResponse, Motoron, speedFromEffort, type MotoronConfig } from '../../devices/motors/motoron'
import { crc7, crcTable } from '../../devices/motors/motoron-protocol'
import { supplyVoltageFromRaw } from '../../devices/motors/motoron-setup'
import { JumpingClock, refusal, ScriptedBus } from './scripted-bus'

// Default address, user's guide section 6. All CRC bytes in this file were worked out apart from the driver, by long
// division of the message's bits as section 11 describes it; the ones marked so are printed in the guide.
const ADDRESS = 16
const OPTIONS = [0x8b, 0x03, 0x7c, 0x2e]
const IDENTITY_M2T256 = [0xce, 0x00, 0x03, 0x01, 0x63]

/** Script of an `init` up to and with the protocol options after the reset. */
function identified(bus: ScriptedBus): ScriptedBus {
    return bus
        .write(...OPTIONS)
        .write(0x87, 0x3c)
        .read([], IDENTITY_M2T256)
        .write(0x96, 0x74) // printed in section 3.7
        .write(...OPTIONS)
}

/** Script of the rest with default settings: 100 ms, brake, reset and timeout as errors, no limits; two channels. */
function configured(bus: ScriptedBus): ScriptedBus {
    return bus
        .write(0x9c, 0, 5, 25, 0, 0x2a)
        .write(0x9c, 0, 7, 1, 0, 0x5a)
        .write(0x9c, 0, 8, 0x00, 0x0c, 0x0c)
        .write(0x9a, 0, 5, 5, 0x06)
        .read([], [25, 0, 1, 0x00, 0x06, 0x67])
        .write(0x9c, 1, 10, 0, 0, 0x39)
        .write(0x9c, 1, 12, 0, 0, 0x6c)
        .write(0x9c, 1, 14, 0, 0, 0x5f)
        .write(0x9c, 1, 16, 0, 0, 0x7c)
        .write(0x9a, 1, 10, 8, 0x2b)
        .read([], [0, 0, 0, 0, 0, 0, 0, 0, 0])
        .write(0x9c, 2, 10, 0, 0, 0x1c)
        .write(0x9c, 2, 12, 0, 0, 0x49)
        .write(0x9c, 2, 14, 0, 0, 0x7a)
        .write(0x9c, 2, 16, 0, 0, 0x59)
        .write(0x9a, 2, 10, 8, 0x49)
        .read([], [0, 0, 0, 0, 0, 0, 0, 0, 0])
        .write(0x9a, 0, 1, 4, 0x60)
}

/** Status flags 0x0200 (reset), VIN voltage 344. */
const STATUS_AFTER_RESET = [0x00, 0x02, 0x58, 0x01, 0x05]

function startUp(bus: ScriptedBus): ScriptedBus {
    return configured(identified(bus)).read([], STATUS_AFTER_RESET)
}

async function started(): Promise<{ bus: ScriptedBus; motors: Motoron }> {
    const bus = startUp(new ScriptedBus(ADDRESS))
    const motors = new Motoron(bus, { channels: 2 })
    await motors.init(new JumpingClock())
    bus.finish()
    return { bus, motors }
}

function init(bus: ScriptedBus, config: MotoronConfig = { channels: 2 }): Promise<void> {
    return new Motoron(bus, config).init(new JumpingClock())
}

/** Long division of the bits, as section 11 words it: an oracle of another form than the driver's. */
function dividedCrc(bytes: number[]): number {
    const bits = bytes.flatMap(byte => [0, 1, 2, 3, 4, 5, 6, 7].map(i => (byte >> i) & 1)).concat([0, 0, 0, 0, 0, 0, 0])
    const polynomial = [1, 0, 0, 0, 1, 0, 0, 1] // 0x91, lowest bit first
    for (let i = 0; i + 7 < bits.length; i++) {
        if (bits[i]) polynomial.forEach((bit, j) => (bits[i + j] ^= bit))
    }
    return bits.slice(-7).reduce((crc, bit, i) => crc | (bit << i), 0)
}

describe('the CRC', () => {
    it.each([
        [[0xd1, 0x01, 0x64, 0x00], 0x68], // section 11
        [[0x8b, 0x04, 0x7b], 0x43], // section 9, "Set protocol options"
        [[0x8b, 0x00, 0x7f], 0x42], // same
        [[0x96], 0x74], // section 3.7
        [[], 0],
    ])('of %j is %i, as the guide prints it', (bytes, crc) => {
        expect(crc7(Buffer.from(bytes), bytes.length)).toBe(crc)
        expect(dividedCrc(bytes)).toBe(crc)
    })

    it('comes out of the table too, for every byte', () => {
        const table = crcTable()
        for (let byte = 0; byte < 256; byte++) expect(table[byte]).toBe(dividedCrc([byte]))
        expect(table[table[table[table[0xd1] ^ 0x01] ^ 0x64] ^ 0x00]).toBe(0x68)
    })
})

describe('the speed conversion', () => {
    it.each([
        [0, 0],
        [1, 800],
        [-1, -800],
        [1 / 800, 1],
        [-1 / 800, -1],
        [0.99 / 800, 0],
        [-0.99 / 800, 0],
        [1.99 / 800, 1],
        [-1.99 / 800, -1],
        [1.0001, 800],
        [-7, -800],
        [Infinity, 800],
        [-Infinity, -800],
        [NaN, 0],
    ])('takes effort %f as speed %i', (effort, speed) => {
        expect(speedFromEffort(effort)).toBe(speed)
    })
})

describe('the supply voltage', () => {
    it('is IOREF × 0.02175 a count (section 8), and 459/47 instead of 1047/47 in the 550 class', () => {
        expect(supplyVoltageFromRaw(0, 3.3, false)).toBe(0)
        expect(supplyVoltageFromRaw(1, 1, false)).toBeCloseTo(0.02175, 5)
        // "less than 27 … corresponds to a VIN of 2.9 V if IOREF is 5 V, and 1.9 V if IOREF is 3.3 V"
        expect(supplyVoltageFromRaw(27, 5, false)).toBeCloseTo(2.9, 1)
        expect(supplyVoltageFromRaw(27, 3.3, false)).toBeCloseTo(1.9, 1)
        expect(supplyVoltageFromRaw(1023, 5, false)).toBeCloseTo((1023 * 5 * 1047) / 1024 / 47, 9)
        expect(supplyVoltageFromRaw(1023, 3.3, true)).toBeCloseTo((1023 * 3.3 * 459) / 1024 / 47, 9)
    })
})

describe('starting a Motoron', () => {
    it('identifies it, resets it, writes its settings and reads them back', async () => {
        const { motors } = await started()
        expect(motors).toMatchObject({ valid: true, errors: 0, productId: 0xce, firmwareVersion: 0x0103 })
        expect(motors).toMatchObject({ statusFlags: 0x200, resetSeen: true, noPower: false, timedOut: false })
        expect(motors.supplyVoltage).toBe(supplyVoltageFromRaw(344, 3.3, false))
        expect(motors.supplyVoltage).toBeCloseTo(24.7, 1)
    })

    it('writes other settings as asked: timeout rounded up to 4 ms, response, latch, limits', async () => {
        const bus = new ScriptedBus(0x11)
            .write(...OPTIONS)
            .write(0x87, 0x3c)
            .read([], [0xd5, 0x00, 0x10, 0x01, 0x7f])
            .write(0x96, 0x74)
            .write(...OPTIONS)
        const general = [0x9c, 0, 5, 16250 & 0x7f, 16250 >> 7]
        bus.write(...general, dividedCrc(general))
        const response = [0x9c, 0, 7, 2, 0]
        bus.write(...response, dividedCrc(response))
        const mask = [0x9c, 0, 8, 0x04, 0x0c]
        bus.write(...mask, dividedCrc(mask))
        const answer = [16250 & 0xff, 16250 >> 8, 2, 0x04, 0x06]
        bus.write(0x9a, 0, 5, 5, 0x06).read([], [...answer, dividedCrc(answer)])
        for (const [offset, low, high] of [
            [10, 0x0c, 1], // 140
            [12, 0x0c, 1],
            [14, 0x00, 50], // 6400
            [16, 0x00, 50],
        ]) {
            const limit = [0x9c, 1, offset, low, high]
            bus.write(...limit, dividedCrc(limit))
        }
        const limits = [140, 0, 140, 0, 0x00, 0x19, 0x00, 0x19]
        bus.write(0x9a, 1, 10, 8, 0x2b).read([], [...limits, dividedCrc(limits)])
        bus.write(0x9a, 0, 1, 4, 0x60).read([], STATUS_AFTER_RESET)
        const motors = new Motoron(bus, {
            channels: 1,
            address: 0x11,
            commandTimeoutMs: 64997,
            latchTimeout: true,
            errorResponse: ErrorResponse.COAST_NOW,
            maxAccelerationRaw: 140,
            maxDecelerationRaw: 6400,
            logicVoltage: 5,
        })
        await motors.init(new JumpingClock())
        bus.finish()
        // An M1T550, with its other divider.
        expect(motors.supplyVoltage).toBe(supplyVoltageFromRaw(344, 5, true))
    })

    it('says when nothing answers', async () => {
        const bus = new ScriptedBus(ADDRESS).nackWrite(OPTIONS)
        expect(await refusal(init(bus))).toMatchObject({ code: 'not-found', device: 'Motoron@0x10' })
        bus.finish()
    })

    it('sends nothing more to a part with another product ID', async () => {
        const bus = new ScriptedBus(ADDRESS)
            .write(...OPTIONS)
            .write(0x87, 0x3c)
            // The M2U256 has the ID beside the M2T256's and no I2C.
            .read([], [0xcf, 0x00, 0x03, 0x01, dividedCrc([0xcf, 0x00, 0x03, 0x01])])
        expect((await refusal(init(bus))).code).toBe('wrong-part')
        bus.finish()
    })

    it('refuses a wrong CRC in the identity, and the 0xAA of a part with nothing to say', async () => {
        const flipped = new ScriptedBus(ADDRESS)
            .write(...OPTIONS)
            .write(0x87, 0x3c)
            .read([], [0xce, 0x00, 0x03, 0x01, 0x62])
        expect((await refusal(init(flipped))).code).toBe('bus')
        flipped.finish()
        const silent = new ScriptedBus(ADDRESS)
            .write(...OPTIONS)
            .write(0x87, 0x3c)
            .read([], [0xaa, 0xaa, 0xaa, 0xaa, 0xaa])
        expect((await refusal(init(silent))).code).toBe('bus')
    })

    it('refuses a number of channels that is not the model’s', async () => {
        const bus = new ScriptedBus(ADDRESS)
            .write(...OPTIONS)
            .write(0x87, 0x3c)
            .read([], IDENTITY_M2T256)
        expect((await refusal(init(bus, { channels: 3 }))).code).toBe('config')
        bus.finish()
    })

    it('reports a command that is not acknowledged in the middle', async () => {
        const bus = identified(new ScriptedBus(ADDRESS))
            .write(0x9c, 0, 5, 25, 0, 0x2a)
            .nackWrite([0x9c, 0, 7, 1, 0, 0x5a])
        expect((await refusal(init(bus))).code).toBe('bus')
        bus.finish()
    })

    it('refuses settings that were not taken', async () => {
        const bus = identified(new ScriptedBus(ADDRESS))
            .write(0x9c, 0, 5, 25, 0, 0x2a)
            .write(0x9c, 0, 7, 1, 0, 0x5a)
            .write(0x9c, 0, 8, 0x00, 0x0c, 0x0c)
            .write(0x9a, 0, 5, 5, 0x06)
            // 375: still the default of 1500 ms.
            .read([], [0x77, 0x01, 1, 0x00, 0x06, dividedCrc([0x77, 0x01, 1, 0x00, 0x06])])
        expect((await refusal(init(bus))).code).toBe('bus')
        bus.finish()
    })

    it('refuses a wrong CRC and a missing reset flag in the last status', async () => {
        const corrupt = configured(identified(new ScriptedBus(ADDRESS))).read([], [0x00, 0x02, 0x58, 0x01, 0x04])
        expect((await refusal(init(corrupt))).code).toBe('bus')
        const rejected = [0x02, 0x02, 0x58, 0x01]
        const crcError = configured(identified(new ScriptedBus(ADDRESS))).read([], [...rejected, dividedCrc(rejected)])
        expect((await refusal(init(crcError))).code).toBe('bus')
        const noReset = [0x00, 0x00, 0x58, 0x01]
        const deaf = configured(identified(new ScriptedBus(ADDRESS))).read([], [...noReset, dividedCrc(noReset)])
        expect((await refusal(init(deaf))).code).toBe('wrong-part')
    })

    it('refuses without a motor supply, and below the one asked for', async () => {
        const dead = [0x10, 0x12, 0x05, 0x00]
        const unplugged = configured(identified(new ScriptedBus(ADDRESS))).read([], [...dead, dividedCrc(dead)])
        expect((await refusal(init(unplugged))).code).toBe('not-ready')
        unplugged.finish()
        expect(
            (await refusal(init(startUp(new ScriptedBus(ADDRESS)), { channels: 2, supplyVoltageMin: 25 }))).code,
        ).toBe('not-ready')
    })

    it.each([
        { channels: 0 },
        { channels: 4 },
        { channels: NaN },
        { channels: 2, commandTimeoutMs: 3 },
        { channels: 2, commandTimeoutMs: 65001 },
        { channels: 2, commandTimeoutMs: 10.5 },
        { channels: 2, maxAccelerationRaw: 6401 },
        { channels: 2, maxDecelerationRaw: -1 },
        { channels: 2, errorResponse: 4 as ErrorResponse },
    ])('refuses %j before it touches the bus', async config => {
        expect((await refusal(init(new ScriptedBus(ADDRESS), config))).code).toBe('config')
    })
})

describe('driving with a Motoron', () => {
    it('enables: speeds to zero at once, faults cleared, and the reset flag last', async () => {
        const { bus, motors } = await started()
        bus.write(0xe2, 0, 0, 0, 0, 0x41).write(0xa6, 0, 0x0e).write(0xa9, 0x7f, 0x07, 0x20)
        expect(motors.enable()).toBe(true)
        bus.finish()
    })

    it('does not clear the reset flag when the speeds may not be zero', async () => {
        const { bus, motors } = await started()
        bus.nackWrite([0xe2, 0, 0, 0, 0, 0x41])
        expect(motors.enable()).toBe(false)
        expect(motors.errors).toBe(1)
        bus.finish()
    })

    it('writes both speeds in one command: 14 bits, low 7 first', async () => {
        const { bus, motors } = await started()
        bus.write(0xe1, 0, 0, 0, 0, 0x34) // 0, 0
            .write(0xe1, 0x20, 0x06, 0x60, 0x79, 0x65) // 800, -800
            .write(0xe1, 0x10, 0x03, 0x70, 0x7c, 0x2c) // 400, -400
        expect(motors.write(0, 0)).toBe(true)
        expect(motors.write(1, -1)).toBe(true)
        expect(motors.write(0.5, -0.5)).toBe(true)
        bus.finish()
        expect(motors.errors).toBe(0)
    })

    it('clamps efforts beyond ±1 and takes NaN as zero', async () => {
        const { bus, motors } = await started()
        bus.write(0xe1, 0x20, 0x06, 0x60, 0x79, 0x65)
            .write(0xe1, 0x20, 0x06, 0x60, 0x79, 0x65)
            .write(0xe1, 0, 0, 0, 0, 0x34)
        motors.write(3, -1.5)
        motors.write(Infinity, -Infinity)
        motors.write(NaN, NaN)
        bus.finish()
    })

    it('sends as many speeds as the model has motors', () => {
        const one = new ScriptedBus(ADDRESS).write(0xe1, 0x10, 0x03, 0x1f).write(0xe2, 0, 0, 0x22)
        const single = new Motoron(one, { channels: 1 })
        single.write(0.5, 1, 1)
        single.stop()
        one.finish()
        const three = new ScriptedBus(ADDRESS)
            .write(0xe1, 0x10, 0x03, 0x70, 0x7c, 0x20, 0x06, 0x5c)
            .write(0xe2, 0, 0, 0, 0, 0, 0, 0x51)
        const triple = new Motoron(three, { channels: 3 })
        triple.write(0.5, -0.5, 1)
        triple.stop()
        three.finish()
    })

    it('writes in the tick what the exported conversion and CRC give', () => {
        const sent: number[][] = []
        const bus = { transfer: (_: number, write?: Buffer) => (sent.push([...write!]), 0) }
        const motors = new Motoron(bus, { channels: 3 })
        for (let i = -1100; i <= 1100; i += 7) motors.write(i / 1000, -i / 999, i / 555)
        sent.forEach((bytes, n) => {
            const i = -1100 + 7 * n
            const speeds = [i / 1000, -i / 999, i / 555].map(speedFromEffort)
            const expected = [0xe1, ...speeds.flatMap(speed => [speed & 0x7f, (speed >> 7) & 0x7f])]
            expect(bytes).toEqual([...expected, dividedCrc(expected)])
        })
        expect(sent).toHaveLength(315)
    })

    it('counts a command that is not acknowledged, and goes on', async () => {
        const { bus, motors } = await started()
        bus.nackWrite([0xe1, 0, 0, 0, 0, 0x34]).write(0xe1, 0, 0, 0, 0, 0x34)
        expect(motors.write(0, 0)).toBe(false)
        expect(motors.errors).toBe(1)
        expect(motors.write(0, 0)).toBe(true)
        expect(motors.errors).toBe(1)
        bus.finish()
    })

    it('coasts and stops at once', async () => {
        const { bus, motors } = await started()
        bus.write(0xa5, 0x3d).write(0xe2, 0, 0, 0, 0, 0x41).nackWrite([0xa5, 0x3d])
        expect(motors.coast()).toBe(true)
        expect(motors.stop()).toBe(true)
        expect(motors.coast()).toBe(false)
        expect(motors.errors).toBe(1)
        bus.finish()
    })
})

describe('the status of a Motoron', () => {
    it.each([
        [0x0001, { commandRejected: true }],
        [0x0002, { commandRejected: true }],
        [0x0004, { timedOut: true }],
        // Not latched: the read itself is a valid command and clears it.
        [0x0400, { timedOut: false }],
        [0x0200, { resetSeen: true }],
        [0x0800, { faulting: true }],
        [0x1000, { noPower: true }],
        [0xe000, { statusFlags: 0xe000 }],
    ])('of flags 0x%x is %j', async (flags, expected) => {
        const { bus, motors } = await started()
        const answer = [flags & 0xff, flags >> 8, 0xff, 0x03]
        bus.write(0x9a, 0, 1, 4, 0x60).read([], [...answer, dividedCrc(answer)])
        expect(motors.readStatus()).toBe(true)
        const none = { commandRejected: false, timedOut: false, resetSeen: false, faulting: false, noPower: false }
        expect(motors).toMatchObject({ ...none, statusFlags: flags, ...expected, valid: true })
        expect(motors.supplyVoltage).toBe(supplyVoltageFromRaw(1023, 3.3, false))
        bus.finish()
    })

    it('is dropped and counted on a wrong CRC, a missing command or a missing answer, and recovers', async () => {
        const { bus, motors } = await started()
        bus.write(0x9a, 0, 1, 4, 0x60).read([], [0x04, 0x02, 0x58, 0x01, 0x05])
        bus.nackWrite([0x9a, 0, 1, 4, 0x60])
        bus.write(0x9a, 0, 1, 4, 0x60).nackRead([], 5)
        bus.write(0x9a, 0, 1, 4, 0x60).read([], [0xaa, 0xaa, 0xaa, 0xaa, 0xaa])
        for (let failures = 1; failures <= 4; failures++) {
            expect(motors.readStatus()).toBe(false)
            expect(motors).toMatchObject({ valid: false, errors: failures, statusFlags: 0x200, timedOut: false })
        }
        bus.write(0x9a, 0, 1, 4, 0x60).read([], [0, 0, 0, 0, 0])
        expect(motors.readStatus()).toBe(true)
        expect(motors).toMatchObject({ valid: true, errors: 4, statusFlags: 0, supplyVoltage: 0 })
        bus.finish()
    })
})
