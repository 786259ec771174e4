import { As5048b } from '../../sim/chips/as5048b'
import { As5600 } from '../../sim/chips/as5600'
import { Bno055 } from '../../sim/chips/bno055'
import { Drv8830 } from '../../sim/chips/drv8830'
import { Icm20948 } from '../../sim/chips/icm20948'
import { Ina219 } from '../../sim/chips/ina219'
import { Ina226 } from '../../sim/chips/ina226'
import { Ls7366r } from '../../sim/chips/ls7366r'
import { Lsm6dsox } from '../../sim/chips/lsm6dsox'
import { Motoron } from '../../sim/chips/motoron'
import { Mpu6050 } from '../../sim/chips/mpu6050'
import { Pca9685 } from '../../sim/chips/pca9685'
import { Tca9548a } from '../../sim/chips/tca9548a'
import type { SimulatedI2cBus } from '../../sim/i2c/simulated-i2c-bus'
import { Random } from '../../sim/random'
import type { SimulatedSpiBus } from '../../sim/spi/simulated-spi-bus'

/** Channels of the multiplexer that have an encoder: one for the driver of a single one, two for the bank. */
const ENCODER_CHANNELS = [0, 1, 2]

/** GPIO numbers that select the counters. */
const COUNTER_SELECTS = [13, 14]

/** One of every chip that has a driver, at the addresses that `firmware.ts` uses. */
export function attachChips(bus: SimulatedI2cBus, spi: SimulatedSpiBus, now: () => number): void {
    const random = new Random(1)
    const angle = () => 1
    const motion = () => ({ specificForce: [now(), 2, 9.81], angularVelocity: [Math.sin(50 * now()), now(), 0.5] })
    const line = { current: () => 0.5, voltage: () => 12, now }
    const currentSense = { current: () => 1, voltsPerAmpere: 20e-3 }
    // An M2H18v18: all that a Motoron can do.
    bus.attach(Motoron.ADDRESS, new Motoron({ now, supply: () => 12, productId: 0xcd, currentSense }))
    // Servos, H-bridges, speed controllers.
    for (const address of [0x40, 0x41, 0x42]) bus.attach(address, new Pca9685({ now, address }))
    for (const address of [0x60, 0x61]) bus.attach(address, new Drv8830({ now, supply: () => 6, address }))
    const multiplexer = new Tca9548a()
    bus.attachRouter(0x70, multiplexer)
    for (const channel of ENCODER_CHANNELS) {
        multiplexer.channel(channel).attach(As5600.ADDRESS, new As5600({ now, angle }))
    }
    for (const address of [0x43, 0x46]) {
        bus.attach(address, new As5048b({ now, angle, random: random.fork(`as5048b ${address}`), address }))
    }
    bus.attach(0x6a, new Lsm6dsox({ now, motion, random: random.fork('lsm6dsox') }))
    bus.attach(0x68, new Mpu6050({ now, motion, random: random.fork('mpu6050') }))
    bus.attach(0x44, new Ina219({ ...line, shunt: 0.1 }))
    bus.attach(0x45, new Ina226({ ...line, shunt: 0.01 }))
    const field = () => [20e-6, 0, -40e-6]
    const nineAxes = new Icm20948({ now, motion, field, random: random.fork('icm20948'), address: 0x69 })
    nineAxes.attachTo(bus, 0x69)
    bus.attach(0x28, new Bno055({ now, motion, field, random: random.fork('bno055') }))
    for (const gpio of COUNTER_SELECTS) spi.attach(gpio, new Ls7366r({ quarters: () => 100 * now() }))
}
