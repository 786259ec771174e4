import type { JointConfig, RobotConfig } from '../../src/onboard/robot-config'
import { Robot } from '../../src/onboard/robot'
import type { DigitalInput } from '../../src/onboard/parts'
import { TelemetryWriter } from '../../src/onboard/telemetry-writer'
import { decodeTelemetry, type TelemetryReport } from '../../src/protocol/telemetry'
import { FakeEncoders, FakeImu, FakeMotors } from '../portable/fake-parts'

// A cart for tests: two wheels, the right one mounted the other way round, and a mast that turns from -1.5 to 2.5 rad.

export function wheel(name: string, direction: 1 | -1): JointConfig {
    return {
        name,
        kind: 'continuous',
        velocityLimit: 15,
        effortLimit: 0.9,
        encoder: { direction, zeroOffset: 0, ratio: 1, observerBandwidth: 60 },
        motor: { direction },
        gains: { kpPosition: 4, kp: 0.06, ki: 0.6, ks: 0.02, kv: 0.0477 },
    }
}

export const mast: JointConfig = {
    ...wheel('mast', 1),
    kind: 'revolute',
    velocityLimit: 3,
    positionMin: -1.5,
    positionMax: 2.5,
    encoder: { direction: 1, zeroOffset: 0.25, ratio: 3, observerBandwidth: 40 },
}

export const cart: RobotConfig = {
    name: 'cart',
    tickPeriodMs: 10,
    commandTimeoutMs: 100,
    sensorTimeoutMs: 40,
    i2c: { frequency: 400_000 },
    joints: [wheel('left', 1), wheel('right', -1), mast],
    imu: { part: 'FAKE', outputDataRate: 208, accelerationRange: 4, angularVelocityRange: 1000 },
    drive: { left: 'left', right: 'right', wheelRadius: 0.04, trackWidth: 0.24 },
}

export const SAMPLES_PER_REPORT = 4

/** The cart's on-board code between fake parts, driven tick by tick. The link takes every report at once. */
export class Bench {
    readonly encoders = new FakeEncoders(3)
    readonly imu = new FakeImu()
    readonly motors = new FakeMotors()
    readonly reports: TelemetryReport[] = []
    readonly robot: Robot
    /** Board time of the next tick, ms. */
    now = 1000
    tick = 0

    constructor(config: RobotConfig = cart, estopInput?: DigitalInput) {
        const bytes = TelemetryWriter.reportBytes(3, true, SAMPLES_PER_REPORT)
        const buffers = [Buffer.alloc(bytes), Buffer.alloc(bytes)]
        const writer: TelemetryWriter = new TelemetryWriter(buffers, true, SAMPLES_PER_REPORT, index => {
            this.reports.push(decodeTelemetry(Buffer.from(buffers[index]), 3, true)!)
            writer.sent(index)
        })
        this.robot = new Robot(config, this.encoders, this.imu, this.motors, writer, undefined, undefined, estopInput)
    }

    /** Started and armed. */
    static armed(): Bench {
        const bench = new Bench()
        bench.robot.started()
        if (bench.robot.arm() !== 0) throw new Error('the cart did not arm')
        return bench
    }

    /** One tick at its deadline. @returns what the motors were told: left, right, mast */
    run(ticks = 1): number[] {
        for (let i = 0; i < ticks; i++) {
            this.robot.tick(this.now, this.tick, this.now, 0)
            this.now += 10
            this.tick++
        }
        // Node has a negative zero, which says nothing here.
        return this.motors.effort.map(effort => effort + 0)
    }
}
