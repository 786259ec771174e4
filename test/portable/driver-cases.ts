// Runs every driver against a scripted bus and logs what it did, in code that both VMs run: the test that calls this in
// Node and on the DeviceScript VM compares the two logs, number by number. The exact bytes are asserted in test/devices.
import { describe, RetryingI2c } from '../../devices/buses/retrying-i2c'
import { Tca9548a } from '../../devices/buses/tca9548a'
import { As5048b } from '../../devices/encoders/as5048b'
import { As5048bBank } from '../../devices/encoders/as5048b-bank'
import { As5600 } from '../../devices/encoders/as5600'
import { Ls7366rBank } from '../../devices/encoders/ls7366r'
import { Bno055 } from '../../devices/imus/bno055'
import { Icm20948 } from '../../devices/imus/icm20948'
import { Lsm6dsox } from '../../devices/imus/lsm6dsox'
import { MountedAxes, MountedImu } from '../../devices/imus/mounting'
import { Mpu6050 } from '../../devices/imus/mpu6050'
import { Ina219 } from '../../devices/power/ina219'
import { Ina226 } from '../../devices/power/ina226'
import { Motoron, speedFromEffort } from '../../devices/motors/motoron'
import { crc7, crcTable } from '../../devices/motors/motoron-protocol'
import { Pca9685Servos } from '../../devices/motors/pca9685'
import { signed16 } from '../../src/hal/bytes'
import type { Clock } from '../../src/hal/clock'
import { DriverError } from '../../src/hal/driver-error'
import { again, NACK_READ, NACK_WRITE, type I2cBus } from '../../src/hal/i2c-bus'
import type { ChipAxis } from '../../src/hal/mounting'
import type { SpiBus } from '../../src/hal/spi-bus'

export type Log = (name: string, value: number) => void

/** Answers reads with the replies queued for it, in order, and keeps a checksum of all that is written. */
export class QueuedBus implements I2cBus {
    /** Fletcher-like sum over addresses, lengths and bytes, in their order. */
    checksum = 0
    transactions = 0
    /** Result of the transactions to come; negative ones are not acknowledged. */
    result = 0
    /** Last bytes written. */
    sent: number[] = []
    private replies: number[][] = []

    reply(bytes: number[]): void {
        this.replies.push(bytes)
    }

    pending(): number {
        return this.replies.length
    }

    transfer(address: number, write: Buffer | undefined, read: Buffer | undefined): number {
        this.transactions++
        this.add(address)
        this.add(write ? write.length : 0)
        this.add(read ? read.length : 0)
        if (write) {
            this.sent = []
            for (let i = 0; i < write.length; i++) {
                this.sent.push(write[i])
                this.add(write[i])
            }
        }
        if (this.result !== 0) return this.result
        if (read) {
            const bytes = this.replies.shift()
            if (bytes === undefined || bytes.length !== read.length) return NACK_READ
            for (let i = 0; i < bytes.length; i++) read[i] = bytes[i]
        }
        return 0
    }

    private add(value: number): void {
        this.checksum = (this.checksum * 31 + value) % 1000003
    }
}

const CODES = ['not-found', 'wrong-part', 'not-ready', 'bus', 'config']

interface Driver {
    init(clock: Clock): Promise<void>
}

/** Index of the error code with which `init` was refused, -1 when it was not, -2 for an error of another kind. */
export async function outcome(driver: Driver, clock: Clock): Promise<number> {
    try {
        await driver.init(clock)
    } catch (error) {
        return error instanceof DriverError ? CODES.indexOf(error.code) : -2
    }
    return -1
}

export function logBus(log: Log, name: string, bus: QueuedBus): void {
    log(name + ' transactions', bus.transactions)
    log(name + ' bytes', bus.checksum)
    log(name + ' replies left', bus.pending())
}

async function encoderCases(log: Log, clock: Clock): Promise<void> {
    const bus = new QueuedBus()
    const encoder = new As5600(bus, 3)
    const replies = [[0x27], [1, 0x23], [8, 0x4b], [0xff, 0xff], [0xc2, 0xf0], [0x27], [0x40], [0x0f, 0xff]]
    for (const bytes of replies) bus.reply(bytes)
    log('encoder init', await outcome(encoder, clock))
    log('encoder full scale', encoder.angle)
    for (const bytes of [[0, 0], [0x20], [8, 0], [0x7f, 0xff], [0, 1]]) bus.reply(bytes)
    for (let i = 0; i < 4; i++) {
        log('encoder sample', encoder.sample() ? 1 : 0)
        log('encoder raw', encoder.angleRaw)
        log('encoder angle', encoder.angle)
    }
    bus.result = NACK_READ
    log('encoder nack', encoder.sample() ? 1 : 0)
    bus.result = NACK_WRITE
    log('encoder absent', await outcome(encoder, clock))
    log('encoder errors', encoder.errors)
    log('encoder config', await outcome(new As5600(bus, 0), clock))
    logBus(log, 'encoder', bus)
}

async function secondEncoderCases(log: Log, clock: Clock): Promise<void> {
    const bus = new QueuedBus()
    const encoder = new As5048b(bus, 0x41, 3)
    for (const bytes of [
        [0, 0, 0, 0, 0, 0],
        [0x80, 1, 0x40, 0, 0xff, 0x3f],
        [1, 0x40, 0, 0xff, 0x3f],
    ])
        bus.reply(bytes)
    log('as5048 init', await outcome(encoder, clock))
    log('as5048 full scale', encoder.angle)
    const good = [1, 0x40, 1, 0x12, 0x34]
    const overflow = [3, 0x40, 1, 0x12, 0x35]
    const lost = [9, 0x1f, 1, 0x12, 0x35]
    const weak = [9, 0x20, 1, 0x12, 0x35]
    for (const bytes of [good, overflow, lost, weak, [1, 0x40, 1, 0x12, 0x74], good, good, good]) bus.reply(bytes)
    for (let i = 0; i < 8; i++) {
        log('as5048 sample', encoder.sample() ? 1 : 0)
        log('as5048 raw', encoder.angleRaw)
        log('as5048 angle', encoder.angle)
        log('as5048 weak', encoder.magnetTooWeak() ? 1 : 0)
    }
    bus.reply([0, 0, 0, 0, 0x54, 0x49])
    log('as5048 wrong part', await outcome(encoder, clock))
    for (let i = 0; i < 11; i++) bus.reply([0x80, 5, 0x40, 0, 0, 0])
    log('as5048 strong', await outcome(encoder, clock))
    bus.result = NACK_READ
    log('as5048 nack', encoder.sample() ? 1 : 0)
    log('as5048 absent', await outcome(encoder, clock))
    log('as5048 errors', encoder.errors)
    log('as5048 config', await outcome(new As5048b(bus, 0x40, 1), clock))
    logBus(log, 'as5048', bus)
}

/** The same for SPI, and for what selects its chips. */
class QueuedSpi implements SpiBus {
    checksum = 0
    transfers = 0
    /** Transfers to come are refused. */
    refuses = false
    private replies: number[][] = []

    reply(bytes: number[]): void {
        this.replies.push(bytes)
    }

    pending(): number {
        return this.replies.length
    }

    async transfer(write: Buffer, read: Buffer): Promise<void> {
        this.transfers++
        for (let i = 0; i < write.length; i++) this.add(write[i])
        if (this.refuses) throw new RangeError('SPI busy')
        // Without a reply it answers as MISO without a chip does.
        const bytes = this.replies.shift()
        for (let i = 0; i < read.length; i++) read[i] = bytes && i < bytes.length ? bytes[i] : 0xff
    }

    setMode(mode: number): void {
        this.add(mode)
    }

    private add(value: number): void {
        this.checksum = (this.checksum * 31 + value) % 1000003
    }
}

async function counterCases(log: Log, clock: Clock): Promise<void> {
    const spi = new QueuedSpi()
    const bank = new Ls7366rBank(spi, [{ select: spi, countsPerTurn: 1911.04 }])
    log('counter absent', await outcome(bank, clock))
    const nothing: number[] = []
    const count = (b3: number, b2: number, b1: number, b0: number) => spi.reply([0, b3, b2, b1, b0])
    const startUp = () => {
        for (const bytes of [nothing, nothing, [0, 3], [0, 4], nothing, nothing]) spi.reply(bytes)
        count(0x5a, 0xa5, 0xc3, 0x3c)
        for (const bytes of [nothing, nothing]) spi.reply(bytes)
        count(0x20, 0, 0, 0)
        for (const bytes of [nothing, nothing, [0, 8]]) spi.reply(bytes)
    }
    startUp()
    count(0x20, 0, 0, 7)
    log('counter init', await outcome(bank, clock))
    log('counter first', bank.reading[0])
    count(0x20, 0, 2, 0)
    count(0x20, 0, 3, 0x12)
    count(0x1f, 0xff, 0xff, 0xfe)
    count(0, 0, 0, 0)
    count(0xff, 0xff, 0xff, 0xff)
    count(0x1f, 0xff, 0xfc, 0x34)
    count(0xa0, 0, 0, 1)
    for (let i = 0; i < 8; i++) {
        if (i === 5) bank.check()
        await bank.read()
        bank.sample()
        log('counter failed', bank.failed)
        log('counter angle', bank.reading[0])
    }
    bank.sample()
    log('counter stale', bank.failed)
    spi.refuses = true
    await bank.read()
    bank.sample()
    log('counter refused', bank.failed)
    log('counter errors', bank.errors)
    log('counter bus', await outcome(bank, clock))
    log('counter config', await outcome(new Ls7366rBank(spi, [{ select: spi, countsPerTurn: 3 }]), clock))
    log('counter transfers', spi.transfers)
    log('counter bytes', spi.checksum)
    log('counter replies left', spi.pending())
}

async function multiplexerCases(log: Log, clock: Clock): Promise<void> {
    const bus = new QueuedBus()
    const mux = new Tca9548a(bus, 0x71)
    bus.reply([1])
    bus.reply([0])
    log('mux init', await outcome(mux, clock))
    for (const channel of [0, 0, 7, 8, -1, 1.5, 3]) log('mux select', mux.select(channel) ? mux.selected : -1)
    log('mux errors', mux.errors)
    bus.reply([9])
    log('mux wrong part', await outcome(mux, clock))
    logBus(log, 'mux', bus)
}

/** The reply with its CRC appended. */
export function withCrc(bytes: number[]): number[] {
    const buffer = Buffer.alloc(bytes.length)
    for (let i = 0; i < bytes.length; i++) buffer[i] = bytes[i]
    const result = bytes.slice()
    result.push(crc7(buffer, bytes.length))
    return result
}

async function motorCases(log: Log, clock: Clock): Promise<void> {
    const table = crcTable()
    let sum = 0
    for (let i = 0; i < 256; i++) sum += table[i] * (i + 1)
    log('motor crc table', sum)
    const bus = new QueuedBus()
    const motors = new Motoron(bus, { channels: 2, maxAccelerationRaw: 140, maxDecelerationRaw: 300 })
    bus.reply(withCrc([0xce, 0, 3, 1]))
    bus.reply(withCrc([25, 0, 1, 0, 6]))
    bus.reply(withCrc([140, 0, 140, 0, 0x2c, 1, 0x2c, 1]))
    bus.reply(withCrc([140, 0, 140, 0, 0x2c, 1, 0x2c, 1]))
    bus.reply(withCrc([0, 2, 0x58, 1]))
    log('motor init', await outcome(motors, clock))
    log('motor supply', motors.supplyVoltage)
    log('motor enable', motors.enable() ? 1 : 0)
    const efforts = [0, 1, -1, 0.5, -0.5, 0.00062, -0.00062, 2, -2, 1 / 3, -1 / 3, NaN, Infinity, -Infinity]
    for (const effort of efforts) {
        log('motor write', motors.write(effort, -effort) ? 1 : 0)
        for (const byte of bus.sent) log('motor byte', byte)
        log('motor speed', speedFromEffort(effort))
    }
    bus.reply(withCrc([0x04, 0x1a, 0xff, 3]))
    bus.reply([0xaa, 0xaa, 0xaa, 0xaa, 0xaa])
    for (let i = 0; i < 2; i++) {
        log('motor status', motors.readStatus() ? 1 : 0)
        log('motor flags', motors.statusFlags)
        log('motor timed out', motors.timedOut ? 1 : 0)
        log('motor no power', motors.noPower ? 1 : 0)
        log('motor supply', motors.supplyVoltage)
    }
    log('motor coast', motors.coast() ? 1 : 0)
    bus.result = NACK_WRITE
    log('motor stop', motors.stop() ? 1 : 0)
    log('motor absent', await outcome(motors, clock))
    log('motor errors', motors.errors)
    log('motor config', await outcome(new Motoron(bus, { channels: 4 }), clock))
    logBus(log, 'motor', bus)
}

async function inertialCases(log: Log, clock: Clock): Promise<void> {
    const bus = new QueuedBus()
    const imu = new Lsm6dsox(bus, { frozenLimit: 3 })
    const frame = [0x01, 0x00, 0xff, 0xff, 0x00, 0x80, 0xff, 0x7f, 0x00, 0x00, 0x05, 0x20]
    for (const bytes of [[0x6c], [4], [0x58, 0x58, 0x44], [3], frame]) bus.reply(bytes)
    log('imu init', await outcome(imu, clock))
    const other = [0x80, 0x00, 0x00, 0xff, 0x34, 0x12, 0x01, 0x80, 0xfe, 0xff, 0x00, 0x40]
    for (const bytes of [frame, frame, other, frame]) bus.reply(bytes)
    for (let i = 0; i < 4; i++) {
        log('imu sample', imu.sample() ? 1 : 0)
        for (let axis = 0; axis < 3; axis++) {
            log('imu rate', imu.raw(axis) * imu.angularVelocityPerCount)
            log('imu acceleration', imu.raw(axis + 3) * imu.accelerationPerCount)
        }
    }
    log('imu errors', imu.errors)
    bus.reply([0x69])
    log('imu wrong part', await outcome(imu, clock))
    log('imu config', await outcome(new Lsm6dsox(bus, { dataRateHz: 100 }), clock))
    logBus(log, 'imu', bus)
}

async function secondInertialCases(log: Log, clock: Clock): Promise<void> {
    const bus = new QueuedBus()
    const imu = new Mpu6050(bus, { frozenLimit: 3, address: 0x69 })
    const frame = [0x00, 0x01, 0xff, 0xff, 0x20, 0x00, 0xfd, 0xf7, 0x80, 0x00, 0x7f, 0xff, 0x01, 0x48]
    for (const bytes of [[0x68], [0x40], [4, 3, 0x10, 8], [1], [1], frame]) bus.reply(bytes)
    log('mpu init', await outcome(imu, clock))
    const other = [0x80, 0x00, 0x00, 0xff, 0x34, 0x12, 0x01, 0x80, 0xfe, 0xff, 0x00, 0x40, 0x00, 0x81]
    const zeros = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    for (const bytes of [frame, frame, frame, other, zeros, frame]) bus.reply(bytes)
    for (let i = 0; i < 6; i++) {
        log('mpu sample', imu.sample() ? 1 : 0)
        for (let axis = 0; axis < 3; axis++) {
            log('mpu rate', imu.raw(axis) * imu.angularVelocityPerCount)
            log('mpu acceleration', imu.raw(axis + 3) * imu.accelerationPerCount)
        }
    }
    log('mpu errors', imu.errors)
    bus.reply([0x70])
    log('mpu wrong part', await outcome(imu, clock))
    log('mpu divider', await outcome(new Mpu6050(bus, { sampleDivider: 2.5 }), clock))
    log('mpu bandwidth', await outcome(new Mpu6050(bus, { bandwidthHz: 100 }), clock))
    logBus(log, 'mpu', bus)
}

async function bankCases(log: Log, clock: Clock): Promise<void> {
    const bus = new QueuedBus()
    const bank = new As5048bBank(bus, [{}, { address: 0x42 }], undefined, 3)
    const good = [1, 0x40, 1, 0x12, 0x34]
    const other = [1, 0x40, 0, 0xff, 0x3f]
    for (const bytes of [[0x80, 1, 0x40, 0, 0, 0], good, [0x80, 1, 0x40, 0, 0, 0], other]) bus.reply(bytes)
    log('bank init', await outcome(bank, clock))
    const weak = [9, 0x20, 1, 0x12, 0x35]
    const lost = [9, 0x1f, 1, 0x12, 0x35]
    for (const bytes of [good, weak, other, other, lost, other, good, [1, 0x40, 0x40, 0, 0]]) bus.reply(bytes)
    for (let i = 0; i < 5; i++) {
        bank.sample()
        log('bank failed', bank.failed)
        log('bank first', bank.reading[0])
        log('bank second', bank.reading[1])
    }
    log('bank errors', bank.errors)
    log('bank config', await outcome(new As5048bBank(bus, [{}, {}]), clock))
    logBus(log, 'bank', bus)
}

function retryCases(log: Log): void {
    let fails = 0
    let now = 0
    let reports = 0
    const transfer = () => {
        fails--
        return fails >= 0 ? NACK_WRITE : 0
    }
    const clock = { millis: () => now, sleep: async () => {} }
    const bus = new RetryingI2c({ transfer }, clock, [0x10, 0x36], 2, line => {
        reports += line.length
    })
    for (let i = 0; i < 40; i++) {
        now += 7
        fails = i % 5
        const address = i % 3 === 0 ? 0x36 : i % 7 === 0 ? 0x44 : 0x10
        if (bus.transfer(address, undefined, undefined) !== 0) log('retry', again(bus, address, undefined, undefined))
    }
    for (const faults of bus.faults) {
        log('retry failed', faults.failed)
        log('retry saved', faults.saved)
        log('retry lost', faults.lost)
        log('retry text', describe(faults).length)
    }
    log('retry stuck', bus.stuck)
    log('retry reports', reports)
}

async function nineAxisCases(log: Log, clock: Clock): Promise<void> {
    const bus = new QueuedBus()
    const imu = new Icm20948(bus, { frozenLimit: 3 })
    const frame = [0x00, 0x01, 0xff, 0xff, 0x20, 0x00, 0x80, 0x00, 0x7f, 0xff, 0x01, 0x48]
    const field = [1, 0x01, 0x80, 0xff, 0xff, 0xf0, 0x7f, 0, 0]
    const startUp = [[0xea], [0x41], [4, 0x1d], [0, 4], [0x1b], [1], [1], [1], [2], [9], [8], field, frame]
    for (const bytes of startUp) bus.reply(bytes)
    log('icm init', await outcome(imu, clock))
    const other = [0x80, 0x00, 0x00, 0xff, 0x34, 0x12, 0x01, 0x80, 0xfe, 0xff, 0x00, 0x40]
    const zeros = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    for (const bytes of [frame, frame, frame, other, zeros, frame]) bus.reply(bytes)
    for (let i = 0; i < 6; i++) {
        log('icm sample', imu.sample() ? 1 : 0)
        for (let axis = 0; axis < 3; axis++) {
            log('icm rate', imu.raw(axis) * imu.angularVelocityPerCount)
            log('icm acceleration', imu.raw(axis + 3) * imu.accelerationPerCount)
            log('icm field', imu.field[axis])
        }
    }
    for (const bytes of [
        [0, 5, 0, 5, 0, 5, 0, 0, 0],
        [1, 5, 0, 5, 0, 5, 0, 0, 8],
        [3, 5, 0, 5, 0, 5, 0, 0, 0],
    ]) {
        bus.reply(bytes)
        log('icm new field', imu.sampleField() ? 1 : 0)
        log('icm field', imu.field[2])
    }
    log('icm field errors', imu.fieldErrors)
    log('icm errors', imu.errors)
    bus.reply([0x68])
    log('icm wrong part', await outcome(imu, clock))
    log('icm bandwidth', await outcome(new Icm20948(bus, { bandwidthHz: 42 }), clock))
    logBus(log, 'icm', bus)
}

async function fusionCases(log: Log, clock: Clock): Promise<void> {
    const bus = new QueuedBus()
    const mounting = { x: 'y' as ChipAxis, y: '-x' as ChipAxis, z: 'z' as ChipAxis }
    const imu = new Bno055(bus, { frozenLimit: 3, mounting })
    const sample = [1, 0, 0xff, 0xff, 0xd5, 3, 0x40, 1, 0xff, 0xff, 16, 0, 0, 0x80, 0xff, 0x7f, 0x84, 3]
    const upright = [0, 0x40, 0, 0, 0, 0, 0, 0]
    const startUp = [[0xa0, 0xfb, 0x32, 0x0f], [0xa0], [0x0f], [0], [0x86], [0x21, 2], [0x18], [5], sample, upright]
    for (const bytes of startUp) bus.reply(bytes)
    log('bno init', await outcome(imu, clock))
    const changed = sample.slice()
    changed[12] = 3
    const zeros = sample.map(() => 0)
    for (const bytes of [sample, sample, sample, changed, zeros]) bus.reply(bytes)
    for (let i = 0; i < 5; i++) {
        log('bno sample', imu.sample() ? 1 : 0)
        for (let axis = 0; axis < 3; axis++) {
            log('bno rate', imu.raw(axis) * imu.angularVelocityPerCount)
            log('bno acceleration', imu.raw(axis + 3) * imu.accelerationPerCount)
            log('bno field', imu.field(axis))
        }
    }
    for (const bytes of [[0x41, 0x2d, 0, 0, 0, 0, 0xbf, 0xd2], zeros.slice(0, 8), [0, 0x40, 0, 0x20, 0, 0, 0, 0]]) {
        bus.reply(bytes)
        log('bno orientation', imu.sampleOrientation() ? 1 : 0)
        for (const part of imu.orientation) log('bno quaternion', part)
    }
    bus.reply([0x9c])
    for (const trust of imu.calibration()) log('bno calibration', trust)
    bus.reply([0xa0, 0xfb, 0x32, 0x0e])
    log('bno wrong part', await outcome(imu, clock))
    log('bno offsets', await outcome(new Bno055(bus, { offsets: [1] }), clock))
    log('bno mirrored', await outcome(new Bno055(bus, { mounting: { x: 'y', y: 'x', z: 'z' } }), clock))
    logBus(log, 'bno', bus)
}

async function mountingCases(log: Log, clock: Clock): Promise<void> {
    const axes: ChipAxis[] = ['x', 'y', 'z', '-x', '-y', '-z']
    const frame = Buffer.alloc(12)
    const sensor = { frame, angularVelocityPerCount: 0.0011, accelerationPerCount: 0.013, sample: () => true }
    const counts = [1, -2, -32768, 32767, 5, -600]
    for (let axis = 0; axis < 6; axis++) frame.setAt(2 * axis, 'i16', counts[axis])
    for (const x of axes) {
        for (const y of axes) {
            // A fiber that never waits is taken for an endless loop.
            await clock.sleep(1)
            for (const z of axes) {
                let sum = -1
                try {
                    const mounted = new MountedAxes({ x, y, z })
                    sum = 0
                    for (let i = 0; i < 3; i++) sum = sum * 10 + mounted.source[i] * 3 + mounted.sign[i]
                    const imu = new MountedImu(sensor, { x, y, z }, [0.01, -0.02, 0.5], [0.3, 0, 1])
                    imu.sample()
                    for (let axis = 0; axis < 6; axis++) log('mounted', imu.frame.getAt(2 * axis, 'i16'))
                } catch (error) {
                    log('not mounted', error instanceof DriverError ? CODES.indexOf(error.code) : -2)
                }
                log('mounting', sum)
            }
        }
    }
}

async function powerCases(log: Log, clock: Clock): Promise<void> {
    const bus = new QueuedBus()
    const sensor = new Ina226(bus, 0.01)
    for (const bytes of [
        [0x54, 0x49],
        [0x22, 0x60],
        [0x40, 0xa7],
    ])
        bus.reply(bytes)
    log('power init', await outcome(sensor, clock))
    for (const bytes of [
        [0xff, 0x9c],
        [0x25, 0x80],
        [0x7f, 0xff],
        [0x80, 0x01],
    ])
        bus.reply(bytes)
    for (let i = 0; i < 2; i++) {
        log('power sample', sensor.sample() ? 1 : 0)
        log('power current', sensor.currentRaw * sensor.amperePerCount)
        log('power voltage', sensor.supplyRaw * sensor.voltPerCount)
    }
    log('power lowest', signed16(0x80, 0))
    const other = new Ina219(bus, 0.1, 0x41)
    for (const bytes of [
        [0x39, 0x9f],
        [0x39, 0xcf],
        [0x5d, 0x98],
        [0x5d, 0x9a],
        [0xff, 0x38],
    ])
        bus.reply(bytes)
    log('power other init', await outcome(other, clock))
    for (let i = 0; i < 2; i++) {
        log('power other sample', other.sample() ? 1 : 0)
        log('power other current', other.currentRaw * other.amperePerCount)
        log('power other voltage', other.supplyRaw * other.voltPerCount)
    }
    log('power other errors', other.errors)
    bus.result = NACK_WRITE
    log('power nack', sensor.sample() ? 1 : 0)
    log('power absent', await outcome(sensor, clock))
    logBus(log, 'power', bus)
}

async function servoCases(log: Log, clock: Clock): Promise<void> {
    const bus = new QueuedBus()
    const ends = { positionLow: -0.7, positionHigh: 0.9, pulseLow: 0.6e-3, pulseHigh: 2.3e-3 }
    const servos = new Pca9685Servos(bus, {
        servos: [
            { channel: 7, ...ends },
            { channel: 4, ...ends, pulseLow: 2.1e-3, pulseHigh: 0.9e-3 },
        ],
        oscillator: 25.7e6,
    })
    for (const bytes of [[0x11], [0xe2], [0xe4], [0xe8], [0xe0], [0x20, 0x04], [125]]) bus.reply(bytes)
    log('servo init', await outcome(servos, clock))
    log('servo frequency', servos.frequency)
    for (const position of [NaN, 0, 1 / 3, -0.7, 0.9, 2, -2, Infinity, -Infinity, NaN]) {
        log('servo write', servos.write([position, -position]) ? 1 : 0)
        for (const byte of bus.sent) log('servo byte', byte)
    }
    log('servo release', servos.release() ? 1 : 0)
    bus.reply([0x11, 0x04])
    log('servo check', servos.check() ? 1 : 0)
    bus.result = NACK_WRITE
    log('servo nack', servos.write([0, 0]) ? 1 : 0)
    log('servo absent', await outcome(servos, clock))
    log('servo errors', servos.errors)
    log('servo config', await outcome(new Pca9685Servos(bus, { servos: [] }), clock))
    logBus(log, 'servo', bus)
}

/** Runs all drivers; `log` gets every result under a name, in an order that never changes. */
export async function driverCases(log: Log, clock: Clock): Promise<void> {
    await encoderCases(log, clock)
    await secondEncoderCases(log, clock)
    await counterCases(log, clock)
    await bankCases(log, clock)
    retryCases(log)
    await multiplexerCases(log, clock)
    await motorCases(log, clock)
    await inertialCases(log, clock)
    await secondInertialCases(log, clock)
    await nineAxisCases(log, clock)
    await fusionCases(log, clock)
    await mountingCases(log, clock)
    await powerCases(log, clock)
    await servoCases(log, clock)
}
