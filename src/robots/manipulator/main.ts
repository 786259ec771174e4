import { Tca9548a } from '../../../devices/buses/tca9548a'
import { As5600Bank } from '../../../devices/encoders/as5600-bank'
import { Pca9685Servos } from '../../../devices/motors/pca9685'
import { Ina219 } from '../../../devices/power/ina219'
import { clock, i2c } from '../../firmware/board'
import { runRobot } from '../../firmware/run-robot'
import { BASE_CHANNEL, ELBOW_CHANNEL, MUX_ADDRESS, POWER_ADDRESS, SHOULDER_CHANNEL } from './channels'
import { manipulator, SERVO_SPEED } from './robot'
import { ServoJoints } from './servo-joints'

/** The servos' ends: 80 degrees to either side, by 400 µs for 40 degrees around 1.5 ms (`sim/plants/hobby-servo.ts` says what is known of them). */
const POSITION_HIGH = 1.4
const PULSE_SHORT = 0.698e-3
const PULSE_LONG = 2.302e-3
const ends = { positionLow: -POSITION_HIGH, positionHigh: POSITION_HIGH }

const servos = new Pca9685Servos(i2c, {
    servos: [
        { channel: BASE_CHANNEL, ...ends, pulseLow: PULSE_SHORT, pulseHigh: PULSE_LONG },
        { channel: SHOULDER_CHANNEL, ...ends, pulseLow: PULSE_SHORT, pulseHigh: PULSE_LONG },
        { channel: ELBOW_CHANNEL, ...ends, pulseLow: PULSE_LONG, pulseHigh: PULSE_SHORT },
    ],
})
const encoders = new As5600Bank(i2c, new Tca9548a(i2c, MUX_ADDRESS), [BASE_CHANNEL, SHOULDER_CHANNEL, ELBOW_CHANNEL])
const power = new Ina219(i2c, manipulator.power.shunt, POWER_ADDRESS)
const joints = manipulator.joints
const motors = new ServoJoints(servos, encoders, power, {
    joints: [joints[0].encoder, joints[1].encoder, joints[2].encoder],
    fullSpeed: SERVO_SPEED,
    lag: 0.07,
    reach: 0.4,
    leastSpeed: 0.1,
    // One servo stalled takes 2.5 A, an arm that moves its load below 1.5 A. A reading each 240 ms.
    currentLimit: 3,
    currentReadings: 2,
    period: manipulator.tickPeriodMs / 1000,
})

async function start() {
    await motors.init(clock)
    await encoders.init(clock)
    await power.init()
}

async function main() {
    await runRobot(manipulator, { encoders, motors, power, parameters: table => motors.addParameters(table), start })
}
main.start()
