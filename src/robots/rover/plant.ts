import { As5600 } from '../../sim/chips/as5600'
import { Lsm6dsox } from '../../sim/chips/lsm6dsox'
import { Motoron } from '../../sim/chips/motoron'
import { Tca9548a } from '../../sim/chips/tca9548a'
import { DcGearMotor } from '../../sim/plants/dc-gear-motor'
import { DifferentialRover } from '../../sim/plants/differential-rover'
import type { BodyContext, RobotBody } from '../../sim/robot-body'

/** The rover's body: wired as in `main.ts`, so each right-hand part is mirrored. */
export function makeBody({ time, bus, random, warn }: BodyContext): RobotBody {
    const now = () => time.now
    let supply = 12
    const left = new DcGearMotor()
    const right = new DcGearMotor()
    const rover = new DifferentialRover(left, right)

    const motors = new Motoron({ now, supply: () => supply, random: random.fork('motoron'), warn })
    const mux = new Tca9548a()
    const encoder = (name: string, angle: () => number) => new As5600({ now, angle, random: random.fork(name), warn })
    const imu = new Lsm6dsox({ now, motion: () => rover.motion(), random: random.fork('imu'), warn })
    bus.attach(Motoron.ADDRESS, motors)
    bus.attachRouter(0x70, mux)
    mux.channel(0).attach(
        As5600.ADDRESS,
        encoder('left encoder', () => left.angle),
    )
    mux.channel(1).attach(
        As5600.ADDRESS,
        encoder('right encoder', () => -right.angle),
    )
    bus.attach(0x6a, imu)

    const body: RobotBody = {
        advanceTo: to => {
            rover.advanceTo(to)
            time.now = to
        },
        onStep: undefined,
        writeState: target => rover.writeState(target),
        pose: () => ({ x: rover.x, y: rover.y, heading: rover.heading }),
        outputs: () => [motors.output(1).drive, motors.output(2).drive],
        velocities: () => [left.velocity, right.velocity],
        setSupply: volts => (supply = volts),
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
