import { Ls7366rBank, LS7366R_SPI_MODE } from '../../../devices/encoders/ls7366r'
import { ErrorResponse, Motoron } from '../../../devices/motors/motoron'
import { clock, i2c } from '../../firmware/board'
import { runRobot } from '../../firmware/run-robot'
import { boardSpi, chipSelect } from '../../firmware/spi'
import { SamplingClock } from '../../onboard/sampling-clock'
import { COUNTS_PER_TURN, MAX_STEP, LEFT_SELECT, RIGHT_SELECT } from './counters'
import { courier } from './robot'

const motors = new Motoron(i2c, {
    channels: 2,
    // The Motoron stops the wheels by itself when the board goes silent for this long, and keeps them stopped.
    commandTimeoutMs: courier.commandTimeoutMs,
    latchTimeout: true,
    errorResponse: ErrorResponse.BRAKE_NOW,
})
// A wheel's place means nothing: after a fault, for which the robot has stopped by then, its counter may count anew.
const resumeAfterMs = 5 * courier.sensorTimeoutMs
const encoders = new Ls7366rBank(boardSpi(LS7366R_SPI_MODE, courier.spi.frequency), [
    { select: chipSelect(LEFT_SELECT), countsPerTurn: COUNTS_PER_TURN, maxStep: MAX_STEP, resumeAfterMs },
    { select: chipSelect(RIGHT_SELECT), countsPerTurn: COUNTS_PER_TURN, maxStep: MAX_STEP, resumeAfterMs },
])

async function start() {
    await motors.init(clock)
    await encoders.init(clock)
}

async function main() {
    await runRobot(courier, { encoders, motors, clock: new SamplingClock(clock, encoders), start })
}
main.start()
