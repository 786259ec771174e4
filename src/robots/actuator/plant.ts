import { As5600 } from '../../sim/chips/as5600'
import { Ina226 } from '../../sim/chips/ina226'
import { Motoron } from '../../sim/chips/motoron'
import { ValueTap } from '../../sim/faults/body-parts'
import { ActuatorRig, drawRig, healthyRig, spoil } from '../../sim/plants/actuator-rig'
import { parametersFromDatasheet, POLOLU_37D_50 } from '../../sim/plants/dc-gear-motor'
import { drawMotor } from '../../sim/plants/motor-draw'
import type { BodyContext, RobotBody } from '../../sim/robot-body'

/** Product ID of the M1T256 ("Get firmware version"). */
const M1T256 = 0xd0

/** A motor on a bench, with the load, supply and defect that the options ask for. */
export function makeBody({ time, bus, random, warn, options = {} }: BodyContext): RobotBody {
    const now = () => time.now
    let motor = parametersFromDatasheet({ ...POLOLU_37D_50, backlash: 0.012 })
    if (options.draw) motor = drawMotor(motor, random.fork('motor'))
    let parameters = healthyRig(motor)
    if (options.draw) parameters = drawRig(parameters, random.fork('rig'))
    if (options.defect) parameters = spoil(parameters, options.defect, random.fork('defect'))
    const rig = new ActuatorRig(parameters)

    const motors = new Motoron({
        now,
        supply: () => rig.voltage,
        channels: 1,
        productId: M1T256,
        random: random.fork('motoron'),
        warn,
    })
    bus.attach(Motoron.ADDRESS, motors)
    const magnet = new ValueTap(() => rig.encoderAngle)
    const encoder = new As5600({ now, angle: () => magnet.read(), random: random.fork('encoder'), warn })
    bus.attach(As5600.ADDRESS, encoder)
    const shunt = { current: () => rig.supplyCurrent, voltage: () => rig.voltage, shunt: 0.01 }
    const power = new Ina226({ ...shunt, now, random: random.fork('power'), warn })
    bus.attach(Ina226.ADDRESS, power)

    const body: RobotBody = {
        advanceTo: to => {
            rig.advanceTo(to)
            time.now = to
        },
        onStep: undefined,
        writeState: target => {
            target.set([rig.time, rig.angle, rig.motor.velocity, rig.motor.current, rig.voltage, rig.supplyCurrent])
            return 6
        },
        pose: () => ({ x: 0, y: 0, heading: 0 }),
        outputs: () => [motors.output(1).drive],
        velocities: () => [rig.motor.velocity],
        angles: () => [rig.angle],
        truths: () => [truth(parameters)],
        setSupply: volts => (rig.sourceVoltage = volts),
        parts: {
            chips: {
                motoron: { segment: bus, address: Motoron.ADDRESS, device: motors },
                encoder: { segment: bus, address: As5600.ADDRESS, device: encoder },
                power: { segment: bus, address: Ina226.ADDRESS, device: power },
            },
            encoders: { motor: magnet },
            motors: { motor: rig.motor },
            supplyVolts: parameters.supplyVoltage,
            imus: {},
        },
    }
    rig.beforeStep = at => {
        time.now = at
        const output = motors.output(1)
        rig.drive = output.drive
        rig.braking = output.braking
    }
    rig.afterStep = at => {
        time.now = at
        body.onStep?.()
    }
    return body
}

function truth({ motor, loadInertia, supplyVoltage, supplyResistance }: ReturnType<typeof healthyRig>) {
    const { gearRatio: ratio, gearEfficiency } = motor
    const rotorInertia = motor.rotorInertia * ratio * ratio
    return {
        motorConstant: motor.torqueConstant * ratio,
        resistance: motor.resistance,
        inertia: rotorInertia + loadInertia,
        drivingInertia: rotorInertia + loadInertia / gearEfficiency,
        brakingInertia: rotorInertia + loadInertia * gearEfficiency,
        coulombFriction: motor.coulombFriction * ratio,
        staticFriction: motor.staticFriction * ratio,
        viscousFriction: motor.viscousFriction * ratio * ratio,
        backlash: motor.backlash,
        supplyVoltage,
        supplyResistance,
    }
}
