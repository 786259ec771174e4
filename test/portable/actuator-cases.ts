import { Drv8830Motors } from '../../devices/motors/drv8830'
import { amperePerCount, limitFromCurrent, MotoronCurrent } from '../../devices/motors/motoron-current'
import { Pca9685Bridges } from '../../devices/motors/pca9685-bridges'
import { Pca9685Escs } from '../../devices/motors/pca9685-escs'
import type { Clock } from '../../src/hal/clock'
import { NACK_READ, NACK_WRITE } from '../../src/hal/i2c-bus'
import { type Log, logBus, outcome, QueuedBus, withCrc } from './driver-cases'

// Further motor drivers, on scripted answers, with results that must be the same on both VMs.

const EFFORTS = [0, 1, -1, 0.5, -0.5, 1 / 3, -1 / 3, 0.0001, 0.999999, 2, -2, NaN, Infinity, -Infinity]
const PCA9685_IDENTITY = [[0x11], [0xe2], [0xe4], [0xe8], [0xe0]]

/** Remembers its levels as digits. */
class FakePin {
    levels = 1

    write(level: number): void {
        this.levels = this.levels * 2 + level
    }
}

async function currentCases(log: Log, clock: Clock): Promise<void> {
    const bus = new QueuedBus()
    const sensor = new MotoronCurrent(bus, { voltsPerAmpere: 20e-3, limit: 7.3 })
    log('current scale', amperePerCount(3.3, 10e-3))
    log('current limit', limitFromCurrent(11.7, 13, 4.9, 20e-3))
    const driver = {
        init: async () => sensor.init(),
    }
    for (const bytes of [
        [0xcd, 0, 3, 1],
        [60, 0],
        [16, 25],
        [60, 0],
        [16, 25],
    ])
        bus.reply(withCrc(bytes))
    log('current init', await outcome(driver, clock))
    for (const bytes of [
        [0x90, 0x01, 10, 0],
        [0x70, 0xfe, 0x34, 0x12],
        [0x00, 0x00, 0xff, 0xff],
    ])
        bus.reply(withCrc(bytes))
    for (let i = 0; i < 4; i++) {
        log('current read', sensor.read(i & 1) ? 1 : 0)
        log('current', sensor.current[i & 1])
    }
    log('current errors', sensor.errors)
    bus.reply(withCrc([0xce, 0, 3, 1]))
    log('current other model', await outcome(driver, clock))
    bus.reply(withCrc([0x00, 0x40]))
    for (let i = 0; i < 31 * 3 + 2; i++) bus.reply(withCrc(i % 3 === 2 ? [0x00, 0x40] : [17 + (i % 2), 0]))
    log('current calibration', await outcome({ init: async clock => await sensor.calibrate(clock) }, clock))
    log('current offset', sensor.offsetRaw[0])
    logBus(log, 'current', bus)
}

async function bridgeCases(log: Log, clock: Clock): Promise<void> {
    const bus = new QueuedBus()
    const pin = new FakePin()
    const motors = new Pca9685Bridges(bus, {
        bridges: [
            { in1: 3, in2: 5 },
            { in1: 2, in2: 4 },
        ],
        outputEnable: pin,
        frequency: 1317,
    })
    for (const bytes of PCA9685_IDENTITY) bus.reply(bytes)
    bus.reply([0x20, 0x04])
    bus.reply([4])
    log('bridge init', await outcome(motors, clock))
    log('bridge frequency', motors.frequency)
    for (const effort of EFFORTS) {
        log('bridge write', motors.write(effort, -effort) ? 1 : 0)
        for (const byte of bus.sent) log('bridge byte', byte)
    }
    log('bridge enable', motors.enable() ? 1 : 0)
    bus.reply([0x20, 0x04])
    bus.reply([0x10, 0x04])
    for (let i = 0; i < 3; i++) {
        log('bridge status', motors.readStatus() ? 1 : 0)
        log('bridge reset', motors.resetSeen ? 1 : 0)
    }
    bus.result = NACK_WRITE
    log('bridge stop', motors.stop() ? 1 : 0)
    log('bridge pin', pin.levels)
    log('bridge errors', motors.errors)
    log('bridge absent', await outcome(motors, clock))
    log('bridge config', await outcome(new Pca9685Bridges(bus, { bridges: [], outputEnable: undefined }), clock))
    logBus(log, 'bridge', bus)
}

async function escCases(log: Log, clock: Clock): Promise<void> {
    const bus = new QueuedBus()
    const pin = new FakePin()
    const motors = new Pca9685Escs(bus, {
        escs: [
            { channel: 9, pulseStop: 1.08e-3, pulseFull: 1.93e-3 },
            { channel: 7, pulseStop: 1.5e-3, pulseFull: 1.9e-3, pulseReverse: 1.1e-3 },
        ],
        outputEnable: pin,
        oscillator: 25.4e6,
        armingMs: 300,
    })
    log('esc early', motors.write(1, 1) ? 1 : 0)
    for (const bytes of PCA9685_IDENTITY) bus.reply(bytes)
    bus.reply([0x20, 0x04])
    bus.reply([123])
    bus.reply([0x20, 0x04])
    log('esc init', await outcome(motors, clock))
    log('esc armed', motors.armed ? 1 : 0)
    for (const effort of EFFORTS) {
        log('esc write', motors.write(effort, effort) ? 1 : 0)
        for (const byte of bus.sent) log('esc byte', byte)
    }
    bus.reply([0x30, 0x04])
    log('esc status', motors.readStatus() ? 1 : 0)
    log('esc disarmed', motors.write(1, 1) ? 1 : 0)
    log('esc pin', pin.levels)
    log('esc errors', motors.errors)
    bus.result = NACK_READ
    log('esc absent', await outcome(motors, clock))
    logBus(log, 'esc', bus)
}

async function voltageCases(log: Log, clock: Clock): Promise<void> {
    const bus = new QueuedBus()
    const motors = new Drv8830Motors(bus, {
        motors: [
            { address: 0x60, voltageMax: 4.7 },
            { address: 0x64, voltageMax: 3 },
        ],
    })
    for (const bytes of [[0], [24], [0], [24], [0], [0]]) bus.reply(bytes)
    log('voltage init', await outcome(motors, clock))
    for (const effort of EFFORTS) {
        log('voltage write', motors.write(effort, -effort) ? 1 : 0)
        for (const byte of bus.sent) log('voltage byte', byte)
    }
    log('voltage enable', motors.enable() ? 1 : 0)
    for (const bytes of [[3, 0], [3, 0x11], [3, 5], [0, 0], [3]]) bus.reply(bytes)
    for (let i = 0; i < 3; i++) {
        log('voltage status', motors.readStatus() ? 1 : 0)
        log('voltage faulting', motors.faulting ? 1 : 0)
        log('voltage power', motors.noPower ? 1 : 0)
        log('voltage reset', motors.resetSeen ? 1 : 0)
    }
    log('voltage coast', motors.coast() ? 1 : 0)
    log('voltage errors', motors.errors)
    bus.result = NACK_WRITE
    log('voltage absent', await outcome(motors, clock))
    log('voltage config', await outcome(new Drv8830Motors(bus, { motors: [] }), clock))
    logBus(log, 'voltage', bus)
}

/** Runs them all, as `driverCases`. */
export async function actuatorCases(log: Log, clock: Clock): Promise<void> {
    await currentCases(log, clock)
    await bridgeCases(log, clock)
    await escCases(log, clock)
    await voltageCases(log, clock)
}
