import { As5600 } from '../../sim/chips/as5600'
import { Lsm6dsox } from '../../sim/chips/lsm6dsox'
import { Motoron } from '../../sim/chips/motoron'
import { Tca9548a } from '../../sim/chips/tca9548a'
import { MotionTap, ValueTap } from '../../sim/faults/body-parts'
import { BalancingRobot } from '../../sim/plants/balancing-robot'
import { DcGearMotor, parametersFromDatasheet, POLOLU_37D_30 } from '../../sim/plants/dc-gear-motor'
import { drawMotor } from '../../sim/plants/motor-draw'
import type { BodyContext, RobotBody } from '../../sim/robot-body'

/** V */
const SUPPLY = 12
/** Play of the gears at the output, rad: two thirds of a degree. */
const BACKLASH = 0.012
/** How a hand holds it: leaning, rad, and unsteady by so much, rad, so often, Hz. */
const HELD_PITCH = 0.02
const TREMOR = 0.004
const TREMOR_HZ = 1.3
/** A robot whose motors have been off for so long, s, has been picked up again. */
const PICKED_UP = 3

/**
 * The balancer's body: wired as in `main.ts`, so each right-hand part is mirrored. A hand holds it upright until its motors
 * drive, and again some seconds after they have stopped.
 */
export function makeBody({ time, bus, random, warn, options = {} }: BodyContext): RobotBody {
    const now = () => time.now
    let supply = SUPPLY
    const type = parametersFromDatasheet({ ...POLOLU_37D_30, backlash: BACKLASH })
    const motor = (name: string) => new DcGearMotor(options.draw ? drawMotor(type, random.fork(name)) : type)
    const left = motor('left motor')
    const right = motor('right motor')
    const robot = new BalancingRobot(left, right)

    const motors = new Motoron({ now, supply: () => supply, random: random.fork('motoron'), warn })
    const mux = new Tca9548a()
    const magnets = { left_wheel: new ValueTap(() => left.angle), right_wheel: new ValueTap(() => -right.angle) }
    const encoder = (name: string, magnet: ValueTap) =>
        new As5600({ now, angle: () => magnet.read(), random: random.fork(name), warn })
    const leftEncoder = encoder('left encoder', magnets.left_wheel)
    const rightEncoder = encoder('right encoder', magnets.right_wheel)
    const motion = new MotionTap(() => robot.motion())
    const imu = new Lsm6dsox({ now, motion: () => motion.read(), random: random.fork('imu'), warn })
    bus.attach(Motoron.ADDRESS, motors)
    bus.attachRouter(0x70, mux)
    mux.channel(0).attach(As5600.ADDRESS, leftEncoder)
    mux.channel(1).attach(As5600.ADDRESS, rightEncoder)
    bus.attach(0x6a, imu)

    const body: RobotBody = {
        advanceTo: to => {
            robot.advanceTo(to)
            time.now = to
        },
        onStep: undefined,
        writeState: target => robot.writeState(target),
        pose: () => ({ x: robot.x, y: robot.y, heading: robot.heading }),
        outputs: () => [motors.output(1).drive, motors.output(2).drive],
        velocities: () => [left.velocity, right.velocity],
        angles: () => [left.angle, right.angle],
        tilt: () => robot.pitch,
        push: impulse => robot.push(impulse),
        setSupply: volts => (supply = volts),
        parts: {
            chips: {
                motoron: { segment: bus, address: Motoron.ADDRESS, device: motors },
                multiplexer: { segment: bus, address: 0x70, device: mux },
                left_encoder: { segment: mux.channel(0), address: As5600.ADDRESS, device: leftEncoder },
                right_encoder: { segment: mux.channel(1), address: As5600.ADDRESS, device: rightEncoder },
                imu: { segment: bus, address: 0x6a, device: imu },
            },
            encoders: magnets,
            motors: { left_wheel: left, right_wheel: right },
            supplyVolts: SUPPLY,
            imus: { imu: { chip: 'imu', motion } },
        },
    }
    const hand = { pitch: HELD_PITCH, rate: 0 }
    robot.hand = hand
    let drivenAt = -Infinity
    robot.beforeStep = at => {
        time.now = at
        drive(left, motors, 1, 1)
        drive(right, motors, 2, -1)
        left.supplyVoltage = right.supplyVoltage = supply
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

function drive(motor: DcGearMotor, controller: Motoron, channel: number, direction: number): void {
    const output = controller.output(channel)
    motor.drive = output.drive * direction
    motor.braking = output.braking
}
