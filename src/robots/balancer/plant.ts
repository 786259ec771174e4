import { Lsm6dsox } from '../../sim/chips/lsm6dsox'
import { MotionTap } from '../../sim/faults/body-parts'
import { BalancingRobot } from '../../sim/plants/balancing-robot'
import { parametersFromDatasheet, POLOLU_37D_30 } from '../../sim/plants/dc-gear-motor'
import type { BodyContext, RobotBody } from '../../sim/robot-body'
import { behindMultiplexer, WheelPair } from '../../sim/wheel-pair'
import { LEFT_CHANNEL, RIGHT_CHANNEL } from './channels'

/** V */
const SUPPLY = 12
/** Of the LSM6DSOX with SA0 at ground. */
const IMU_ADDRESS = 0x6a
/** Play of the gears at the output, rad: two thirds of a degree. */
const BACKLASH = 0.012
/** How a hand holds it: leaning, rad, and unsteady by so much, rad, so often, Hz. */
const HELD_PITCH = 0.02
const TREMOR = 0.004
const TREMOR_HZ = 1.3
/** A robot whose motors have been off for so long, s, has been picked up again. */
const PICKED_UP = 3

/**
 * The balancer's body: wired as in `main.ts`. A hand holds it upright until its motors
 * drive, and again some seconds after they have stopped.
 */
export function makeBody(context: BodyContext): RobotBody {
    const { time, bus, random, warn } = context
    const wheels = new WheelPair(context, {
        motor: parametersFromDatasheet({ ...POLOLU_37D_30, backlash: BACKLASH }),
        supplyVolts: SUPPLY,
        encoders: behindMultiplexer(LEFT_CHANNEL, RIGHT_CHANNEL),
    })
    const { left, right } = wheels
    const robot = new BalancingRobot(left, right)
    const motion = new MotionTap(() => robot.motion())
    const imu = new Lsm6dsox({ now: () => time.now, motion: () => motion.read(), random: random.fork('imu'), warn })
    bus.attach(IMU_ADDRESS, imu)

    const body: RobotBody = {
        advanceTo: to => {
            robot.advanceTo(to)
            time.now = to
        },
        onStep: undefined,
        writeState: target => robot.writeState(target),
        pose: () => ({ x: robot.x, y: robot.y, heading: robot.heading }),
        ...wheels.answers(),
        tilt: () => robot.pitch,
        push: impulse => robot.push(impulse),
        parts: {
            ...wheels.parts,
            chips: { ...wheels.parts.chips, imu: { segment: bus, address: IMU_ADDRESS, device: imu } },
            imus: { imu: { chip: 'imu', motion } },
        },
    }
    const hand = { pitch: HELD_PITCH, rate: 0 }
    robot.hand = hand
    let drivenAt = -Infinity
    robot.beforeStep = at => {
        time.now = at
        wheels.drive()
        if (left.drive !== 0 || right.drive !== 0) drivenAt = at
        if (drivenAt === at) robot.hand = undefined
        else if (at - drivenAt > PICKED_UP) robot.hand = hand
        const phase = 2 * Math.PI * TREMOR_HZ * at
        hand.pitch = HELD_PITCH + TREMOR * Math.sin(phase)
        hand.rate = TREMOR * 2 * Math.PI * TREMOR_HZ * Math.cos(phase)
    }
    robot.afterStep = at => {
        time.now = at
        imu.advance()
        body.onStep?.()
    }
    return body
}
