import { As5600 } from '../../sim/chips/as5600'
import { Ina219 } from '../../sim/chips/ina219'
import { Pca9685 } from '../../sim/chips/pca9685'
import { Tca9548a } from '../../sim/chips/tca9548a'
import { ValueTap } from '../../sim/faults/body-parts'
import { ServoArm } from '../../sim/plants/servo-arm'
import type { BodyContext, RobotBody } from '../../sim/robot-body'

const JOINTS = ['base', 'shoulder', 'elbow'] as const
/** What each encoder reads at joint position 0, rad, and which way it counts. */
const ZERO = [3.1, 2.95, 3.3]
const DIRECTION = [1, 1, -1]
/** The elbow's servo is mounted the other way round; each horn sits on its splines a little off, rad. */
const MOUNTED = [1, 1, -1]
const HORN = [0.03, -0.05, 0.04]
/** How the arm was left, rad. */
const POSTURE = [0.3, -0.2, 0.25]
/** The one-shot at pin OE, s. */
const ONE_SHOT = 0.1

/** The manipulator's body, wired as in `wiring.ts`. */
export function makeBody({ time, bus, random, warn }: BodyContext): RobotBody {
    const now = () => time.now
    const arm = new ServoArm()
    arm.servos.forEach(({ motor }, i) => (motor.angle = POSTURE[i]))
    const motors = arm.servos.map(({ motor }) => motor)

    const driver = new Pca9685({ now, warn })
    let triggeredAt = -Infinity
    // SDA moves whoever is spoken to, and whether it answers or not.
    bus.onStop = () => (triggeredAt = time.now)
    const mux = new Tca9548a()
    const magnets = motors.map((motor, i) => new ValueTap(() => ZERO[i] + DIRECTION[i] * motor.angle))
    const encoders = magnets.map(
        (magnet, i) =>
            new As5600({ now, angle: () => magnet.read(), random: random.fork(`${JOINTS[i]} encoder`), warn }),
    )
    const power = new Ina219({
        current: () => arm.current,
        voltage: () => arm.voltage,
        shunt: 0.02,
        now,
        random: random.fork('power'),
        warn,
    })
    bus.attach(Pca9685.ADDRESS, driver)
    bus.attachRouter(0x71, mux)
    encoders.forEach((encoder, i) => mux.channel(i).attach(As5600.ADDRESS, encoder))
    bus.attach(0x41, power)

    const byJoint = <T>(values: readonly T[]) => Object.fromEntries(JOINTS.map((name, i) => [name, values[i]]))
    const body: RobotBody = {
        advanceTo: to => {
            arm.advanceTo(to)
            time.now = to
        },
        onStep: undefined,
        writeState: target => arm.writeState(target),
        pose: () => ({ x: 0, y: 0, heading: 0 }),
        outputs: () => motors.map(({ drive }) => drive),
        pulses: () => JOINTS.map((_, i) => driver.highTime(i)),
        velocities: () => motors.map(({ velocity }) => velocity),
        angles: () => motors.map(({ angle }) => angle),
        setSupply: volts => (arm.sourceVoltage = volts),
        parts: {
            chips: {
                servo_driver: { segment: bus, address: Pca9685.ADDRESS, device: driver },
                multiplexer: { segment: bus, address: 0x71, device: mux },
                ...Object.fromEntries(
                    JOINTS.map((name, i) => [
                        `${name}_encoder`,
                        { segment: mux.channel(i), address: As5600.ADDRESS, device: encoders[i] },
                    ]),
                ),
                power: { segment: bus, address: 0x41, device: power },
            },
            encoders: byJoint(magnets),
            motors: byJoint(motors),
            supplyVolts: arm.parameters.supplyVoltage,
            imus: {},
        },
    }
    arm.beforeStep = at => {
        time.now = at
        driver.outputEnableHigh = at - triggeredAt > ONE_SHOT
        arm.servos.forEach((servo, i) => {
            const { centrePulse, radiansPerPulse } = servo.parameters
            const pulse = driver.highTime(i)
            servo.pulse = pulse > 0 ? centrePulse + MOUNTED[i] * (pulse - centrePulse) + HORN[i] / radiansPerPulse : 0
        })
    }
    arm.afterStep = at => {
        time.now = at
        body.onStep?.()
    }
    return body
}
