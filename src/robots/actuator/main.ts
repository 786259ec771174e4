import { As5600 } from '../../../devices/encoders/as5600'
import { ErrorResponse, Motoron } from '../../../devices/motors/motoron'
import { Ina226 } from '../../../devices/power/ina226'
import { clock, i2c } from '../../firmware/board'
import { runRobot } from '../../firmware/run-robot'
import { SingleEncoder } from './single-encoder'
import { actuator } from './robot'

// Wiring: everything on one I2C bus, the INA226's shunt in the Motoron's VIN.
const motors = new Motoron(i2c, {
    channels: 1,
    commandTimeoutMs: actuator.commandTimeoutMs,
    latchTimeout: true,
    errorResponse: ErrorResponse.BRAKE_NOW,
})
const chip = new As5600(i2c)
const power = new Ina226(i2c, actuator.power.shunt)

async function start() {
    await motors.init(clock)
    await chip.init(clock)
    await power.init()
}

async function main() {
    await runRobot(actuator, { encoders: new SingleEncoder(chip), motors, power, start })
}
main.start()
