import { Tca9548a } from '../../../devices/buses/tca9548a'
import { As5600Bank } from '../../../devices/encoders/as5600-bank'
import { Lsm6dsox } from '../../../devices/imus/lsm6dsox'
import { ErrorResponse, Motoron } from '../../../devices/motors/motoron'
import { configureHardware } from '@devicescript/servers'
import { clock, i2c } from '../../firmware/board'
import { digitalInput } from '../../firmware/digital-input'
import { runRobot } from '../../firmware/run-robot'
import { LEFT_CHANNEL, RIGHT_CHANNEL } from './channels'
import { rover } from './robot'

// The emergency stop's contact, to ground. The number is that of `rover.estopInput`: the compiler wants it written out here.
configureHardware({ pins: { D14: 14 } })

const motors = new Motoron(i2c, {
    channels: 2,
    // The Motoron stops the wheels by itself when the board goes silent for this long, and keeps them stopped.
    commandTimeoutMs: rover.commandTimeoutMs,
    latchTimeout: true,
    errorResponse: ErrorResponse.BRAKE_NOW,
})
const encoders = new As5600Bank(i2c, new Tca9548a(i2c), [LEFT_CHANNEL, RIGHT_CHANNEL])
const imu = new Lsm6dsox(i2c, {
    dataRateHz: rover.imu.outputDataRate,
    accelerationRangeG: rover.imu.accelerationRange,
    angularRateRangeDegPerSec: rover.imu.angularVelocityRange,
})

async function start() {
    await motors.init(clock)
    await encoders.init(clock)
    await imu.init(clock)
}

async function main() {
    await runRobot(rover, {
        encoders,
        imu,
        motors,
        estopInput: digitalInput('D14'),
        start,
    })
}
main.start()
