import { expect, test } from 'vitest'
import { Tca9548a } from '../../devices/buses/tca9548a'
import { AS5600_ADDRESS, Register } from '../../devices/encoders/as5600'
import { As5600Bank } from '../../devices/encoders/as5600-bank'
import { As5600 as SimulatedAs5600 } from '../../src/sim/chips/as5600'
import { Tca9548a as SimulatedTca9548a } from '../../src/sim/chips/tca9548a'
import { SimulatedI2cBus } from '../../src/sim/i2c/simulated-i2c-bus'
import { Random } from '../../src/sim/random'
import { JumpingClock } from './scripted-bus'

async function startBank(angles: readonly number[]) {
    const bus = new SimulatedI2cBus({ frequency: 400_000, now: () => 1 })
    const mux = new SimulatedTca9548a()
    bus.attachRouter(0x70, mux)
    angles.forEach((angle, i) =>
        mux
            .channel(i)
            .attach(AS5600_ADDRESS, new SimulatedAs5600({ now: () => 1, angle: () => angle, random: new Random(1) })),
    )
    const bank = new As5600Bank(bus, new Tca9548a(bus), [0, 1])
    await bank.init(new JumpingClock())
    return { bus, bank, expected: angles.map(angle => expect.closeTo(angle, 2)) }
}

test('a multiplexer that does not acknowledge while an encoder is checked moves no other encoder to another register', async () => {
    const { bus, bank, expected } = await startBank([1, 2])
    bank.sample()
    bank.sample()
    // Encoder 1 was read last: it would answer in place of encoder 0.
    bus.fault = address => (address === 0x70 ? 'nack' : undefined)
    bank.check()
    bus.fault = undefined
    for (let k = 0; k < 5; k++) {
        bank.sample()
        expect(bank).toMatchObject({ failed: 0, errors: 0, reading: expected })
    }
})

test('angles are right again after somebody else read registers of the encoders', async () => {
    const { bus, bank, expected } = await startBank([1, 2])
    bank.sample()
    bank.sample()
    expect(bank.reading).toEqual(expected)

    bus.transfer(AS5600_ADDRESS, Buffer.from([Register.CONF]), Buffer.alloc(1))
    bank.forget()
    bank.sample()
    expect(bank).toMatchObject({ failed: 0, errors: 0, reading: expected })
    bank.sample()
    expect(bank).toMatchObject({ failed: 0, errors: 0, reading: expected })
})
