import { describe, expect, test } from 'vitest'
import { busFindings } from '../../src/doctor/bus-findings'
import { type Probe, scanBus } from '../../src/doctor/bus-scan'
import { probeBus } from '../../src/onboard/bus-probe'
import { decodeProbe, encodeProbe } from '../../src/protocol/bus-probe'
import { Bno055 } from '../../src/sim/chips/bno055'
import { Icm20948 } from '../../src/sim/chips/icm20948'
import { Ina226 } from '../../src/sim/chips/ina226'
import { Lsm6dsox } from '../../src/sim/chips/lsm6dsox'
import { Mpu6050 } from '../../src/sim/chips/mpu6050'
import type { I2cDevice } from '../../src/sim/i2c/i2c-device'
import { SimulatedI2cBus } from '../../src/sim/i2c/simulated-i2c-bus'

const now = () => 1
const motion = () => ({ specificForce: [0, 0, 9.80665], angularVelocity: [0, 0, 0] })
/** The parts that have identity registers, with an address of theirs. */
const PARTS: Record<string, { address: number; make: () => I2cDevice }> = {
    LSM6DSOX: { address: 0x6b, make: () => new Lsm6dsox({ now, motion }) },
    'MPU-6050': { address: 0x69, make: () => new Mpu6050({ now, motion }) },
    'ICM-20948': { address: 0x69, make: () => new Icm20948({ now, motion }) },
    BNO055: { address: 0x28, make: () => new Bno055({ now, motion }) },
    INA226: { address: 0x41, make: () => new Ina226({ now, current: () => 0, voltage: () => 12, shunt: 0.01 }) },
}

/** A bus with these parts, as the robot's firmware looks at it. */
function probeOf(devices: Record<number, I2cDevice>): Probe {
    const bus = new SimulatedI2cBus({ frequency: 400_000, now })
    for (const [address, device] of Object.entries(devices)) bus.attach(Number(address), device)
    return async (looks, behind) => decodeProbe(probeBus(bus, encodeProbe(looks, behind)), looks)
}
const wiringOf = (part: string, address: number) => ({ parts: [{ name: 'it', part, address, terminals: [] }] })

describe.each(Object.keys(PARTS))('a simulated %s', name => {
    const { address, make } = PARTS[name]

    test('is recognised where the wiring has it', async () => {
        const wiring = wiringOf(name, address)
        const scan = await scanBus(probeOf({ [address]: make() }), wiring)
        expect(scan?.found).toEqual([expect.objectContaining({ address, identified: name, wired: 'it' })])
        expect(busFindings(scan!, wiring, 'SDA and SCL')).toEqual([])
    })

    test('is recognised where nobody expects it', async () => {
        const scan = await scanBus(probeOf({ [address]: make() }), wiringOf('Motoron', 0x10))
        expect(scan?.found).toEqual([expect.objectContaining({ address, identified: name })])
    })

    test.each(Object.keys(PARTS).filter(other => other !== name))('is not taken for a %s', async other => {
        const wiring = wiringOf(other, address)
        const scan = await scanBus(probeOf({ [address]: make() }), wiring)
        expect(busFindings(scan!, wiring, 'SDA and SCL').map(({ code }) => code)).toEqual(['part-wrong'])
    })
})
