// A panel of everything: tendon's drivers as ordinary Jacdac services, in any DeviceScript program, with DeviceScript's own driver
// for the display. Jacdac's tools show each of them, and other devices on the bus can use them.
//
// Wiring: all on one I2C bus. A Motoron M2 with two motors, a servo at output 0 of a PCA9685, an LSM6DSOX, an AS5600 at a shaft, an
// INA219 (A0 at VS: 0x41) with 0.1 Ω in the supply, an SSD1306 display of 128 by 64.
import { SSD1306Driver } from '@devicescript/drivers'
import { startAs5600 } from '../../src/firmware/servers/encoders'
import { startLsm6dsox } from '../../src/firmware/servers/inertial'
import { startMotoron } from '../../src/firmware/servers/motors'
import { startIna219 } from '../../src/firmware/servers/power'
import { startPca9685Servos } from '../../src/firmware/servers/servos'

const DISPLAY_MS = 500

async function main() {
    await startMotoron({ channels: 2 })
    await startPca9685Servos({
        servos: [{ channel: 0, positionLow: -1.2, positionHigh: 1.2, pulseLow: 0.9e-3, pulseHigh: 2.1e-3 }],
    })
    await startLsm6dsox()
    const encoder = await startAs5600()
    const { voltage } = await startIna219({ shunt: 0.1, address: 0x41 })

    const display = new SSD1306Driver({ devAddr: 0x3c, width: 128, height: 64 })
    await display.init()
    // Clients: what follows would look the same if the sensors were on another board of the bus.
    let counts = 0
    let volts = 0
    encoder.reading.subscribe(async value => {
        counts = value
    })
    voltage.reading.subscribe(async value => {
        volts = value
    })
    setInterval(async () => {
        display.image.fill(0)
        display.image.print(`shaft  ${counts}`, 4, 8)
        display.image.print(`supply ${Math.round(volts * 100) / 100} V`, 4, 24)
        await display.show()
    }, DISPLAY_MS)
}
main.start()
