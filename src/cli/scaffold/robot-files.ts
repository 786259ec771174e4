import { plantText } from './plant-text'

/** The files of a new robot: two driven wheels and a caster, as the rover has, without an IMU. Texts by path. */
export function robotFiles(name: string): Map<string, string> {
    const directory = `src/robots/${name}`
    return new Map([
        [`${directory}/robot.ts`, robotText(name)],
        [`${directory}/channels.ts`, CHANNELS],
        [`${directory}/main.ts`, mainText(name)],
        [`${directory}/wiring.ts`, WIRING],
        [`${directory}/plant.ts`, plantText(name)],
        [`test/robots/${name}.test.ts`, testText(name)],
    ])
}

// Constants of the templates are in upper case, so that no robot's name can be the same.

const robotText = (name: string) => `import type { JointGains, RobotConfig } from '../../onboard/robot-config'

/** The rover's gains, found for its motors and weight (src/robots/rover/robot.ts). Find your own: \`tendon bench\`. */
const GAINS: JointGains = { kpPosition: 6, kp: 0.048, ki: 0.79, ks: 0.029, kv: 0 }
/** rad/s */
const OBSERVER_BANDWIDTH = 120
/** rad/s: 0.6 m/s */
const VELOCITY_LIMIT = 15
/** Pololu 37D 50:1, 12 V ("37D Metal Gearmotors", Rev 1.2). */
const RATED = { voltage: 12, freeSpeed: 20.94, freeCurrent: 0.2, stallCurrent: 5.5 }

/** Two driven wheels and a caster: 12 V gear motors (Pololu 37D 50:1) on a Motoron, a magnetic encoder on each axle. */
export const ${name}: RobotConfig = {
    name: '${name}',
    tickPeriodMs: 10,
    commandTimeoutMs: 100,
    sensorTimeoutMs: 100,
    i2c: { frequency: 400_000 },
    joints: [
        {
            name: 'left_wheel',
            kind: 'continuous',
            velocityLimit: VELOCITY_LIMIT,
            effortLimit: 1,
            encoder: {
                direction: 1,
                zeroOffset: 0,
                ratio: 1,
                observerBandwidth: OBSERVER_BANDWIDTH,
                countsPerRevolution: 4096,
            },
            motor: { direction: 1, rated: RATED },
            gains: GAINS,
        },
        {
            name: 'right_wheel',
            kind: 'continuous',
            velocityLimit: VELOCITY_LIMIT,
            effortLimit: 1,
            // Mounted the other way round.
            encoder: {
                direction: -1,
                zeroOffset: 0,
                ratio: 1,
                observerBandwidth: OBSERVER_BANDWIDTH,
                countsPerRevolution: 4096,
            },
            motor: { direction: -1, rated: RATED },
            gains: GAINS,
        },
    ],
    drive: { left: 'left_wheel', right: 'right_wheel', wheelRadius: 0.04, trackWidth: 0.24 },
}
`

const CHANNELS = `// Both encoders have the same address, so each has a channel of the multiplexer.
export const LEFT_CHANNEL = 0
export const RIGHT_CHANNEL = 1
`

const mainText = (name: string) => `import { Tca9548a } from '../../../devices/buses/tca9548a'
import { As5600Bank } from '../../../devices/encoders/as5600-bank'
import { ErrorResponse, Motoron } from '../../../devices/motors/motoron'
import { clock, i2c } from '../../firmware/board'
import { runRobot } from '../../firmware/run-robot'
import { LEFT_CHANNEL, RIGHT_CHANNEL } from './channels'
import { ${name} as config } from './robot'

const motors = new Motoron(i2c, {
    channels: 2,
    // The Motoron stops the wheels by itself when the board goes silent for this long, and keeps them stopped.
    commandTimeoutMs: config.commandTimeoutMs,
    latchTimeout: true,
    errorResponse: ErrorResponse.BRAKE_NOW,
})
const encoders = new As5600Bank(i2c, new Tca9548a(i2c), [LEFT_CHANNEL, RIGHT_CHANNEL])

async function start() {
    await motors.init(clock)
    await encoders.init(clock)
}

async function main() {
    await runRobot(config, { encoders, motors, start })
}
main.start()
`

const WIRING = `import { TCA9548A_ADDRESS } from '../../../devices/buses/tca9548a'
import { AS5600_ADDRESS } from '../../../devices/encoders/as5600'
import { MOTORON_ADDRESS } from '../../../devices/motors/motoron'
import type { RobotWiring } from '../../onboard/robot-wiring'
import { LEFT_CHANNEL, RIGHT_CHANNEL } from './channels'

/** Everything is on one I2C bus. */
export const wiring: RobotWiring = {
    parts: [
        {
            name: 'motors',
            part: 'Pololu Motoron M2T550 (or another M2)',
            address: MOTORON_ADDRESS,
            terminals: [
                { terminal: 'VM, GND', to: '12 V supply' },
                { terminal: 'M1A, M1B', to: 'left wheel: Pololu 37D 50:1, 12 V' },
                { terminal: 'M2A, M2B', to: 'right wheel, which is mounted the other way round' },
            ],
        },
        {
            name: 'mux',
            part: 'TCA9548A',
            address: TCA9548A_ADDRESS,
            terminals: [{ terminal: 'A0, A1, A2', to: 'GND' }],
        },
        {
            name: 'left encoder',
            part: 'AS5600',
            address: AS5600_ADDRESS,
            behind: { part: 'mux', channel: LEFT_CHANNEL },
            terminals: [{ terminal: 'DIR', to: 'GND' }],
        },
        {
            name: 'right encoder',
            part: 'AS5600',
            address: AS5600_ADDRESS,
            behind: { part: 'mux', channel: RIGHT_CHANNEL },
            terminals: [{ terminal: 'DIR', to: 'GND' }],
        },
    ],
}
`

const testText = (name: string) => `import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { buildFirmware } from '../../src/flash/build'
import { connectSimulated, schedulerOf, settle, simulate } from '../../src/simulate'

/** Between two setpoints, ms. */
const SETPOINT_MS = 20
/** m/s */
const SPEED = 0.2

// Compiling takes seconds, and longer on a busy machine; the result is kept.
beforeAll(() => buildFirmware('${name}'), 180_000)

test('drives as it is told, and stops when nobody tells it anything', async () => {
    const robot = await simulate({ robot: '${name}' })
    const session = await connectSimulated(robot)
    onTestFinished(() => session.close())
    const scheduler = schedulerOf(robot.clock)
    const pass = (ms: number) =>
        settle(robot, new Promise<void>(resolve => void scheduler.setTimeout(() => resolve(), ms)))
    await settle(robot, session.arm())
    const before = robot.body.pose()

    for (let time = 0; time < 2000; time += SETPOINT_MS) {
        session.drive({ linear: SPEED, angular: 0 })
        await pass(SETPOINT_MS)
    }
    const after = robot.body.pose()
    // Gaining speed costs some of the 0.4 m.
    expect(after.x - before.x).toBeGreaterThan(0.36)
    expect(after.x - before.x).toBeLessThan(0.41)
    expect(Math.abs(after.y - before.y)).toBeLessThan(0.01)
    expect(session.state?.odometry?.linear).toBeCloseTo(SPEED, 1)

    await pass(1000)
    expect(session.state?.mode).toBe('timeout')
    expect(robot.body.outputs()).toEqual([0, 0])
    for (const velocity of robot.body.velocities()) expect(Math.abs(velocity)).toBeLessThan(0.01)
})
`
