// Measures what drivers cost on the board, on the simulator's VM: runs each operation between two marks. The host side,
// `measure.ts`, takes the time from mark to mark. Nothing stands between them but the operation and a check that it
// succeeded, because an operation that fails may be cheap. Compiled flat, as a robot's firmware is.
import * as ds from '@devicescript/core'
import { configureHardware } from '@devicescript/servers'
import { Tca9548a } from '../../../devices/buses/tca9548a'
import { As5048b } from '../../../devices/encoders/as5048b'
import { As5048bBank } from '../../../devices/encoders/as5048b-bank'
import { As5600 } from '../../../devices/encoders/as5600'
import { As5600Bank } from '../../../devices/encoders/as5600-bank'
import { Ls7366rBank, LS7366R_MAX_FREQUENCY, LS7366R_SPI_MODE } from '../../../devices/encoders/ls7366r'
import { Bno055 } from '../../../devices/imus/bno055'
import { Icm20948 } from '../../../devices/imus/icm20948'
import { Lsm6dsox } from '../../../devices/imus/lsm6dsox'
import { Mpu6050 } from '../../../devices/imus/mpu6050'
import { Drv8830Motors } from '../../../devices/motors/drv8830'
import { NativeEncoders } from '../../../devices/encoders/native-encoders'
import { Motoron } from '../../../devices/motors/motoron'
import { MotoronCurrent } from '../../../devices/motors/motoron-current'
import { NativeMotors } from '../../../devices/motors/native-motors'
import { NativeServos } from '../../../devices/motors/native-servos'
import { Pca9685Servos } from '../../../devices/motors/pca9685'
import { Pca9685Bridges } from '../../../devices/motors/pca9685-bridges'
import { Pca9685Escs } from '../../../devices/motors/pca9685-escs'
import { Ina219 } from '../../../devices/power/ina219'
import { Ina226 } from '../../../devices/power/ina226'
import { clock, i2c } from '../../firmware/board'
import { EncoderService, MotorService, ServoService } from '../../firmware/native'
import { chipSelect, openSpi } from '../../firmware/spi'

// The counters' select pins.
configureHardware({ pins: { D13: 13, D14: 14 } })

/** Gets the name of the operation that follows. No chip has it (UM10204, table 4: reserved for High-speed mode). */
const MARK_ADDRESS = 0x07
/** After this, ms, a sensor has a sample that is not the one of `init`: looking whether it has stopped is not the usual case. */
const NEW_SAMPLE_MS = 20

/** In the host's table of addresses, `measure.ts`, too. */
const motors = new Motoron(i2c, { channels: 2, commandTimeoutMs: 1000 })
const current = new MotoronCurrent(i2c, { voltsPerAmpere: 20e-3 })
const ends = { positionLow: -0.7, positionHigh: 0.7, pulseLow: 1e-3, pulseHigh: 2e-3 }
const servos = new Pca9685Servos(i2c, {
    servos: [
        { channel: 0, ...ends },
        { channel: 1, ...ends },
        { channel: 2, ...ends },
    ],
})
const bridges = new Pca9685Bridges(i2c, {
    bridges: [
        { in1: 0, in2: 1 },
        { in1: 2, in2: 3 },
    ],
    outputEnable: undefined,
    address: 0x41,
})
const escs = new Pca9685Escs(i2c, {
    escs: [
        { channel: 0, pulseStop: 1e-3, pulseFull: 2e-3 },
        { channel: 1, pulseStop: 1e-3, pulseFull: 2e-3 },
    ],
    outputEnable: undefined,
    address: 0x42,
    armingMs: 100,
})
const voltages = new Drv8830Motors(i2c, {
    motors: [
        { address: 0x60, voltageMax: 5 },
        { address: 0x61, voltageMax: 5 },
    ],
})
const multiplexer = new Tca9548a(i2c)
const encoder = new As5600(i2c)
const encoders = new As5600Bank(i2c, multiplexer, [1, 2])
const fine = new As5048b(i2c, 0x43)
const fineEncoders = new As5048bBank(i2c, [{ address: 0x43 }, { address: 0x46 }])
const imu = new Lsm6dsox(i2c)
const secondImu = new Mpu6050(i2c)
const nineAxes = new Icm20948(i2c, { address: 0x69 })
const fusion = new Bno055(i2c)
const counters = new Ls7366rBank(openSpi({ miso: 16, mosi: 19, sck: 18 }, LS7366R_SPI_MODE, LS7366R_MAX_FREQUENCY), [
    { select: chipSelect('D13'), countsPerTurn: 1200 },
    { select: chipSelect('D14'), countsPerTurn: 1200 },
])
// The runtime here has no such services; what a tick does with them is the same without.
const nativeMotors = new NativeMotors(
    [new MotorService(new ds.Motor('left')), new MotorService(new ds.Motor('right'))],
    { updateMs: 40, commandTimeoutMs: 100 },
)
const nativeServos = new NativeServos(
    [new ServoService(new ds.Servo('a')), new ServoService(new ds.Servo('b')), new ServoService(new ds.Servo('c'))],
    { updateMs: 60, ends: [ends, ends, ends] },
)
const shafts = [
    new EncoderService(new ds.RotaryEncoder('left shaft')),
    new EncoderService(new ds.RotaryEncoder('right shaft')),
]
const nativeEncoders = new NativeEncoders(shafts, [48, 48])
const power = new Ina219(i2c, 0.1, 0x44)
const finePower = new Ina226(i2c, 0.01, 0x45)

/** Ends the operation before, and begins the one of this name. */
async function mark(name: string) {
    i2c.transfer(MARK_ADDRESS, Buffer.from(name), undefined)
    await ds.sleep(2)
}

function failed(): void {
    throw new Error('an operation that is measured failed')
}

async function measureMotors() {
    await motors.init(clock)
    motors.enable()
    await mark('Motoron write')
    if (!motors.write(0.5, -0.5)) failed()
    await mark('Motoron readStatus')
    if (!motors.readStatus()) failed()
    await mark('')
    current.init()
    await mark('MotoronCurrent read')
    if (!current.read(0)) failed()
    await mark('')
    await servos.init(clock)
    const positions = [0.1, -0.2, 0.3]
    await mark('Pca9685Servos write')
    if (!servos.write(positions)) failed()
    await mark('Pca9685Servos check')
    if (!servos.check()) failed()
    await mark('')
}

async function measureOtherMotors() {
    await bridges.init(clock)
    await mark('Pca9685Bridges write')
    if (!bridges.write(0.5, -0.5)) failed()
    await mark('Pca9685Bridges readStatus')
    if (!bridges.readStatus()) failed()
    await mark('')
    await escs.init(clock)
    await mark('Pca9685Escs write')
    if (!escs.write(0.5, 0.5)) failed()
    await mark('Pca9685Escs readStatus')
    if (!escs.readStatus()) failed()
    await mark('')
    await voltages.init(clock)
    await mark('Drv8830Motors write')
    if (!voltages.write(0.5, -0.5)) failed()
    await mark('Drv8830Motors readStatus')
    if (!voltages.readStatus()) failed()
    await mark('')
}

async function measureNative() {
    for (const shaft of shafts) {
        shaft.count = 100
        shaft.reports++
    }
    const positions = [0.1, -0.2, 0.3]
    await mark('NativeMotors write')
    if (!nativeMotors.write(0.5, -0.5, 0)) failed()
    await mark('NativeServos write')
    if (!nativeServos.write(positions)) failed()
    await mark('NativeEncoders sample')
    nativeEncoders.sample()
    await mark('')
    if (nativeEncoders.failed !== 0) failed()
}

async function measureEncoders() {
    await encoders.init(clock)
    // The first one sets the pointers, too.
    encoders.sample()
    await mark('As5600Bank sample')
    encoders.sample()
    await mark('As5600Bank check')
    encoders.check()
    await mark('')
    if (encoders.failed !== 0) failed()
    await mark('Tca9548a select')
    if (!multiplexer.select(0)) failed()
    await mark('')
    await encoder.init(clock)
    await mark('As5600 sample')
    if (!encoder.sample()) failed()
    await mark('')
    await fine.init(clock)
    await mark('As5048b sample')
    if (!fine.sample()) failed()
    await mark('')
    await fineEncoders.init(clock)
    await mark('As5048bBank sample')
    fineEncoders.sample()
    await mark('')
    if (fineEncoders.failed !== 0) failed()
    await counters.init(clock)
    await counters.read()
    await mark('Ls7366rBank sample')
    counters.sample()
    await mark('')
    if (counters.failed !== 0) failed()
}

async function measureImus() {
    await imu.init(clock)
    await ds.sleep(NEW_SAMPLE_MS)
    await mark('Lsm6dsox sample')
    if (!imu.sample()) failed()
    await mark('')
    await secondImu.init(clock)
    await ds.sleep(NEW_SAMPLE_MS)
    await mark('Mpu6050 sample')
    if (!secondImu.sample()) failed()
    await mark('')
    await nineAxes.init(clock)
    await ds.sleep(NEW_SAMPLE_MS)
    await mark('Icm20948 sample')
    if (!nineAxes.sample()) failed()
    await mark('Icm20948 sampleField')
    if (!nineAxes.sampleField()) failed()
    await mark('')
    await fusion.init(clock)
    await ds.sleep(NEW_SAMPLE_MS)
    await mark('Bno055 sample')
    if (!fusion.sample()) failed()
    await mark('Bno055 sampleOrientation')
    if (!fusion.sampleOrientation()) failed()
    await mark('')
}

async function measurePower() {
    await power.init()
    await finePower.init()
    await ds.sleep(5)
    await mark('Ina219 sample')
    if (!power.sample()) failed()
    await mark('Ina226 sample')
    if (!finePower.sample()) failed()
    await mark('')
}

async function main() {
    await ds.sleep(1)
    // What marking itself costs.
    await mark('nothing')
    await mark('')
    await measureMotors()
    await measureOtherMotors()
    await measureNative()
    await measureEncoders()
    await measureImus()
    await measurePower()
    await mark('end')
}
main.start()
