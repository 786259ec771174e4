import { Tca9548a } from '../../../devices/buses/tca9548a'
import { As5600Bank } from '../../../devices/encoders/as5600-bank'
import { Lsm6dsox } from '../../../devices/imus/lsm6dsox'
import { ErrorResponse, Motoron } from '../../../devices/motors/motoron'
import { clock, i2c } from '../../firmware/board'
import { runRobot } from '../../firmware/run-robot'
import { Balance } from '../../onboard/balance'
import { LEFT_CHANNEL, RIGHT_CHANNEL } from './channels'
import { balancer } from './robot'

/** The joints, in the order of the robot's data. */
const LEFT = 0
const RIGHT = 1

const motors = new Motoron(i2c, {
    channels: 2,
    // The Motoron stops the wheels by itself when the board goes silent for this long, and keeps them stopped.
    commandTimeoutMs: balancer.commandTimeoutMs,
    latchTimeout: true,
    errorResponse: ErrorResponse.BRAKE_NOW,
})
const encoders = new As5600Bank(i2c, new Tca9548a(i2c), [LEFT_CHANNEL, RIGHT_CHANNEL])
const imu = new Lsm6dsox(i2c, {
    dataRateHz: balancer.imu.outputDataRate,
    accelerationRangeG: balancer.imu.accelerationRange,
    angularRateRangeDegPerSec: balancer.imu.angularVelocityRange,
    // It samples four times a tick: a frame that is there twice is a sensor that stopped.
    frozenLimit: 2,
})
const balance = new Balance(
    balancer.balance,
    imu,
    LEFT,
    RIGHT,
    balancer.joints[0].effortLimit,
    balancer.tickPeriodMs / 1000,
)

async function start() {
    await motors.init(clock)
    await encoders.init(clock)
    await imu.init(clock)
}

async function main() {
    await runRobot(balancer, { encoders, imu, motors, balance, start })
}
main.start()
