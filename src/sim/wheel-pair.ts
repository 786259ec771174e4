import { As5600 } from './chips/as5600'
import { Motoron } from './chips/motoron'
import { Tca9548a } from './chips/tca9548a'
import type { BodyParts, ChipPart } from './faults/body-parts'
import { ValueTap } from './faults/body-parts'
import type { DcGearMotorParameters } from './plants/dc-gear-motor'
import { DcGearMotor } from './plants/dc-gear-motor'
import { drawMotor } from './plants/motor-draw'
import type { BodyContext, RobotBody } from './robot-body'

const MUX_ADDRESS = 0x70

/** What a pair of wheels is driven by and connected to. */
export interface WheelPairWiring {
    /** Of the motors' type: each is drawn about it when the body's options ask for that. */
    readonly motor: DcGearMotorParameters
    /** V */
    readonly supplyVolts: number
    readonly encoders: MakeEncoders
}

/** Puts encoders on the two shafts, whose angles they get, rad. */
export type MakeEncoders = (
    context: BodyContext,
    shafts: { readonly left_wheel: ValueTap; readonly right_wheel: ValueTap },
) => Readonly<Record<string, ChipPart>>

/** An AS5600 on each shaft, behind these channels of a TCA9548A. */
export function behindMultiplexer(leftChannel: number, rightChannel: number): MakeEncoders {
    return ({ time, bus, random, warn }, shafts) => {
        const mux = new Tca9548a()
        bus.attachRouter(MUX_ADDRESS, mux)
        const encoder = (name: string, shaft: ValueTap, channel: number) => {
            const device = new As5600({
                now: () => time.now,
                angle: () => shaft.read(),
                random: random.fork(name),
                warn,
            })
            mux.channel(channel).attach(As5600.ADDRESS, device)
            return { segment: mux.channel(channel), address: As5600.ADDRESS, device }
        }
        return {
            multiplexer: { segment: bus, address: MUX_ADDRESS, device: mux },
            left_encoder: encoder('left encoder', shafts.left_wheel, leftChannel),
            right_encoder: encoder('right encoder', shafts.right_wheel, rightChannel),
        }
    }
}

/**
 * The wheels of a robot that drives on two: gear motors on a Motoron (M1 left, M2 right), an encoder on each shaft. The right-hand
 * motor and encoder are mounted the other way round.
 */
export class WheelPair {
    readonly left: DcGearMotor
    readonly right: DcGearMotor
    /** What faults can break, by the names of joints `left_wheel` and `right_wheel`. */
    readonly parts: BodyParts
    private readonly controller: Motoron
    private supply: number

    constructor(context: BodyContext, { motor, supplyVolts, encoders }: WheelPairWiring) {
        const { time, bus, random, warn, options = {} } = context
        const now = () => time.now
        const draw = (name: string) => (options.draw ? drawMotor(motor, random.fork(name)) : motor)
        this.left = new DcGearMotor(draw('left motor'))
        this.right = new DcGearMotor(draw('right motor'))
        this.supply = supplyVolts

        this.controller = new Motoron({ now, supply: () => this.supply, random: random.fork('motoron'), warn })
        bus.attach(Motoron.ADDRESS, this.controller)
        const shafts = {
            left_wheel: new ValueTap(() => this.left.angle),
            right_wheel: new ValueTap(() => -this.right.angle),
        }
        this.parts = {
            chips: {
                motoron: { segment: bus, address: Motoron.ADDRESS, device: this.controller },
                ...encoders(context, shafts),
            },
            encoders: shafts,
            motors: { left_wheel: this.left, right_wheel: this.right },
            supplyVolts,
            imus: {},
        }
    }

    /** Puts on the motors what the Motoron gives them now: before each step of the mechanics. */
    drive(): void {
        put(this.left, this.controller.output(1), 1)
        put(this.right, this.controller.output(2), -1)
        this.left.supplyVoltage = this.right.supplyVoltage = this.supply
    }

    /** What a body says of its wheels. */
    answers(): Pick<RobotBody, 'outputs' | 'velocities' | 'angles' | 'setSupply'> {
        return {
            outputs: () => [this.controller.output(1).drive, this.controller.output(2).drive],
            velocities: () => [this.left.velocity, this.right.velocity],
            angles: () => [this.left.angle, this.right.angle],
            setSupply: volts => (this.supply = volts),
        }
    }
}

function put(motor: DcGearMotor, output: ReturnType<Motoron['output']>, direction: number): void {
    motor.drive = output.drive * direction
    motor.braking = output.braking
}
