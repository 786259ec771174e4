import { As5048b } from '../../sim/chips/as5048b'
import { Bno055 } from '../../sim/chips/bno055'
import { As5600 } from '../../sim/chips/as5600'
import { Icm20948 } from '../../sim/chips/icm20948'
import { Ina219 } from '../../sim/chips/ina219'
import { Ina226 } from '../../sim/chips/ina226'
import { Lsm6dsox } from '../../sim/chips/lsm6dsox'
import { Motoron } from '../../sim/chips/motoron'
import { Mpu6050 } from '../../sim/chips/mpu6050'
import { Pca9685 } from '../../sim/chips/pca9685'
import { Tca9548a } from '../../sim/chips/tca9548a'
import type { SimulatedI2cBus } from '../../sim/i2c/simulated-i2c-bus'
import { Random } from '../../sim/random'

/** Channels of the multiplexer that have an encoder: one for the driver of a single one, two for the bank. */
const ENCODER_CHANNELS = [0, 1, 2]

/** One of every chip that has a driver, at the addresses that `firmware.ts` uses. */
export function attachChips(bus: SimulatedI2cBus, now: () => number): void {
    const random = new Random(1)
    const angle = () => 1
    const motion = () => ({ specificForce: [0, 0, 9.81], angularVelocity: [0, 0, 0.5] })
    const line = { current: () => 0.5, voltage: () => 12, now }
    bus.attach(Motoron.ADDRESS, new Motoron({ now, supply: () => 12 }))
    bus.attach(Pca9685.ADDRESS, new Pca9685({ now }))
    const multiplexer = new Tca9548a()
    bus.attachRouter(0x70, multiplexer)
    for (const channel of ENCODER_CHANNELS) {
        multiplexer.channel(channel).attach(As5600.ADDRESS, new As5600({ now, angle }))
    }
    bus.attach(0x43, new As5048b({ now, angle, random: random.fork('as5048b'), address: 0x43 }))
    for (const address of [0x41, 0x42]) {
        bus.attach(address, new As5048b({ now, angle, random: random.fork(`as5048b ${address}`), address }))
    }
    new Icm20948({ now, motion, random: random.fork('icm20948'), address: 0x69 }).attachTo(bus, 0x69)
    bus.attach(0x28, new Bno055({ now, motion, random: random.fork('bno055') }))
    bus.attach(0x6a, new Lsm6dsox({ now, motion, random: random.fork('lsm6dsox') }))
    bus.attach(0x68, new Mpu6050({ now, motion, random: random.fork('mpu6050') }))
    bus.attach(0x44, new Ina219({ ...line, shunt: 0.1 }))
    bus.attach(0x45, new Ina226({ ...line, shunt: 0.01 }))
}
