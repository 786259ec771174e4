/** `plant.ts` of a new robot. Its supply, motors and mechanics are the rover's. */
export const plantText = (name: string) => `import { As5600 } from '../../sim/chips/as5600'
import { Motoron } from '../../sim/chips/motoron'
import { Tca9548a } from '../../sim/chips/tca9548a'
import { ValueTap } from '../../sim/faults/body-parts'
import { DcGearMotor, parametersFromDatasheet, POLOLU_37D_50 } from '../../sim/plants/dc-gear-motor'
import { DifferentialRover, SMALL_ROVER } from '../../sim/plants/differential-rover'
import { drawMotor } from '../../sim/plants/motor-draw'
import type { BodyContext, RobotBody } from '../../sim/robot-body'
import { LEFT_CHANNEL, RIGHT_CHANNEL } from './channels'

/** V */
const SUPPLY = 12
const MUX_ADDRESS = 0x70
/** Mass, inertia, wheels: state your robot's own. */
const MECHANICS = SMALL_ROVER
/** With the wheels in the air nothing couples them, and they turn nothing but themselves. */
const ON_A_STAND = { ...MECHANICS, mass: 1e-9, yawInertia: 1e-9 }

/** The body of ${name}: wired as in \`main.ts\`, so each right-hand part is mirrored. */
export function makeBody({ time, bus, random, warn, options = {} }: BodyContext): RobotBody {
    const now = () => time.now
    let supply = SUPPLY
    const type = parametersFromDatasheet(POLOLU_37D_50)
    const motor = (name: string) => new DcGearMotor(options.draw ? drawMotor(type, random.fork(name)) : type)
    const left = motor('left motor')
    const right = motor('right motor')
    const plant = new DifferentialRover(left, right, options.lifted ? ON_A_STAND : MECHANICS)

    const motors = new Motoron({ now, supply: () => supply, random: random.fork('motoron'), warn })
    const mux = new Tca9548a()
    const magnets = { left_wheel: new ValueTap(() => left.angle), right_wheel: new ValueTap(() => -right.angle) }
    const encoder = (name: string, magnet: ValueTap) =>
        new As5600({ now, angle: () => magnet.read(), random: random.fork(name), warn })
    const leftEncoder = encoder('left encoder', magnets.left_wheel)
    const rightEncoder = encoder('right encoder', magnets.right_wheel)
    bus.attach(Motoron.ADDRESS, motors)
    bus.attachRouter(MUX_ADDRESS, mux)
    mux.channel(LEFT_CHANNEL).attach(As5600.ADDRESS, leftEncoder)
    mux.channel(RIGHT_CHANNEL).attach(As5600.ADDRESS, rightEncoder)

    const body: RobotBody = {
        advanceTo: to => {
            plant.advanceTo(to)
            time.now = to
        },
        onStep: undefined,
        writeState: target => plant.writeState(target),
        pose: () => (options.lifted ? { x: 0, y: 0, heading: 0 } : { x: plant.x, y: plant.y, heading: plant.heading }),
        outputs: () => [motors.output(1).drive, motors.output(2).drive],
        velocities: () => [left.velocity, right.velocity],
        angles: () => [left.angle, right.angle],
        setSupply: volts => (supply = volts),
        parts: {
            chips: {
                motoron: { segment: bus, address: Motoron.ADDRESS, device: motors },
                multiplexer: { segment: bus, address: MUX_ADDRESS, device: mux },
                left_encoder: { segment: mux.channel(LEFT_CHANNEL), address: As5600.ADDRESS, device: leftEncoder },
                right_encoder: { segment: mux.channel(RIGHT_CHANNEL), address: As5600.ADDRESS, device: rightEncoder },
            },
            encoders: magnets,
            motors: { left_wheel: left, right_wheel: right },
            supplyVolts: SUPPLY,
            imus: {},
        },
    }
    plant.beforeStep = at => {
        time.now = at
        drive(left, motors, 1, 1)
        drive(right, motors, 2, -1)
        left.supplyVoltage = right.supplyVoltage = supply
    }
    plant.afterStep = at => {
        time.now = at
        body.onStep?.()
    }
    return body
}

function drive(motor: DcGearMotor, controller: Motoron, channel: number, direction: number): void {
    const output = controller.output(channel)
    motor.drive = output.drive * direction
    motor.braking = output.braking
}
`
