import { Lsm6dsox } from '../../sim/chips/lsm6dsox'
import { MotionTap } from '../../sim/faults/body-parts'
import { parametersFromDatasheet, POLOLU_37D_50 } from '../../sim/plants/dc-gear-motor'
import { DifferentialRover, SMALL_ROVER } from '../../sim/plants/differential-rover'
import type { BodyContext, RobotBody } from '../../sim/robot-body'
import { behindMultiplexer, WheelPair } from '../../sim/wheel-pair'
import { LEFT_CHANNEL, RIGHT_CHANNEL } from './channels'

/** V */
const SUPPLY = 12
/** Of the LSM6DSOX with SA0 at ground. */
const IMU_ADDRESS = 0x6a
/** With the wheels in the air nothing couples them, and they turn nothing but themselves. */
const ON_A_STAND = { ...SMALL_ROVER, mass: 1e-9, yawInertia: 1e-9 }
const AT_REST = { specificForce: new Float64Array([0, 0, 9.80665]), angularVelocity: new Float64Array(3) }

/** The rover's body: wired as in `main.ts`. */
export function makeBody(context: BodyContext): RobotBody {
    const { time, bus, random, warn, options = {} } = context
    const wheels = new WheelPair(context, {
        motor: parametersFromDatasheet(POLOLU_37D_50),
        supplyVolts: SUPPLY,
        encoders: behindMultiplexer(LEFT_CHANNEL, RIGHT_CHANNEL),
    })
    const rover = new DifferentialRover(wheels.left, wheels.right, options.lifted ? ON_A_STAND : SMALL_ROVER)
    const motion = new MotionTap(() => (options.lifted ? AT_REST : rover.motion()))
    const imu = new Lsm6dsox({ now: () => time.now, motion: () => motion.read(), random: random.fork('imu'), warn })
    bus.attach(IMU_ADDRESS, imu)

    const body: RobotBody = {
        advanceTo: to => {
            rover.advanceTo(to)
            time.now = to
        },
        onStep: undefined,
        writeState: target => rover.writeState(target),
        pose: () => (options.lifted ? { x: 0, y: 0, heading: 0 } : { x: rover.x, y: rover.y, heading: rover.heading }),
        ...wheels.answers(),
        parts: {
            ...wheels.parts,
            chips: { ...wheels.parts.chips, imu: { segment: bus, address: IMU_ADDRESS, device: imu } },
            contacts: { estop: { pin: 'ESTOP', open: false } },
            imus: { imu: { chip: 'imu', motion } },
        },
    }
    rover.beforeStep = at => {
        time.now = at
        wheels.drive()
    }
    rover.afterStep = at => {
        time.now = at
        imu.advance()
        body.onStep?.()
    }
    return body
}
