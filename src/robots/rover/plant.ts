import { As5600 } from '../../sim/chips/as5600'
import { Lsm6dsox } from '../../sim/chips/lsm6dsox'
import { Motoron } from '../../sim/chips/motoron'
import { Tca9548a } from '../../sim/chips/tca9548a'
import { MotionTap, ValueTap } from '../../sim/faults/body-parts'
import { DcGearMotor, parametersFromDatasheet, POLOLU_37D_50 } from '../../sim/plants/dc-gear-motor'
import { DifferentialRover, SMALL_ROVER } from '../../sim/plants/differential-rover'
import { drawMotor } from '../../sim/plants/motor-draw'
import type { BodyContext, RobotBody } from '../../sim/robot-body'

/** V */
const SUPPLY = 12
/** With the wheels in the air nothing couples them, and they turn nothing but themselves. */
const ON_A_STAND = { ...SMALL_ROVER, mass: 1e-9, yawInertia: 1e-9 }
const AT_REST = { specificForce: new Float64Array([0, 0, 9.80665]), angularVelocity: new Float64Array(3) }

/** The rover's body: wired as in `main.ts`, so each right-hand part is mirrored. */
export function makeBody({ time, bus, random, warn, options = {} }: BodyContext): RobotBody {
    const now = () => time.now
    let supply = SUPPLY
    const type = parametersFromDatasheet(POLOLU_37D_50)
    const motor = (name: string) => new DcGearMotor(options.draw ? drawMotor(type, random.fork(name)) : type)
    const left = motor('left motor')
    const right = motor('right motor')
    const rover = new DifferentialRover(left, right, options.lifted ? ON_A_STAND : SMALL_ROVER)

    const motors = new Motoron({ now, supply: () => supply, random: random.fork('motoron'), warn })
    const mux = new Tca9548a()
    const magnets = { left_wheel: new ValueTap(() => left.angle), right_wheel: new ValueTap(() => -right.angle) }
    const encoder = (name: string, magnet: ValueTap) =>
        new As5600({ now, angle: () => magnet.read(), random: random.fork(name), warn })
    const leftEncoder = encoder('left encoder', magnets.left_wheel)
    const rightEncoder = encoder('right encoder', magnets.right_wheel)
    const motion = new MotionTap(() => (options.lifted ? AT_REST : rover.motion()))
    const imu = new Lsm6dsox({ now, motion: () => motion.read(), random: random.fork('imu'), warn })
    bus.attach(Motoron.ADDRESS, motors)
    bus.attachRouter(0x70, mux)
    mux.channel(0).attach(As5600.ADDRESS, leftEncoder)
    mux.channel(1).attach(As5600.ADDRESS, rightEncoder)
    bus.attach(0x6a, imu)

    const body: RobotBody = {
        advanceTo: to => {
            rover.advanceTo(to)
            time.now = to
        },
        onStep: undefined,
        writeState: target => rover.writeState(target),
        pose: () => (options.lifted ? { x: 0, y: 0, heading: 0 } : { x: rover.x, y: rover.y, heading: rover.heading }),
        outputs: () => [motors.output(1).drive, motors.output(2).drive],
        velocities: () => [left.velocity, right.velocity],
        angles: () => [left.angle, right.angle],
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
            contacts: { estop: { pin: 'ESTOP', open: false } },
            supplyVolts: SUPPLY,
            imus: { imu: { chip: 'imu', motion } },
        },
    }
    rover.beforeStep = at => {
        time.now = at
        drive(left, motors, 1, 1)
        drive(right, motors, 2, -1)
        left.supplyVoltage = right.supplyVoltage = supply
    }
    rover.afterStep = at => {
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
