import { describe, expect, it } from 'vitest'
import { listRobots } from '../../src/flash/build'
import { configProblems } from '../../src/flash/config-check'
import { entryProblems, nativeDrivers } from '../../src/flash/entry-check'
import { rateProblems } from '../../src/flash/rate-check'
import { wiringProblems } from '../../src/flash/wiring-check'
import type { RobotConfig } from '../../src/onboard/robot-config'
import type { SpiPart, WiredPart } from '../../src/onboard/robot-wiring'
import { balancer } from '../../src/robots/balancer/robot'
import { rover } from '../../src/robots/rover/robot'
import { loadWiring } from '../../src/cli/robot-board'
import { loadRobot } from '../../src/simulate'

const [wheel] = rover.joints
const withJoint = (change: object): RobotConfig => ({ ...rover, joints: [{ ...wheel, ...change }, rover.joints[1]] })
const imu = rover.imu!

describe("a robot's data", () => {
    it('of every robot in src/robots is right', async () => {
        for (const robot of await listRobots()) {
            expect(configProblems((await loadRobot(robot)).config)).toEqual([])
            expect(wiringProblems((await loadWiring(robot))!)).toEqual([])
        }
    })

    it.each<[string, RobotConfig]>([
        [
            'tickPeriodMs is 2.5; allowed: a whole number, 1 to 1000 ms',
            { ...rover, tickPeriodMs: 2.5, imu: undefined, monitors: undefined },
        ],
        [
            'tickPeriodMs is 0; allowed: a whole number, 1 to 1000 ms',
            { ...rover, tickPeriodMs: 0, imu: undefined, monitors: undefined },
        ],
        [
            "tickPeriodMs is 3; allowed: 5 ms and more with this robot's samples: 67 reports a second are more than the 45 " +
                'that its link carries',
            { ...rover, tickPeriodMs: 3, imu: { ...imu, outputDataRate: 833 } },
        ],
        ['commandTimeoutMs is 19; allowed: 20 to 10000 ms, two ticks and more', { ...rover, commandTimeoutMs: 19 }],
        ['tickPeriodMs is 0; allowed: a whole number, 1 to 1000 ms', { ...rover, tickPeriodMs: 0 }],
        ['joints is missing; allowed: a list', { ...rover, joints: undefined } as unknown as RobotConfig],
        ['i2c is missing; allowed: an object', { ...rover, i2c: undefined } as unknown as RobotConfig],
        ['joints[0].gains is missing; allowed: an object', withJoint({ gains: undefined })],
        [
            'joints.left_wheel.motor.rated.voltage is 0; allowed: above 0 to 1000000 V',
            withJoint({ motor: { direction: 1, rated: { ...wheel.motor.rated, voltage: 0 } } }),
        ],
        [
            'joints.left_wheel.motor.rated.freeCurrent is 6; allowed: 0 to 5.5 A, its stallCurrent',
            withJoint({ motor: { direction: 1, rated: { ...wheel.motor.rated, freeCurrent: 6 } } }),
        ],
        ['i2c.frequency is 400; allowed: 10000 to 1000000 Hz', { ...rover, i2c: { frequency: 400 } }],
        ['spi.frequency is 100000; allowed: 1000000 to 10000000 Hz', { ...rover, spi: { frequency: 100_000 } }],
        ['joints is []; allowed: at least one', { ...rover, joints: [], drive: undefined }],
        [
            'joints[1].name is "left_wheel"; allowed: a name that no other joint has',
            { ...rover, joints: [wheel, wheel], drive: undefined },
        ],
        [
            'joints.left_wheel.velocityLimit is -15; allowed: above 0 to 1000000 rad/s',
            withJoint({ velocityLimit: -15 }),
        ],
        ['joints.left_wheel.effortLimit is 100; allowed: above 0 to 1 of full duty', withJoint({ effortLimit: 100 })],
        ['joints.left_wheel.effortLimit is NaN; allowed: above 0 to 1 of full duty', withJoint({ effortLimit: NaN })],
        ['joints.left_wheel.kind is "linear"; allowed: "continuous", "revolute"', withJoint({ kind: 'linear' })],
        [
            'joints.left_wheel.positionMin is 1; allowed: below positionMax, which is 1 rad (swapped?)',
            withJoint({ positionMin: 1, positionMax: 1 }),
        ],
        ['joints.left_wheel.motor.direction is 0; allowed: 1, -1', withJoint({ motor: { direction: 0 } })],
        ['joints.left_wheel.encoder.ratio is 0; allowed: ', withJoint({ encoder: { ...wheel.encoder, ratio: 0 } })],
        [
            'joints.left_wheel.gains.kp is -0.05; allowed: 0 to 1000000',
            withJoint({ gains: { ...wheel.gains, kp: -0.05 } }),
        ],
        [
            'joints.left_wheel.monitors.velocity.limit is 15; allowed: above velocityLimit, which is 15 rad/s',
            withJoint({ monitors: { velocity: { limit: 15, delayMs: 40 } } }),
        ],
        [
            'joints.left_wheel.monitors.stall.delayMs is -1; allowed: 0 to 10000 ms',
            withJoint({ monitors: { stall: { limit: 0.5, speed: 0.5, delayMs: -1 } } }),
        ],
        ['imu.outputDataRate is 52; allowed: 100 to ', { ...rover, imu: { ...imu, outputDataRate: 52 } }],
        [
            'imu.mounting is {"x":"x","y":"-y","z":"z"}; allowed: axes that a chip can have (',
            {
                ...rover,
                imu: { ...imu, mounting: { x: 'x', y: '-y', z: 'z' } },
            },
        ],
        [
            'drive.right is "left_wheel"; allowed: another joint than drive.left',
            {
                ...rover,
                drive: { ...rover.drive!, right: 'left_wheel' },
            },
        ],
        ['drive.trackWidth is 0; allowed: 0.0001 to 100 m', { ...rover, drive: { ...rover.drive!, trackWidth: 0 } }],
        ['power.shunt is -0.01; allowed: above 0 to 100 Ω', { ...rover, power: { part: 'INA226', shunt: -0.01 } }],
        ["imu is missing; allowed: the inertial sensor of a robot that has 'balance'", { ...balancer, imu: undefined }],
        [
            'balance.armTilt is 0.7; allowed: above 0 and below tiltLimit, which is 0.6 rad (swapped?)',
            { ...balancer, balance: { ...balancer.balance!, armTilt: 0.7, tiltLimit: 0.6 } },
        ],
    ])('with a mistake in it: %s', (problem, config) => {
        const problems = configProblems(config)
        expect(problems).toHaveLength(1)
        expect(problems[0].startsWith(problem)).toBe(true)
    })
})

describe('wiring', () => {
    const part = (name: string, address: number, channel?: number): WiredPart => ({
        name,
        part: name,
        address,
        terminals: [],
        ...(channel !== undefined && { behind: { part: 'mux', channel } }),
    })
    const mux = part('mux', 0x70)

    it('may have one address on two channels of a multiplexer', () => {
        expect(wiringProblems({ parts: [mux, part('left', 0x36, 0), part('right', 0x36, 7)] })).toEqual([])
    })

    it.each<[string, WiredPart[]]>([
        [
            'parts.b.address is 0x40; allowed: 0x8 to 0x77 without 0x40, which "a" has; or each behind a channel of its own',
            [part('a', 0x40), part('b', 0x40)],
        ],
        [
            'parts.b.address is 0x36; allowed: 0x8 to 0x77 without 0x36, which "a" has, behind channel 2 of "mux"; or another channel',
            [mux, part('a', 0x36, 2), part('b', 0x36, 2)],
        ],
        // What is on the bus itself hears what goes to a channel.
        [
            'parts.b.address is 0x36; allowed: 0x8 to 0x77 without 0x36, which "a" has, behind channel 2 of "mux"',
            [mux, part('a', 0x36, 2), part('b', 0x36)],
        ],
        ['parts.a.address is 120; allowed: a whole number, 0x8 to 0x77', [part('a', 0x78)]],
        ['parts.a.behind.part is "mux"; allowed: "b"', [part('a', 0x36, 2), part('b', 0x37)]],
        ['parts.a.behind.channel is 8; allowed: a whole number, 0 to 7 of the multiplexer', [mux, part('a', 0x36, 8)]],
        ['parts[1].name is "a"; allowed: a name that no other part has', [part('a', 0x36), part('a', 0x37)]],
    ])('with a mistake in it: %s', (problem, parts) => {
        const problems = wiringProblems({ parts })
        expect(problems).toHaveLength(1)
        expect(problems[0].startsWith(problem)).toBe(true)
    })
})

describe('SPI', () => {
    const counter = (name: string, select: string): SpiPart => ({
        name,
        part: 'LS7366R',
        select,
        joint: 'left_wheel',
        terminals: [],
    })

    it.each<[string, SpiPart[]]>([
        ['spi.b.select is "CS0"; allowed: "CS1"', [counter('a', 'CS0'), counter('b', 'CS0')]],
        ['spi.a.select is "GP5"; allowed: "CS0", "CS1"', [counter('a', 'GP5')]],
        ['spi.c is "CS2"; allowed: 2 parts', [counter('a', 'CS0'), counter('b', 'CS1'), counter('c', 'CS2')]],
        ['spi[1].name is "a"; allowed: a name that no other part has', [counter('a', 'CS0'), counter('a', 'CS1')]],
    ])('is wired with a mistake: %s', (problem, spi) => {
        const problems = wiringProblems({ parts: [], spi })
        expect(problems).toHaveLength(1)
        expect(problems[0].startsWith(problem)).toBe(true)
    })

    it('is read before the tick, or refused', async () => {
        const config: RobotConfig = { ...rover, spi: { frequency: 4e6 } }
        expect(await entryProblems(config, 'clock: new SamplingClock(clock, encoders)')).toEqual([])
        expect((await entryProblems(config, 'runRobot(config, { encoders })'))[0]).toMatch(
            /^robot.ts: spi is given, and main.ts reads nothing before the tick; allowed: .*SamplingClock/,
        )
    })
})

describe('a mounting of the IMU', () => {
    const turned: RobotConfig = { ...rover, imu: { ...imu, mounting: { x: 'y', y: '-x', z: 'z' } } }

    it('that main.ts only mentions in words is refused', async () => {
        expect(await entryProblems(turned, "// mounting\nconst text = 'mounting'")).toHaveLength(1)
        expect(await entryProblems(turned, 'new MountedImu(chip, rover.imu.mounting)')).toEqual([])
        expect(await entryProblems(rover, '')).toEqual([])
    })
})

describe('motors, servos and encoders of the runtime itself', () => {
    const importing = (driver: string) => `import { X } from '../../../devices/${driver}'`
    const motors = importing('motors/native-motors')
    const slow = { ...rover, imu: undefined }

    it('are known by what main.ts imports', async () => {
        expect(await nativeDrivers(motors)).toEqual(['motors/native-motors'])
        expect(await nativeDrivers(`// ${motors}`)).toEqual([])
    })

    it('are refused in a loop that sends more packets than the runtime does', async () => {
        // Two motors and 25 reports at 100 Hz; at 15 Hz two and a report each tick are 45 a second.
        expect(await entryProblems(rover, motors)).toEqual([
            'robot.ts: tickPeriodMs is 10; allowed: 67 ms and more with 2 motors or servos of the runtime itself: each update ' +
                'is a packet, and with telemetry 225 a second are more than 45 (docs/motors.md)',
        ])
        expect(await entryProblems({ ...rover, tickPeriodMs: 66 }, motors)).toHaveLength(1)
        expect(await entryProblems({ ...rover, tickPeriodMs: 67 }, importing('motors/native-servos'))).toEqual([])
        expect(await entryProblems({ ...rover, joints: [wheel], tickPeriodMs: 45 }, motors)).toEqual([])
    })

    it('count no shaft that is faster than they look', async () => {
        const knob = { ...wheel, velocityLimit: 6, encoder: { ...wheel.encoder, countsPerRevolution: 48 } }
        const encoders = importing('encoders/native-encoders')
        const config = (joint: object) => ({ ...slow, tickPeriodMs: 40, joints: [{ ...knob, ...joint }] })
        // 48 counts of four edges a turn: 200 a second are 6.545 rad/s.
        expect(await entryProblems(config({}), encoders)).toEqual([])
        expect(await entryProblems(config({ velocityLimit: 6.6 }), encoders)).toEqual([
            'robot.ts: joints.left_wheel.velocityLimit is 6.6; allowed: up to 6.54 rad/s with an encoder of the runtime itself, ' +
                'which loses counts above 200 edges a second',
        ])
        expect((await entryProblems({ ...config({}), tickPeriodMs: 39 }, encoders))[0]).toMatch(
            /^robot\.ts: tickPeriodMs is 39; allowed: 40 ms/,
        )
        const uncounted = { ...knob.encoder, countsPerRevolution: undefined }
        expect((await entryProblems(config({ encoder: uncounted }), encoders))[0]).toMatch(
            /countsPerRevolution is missing/,
        )
    })
})

describe('a rate', async () => {
    const took = (tickMs: number, busMs: number) => ({ medianUs: 1000 * tickMs, shares: { bus: { us: 1000 * busMs } } })

    it.each([
        ['rp2040', 5, 1, []],
        ['rp2040', 5.1, 1, ['tickPeriodMs is 10; allowed: 11 ms and more']],
        ['esp32', 10, 5, []],
        ['esp32', 10.1, 1, ['tickPeriodMs is 10; allowed: 11 ms and more']],
        ['esp32', 9, 5.5, ['i2c.frequency is 400000; allowed: 440000 Hz and more']],
        ['ideal', 9, 8, ['i2c.frequency is 400000; allowed: 640000 Hz and more']],
    ])('on the %s with ticks of %d ms, %d ms of them on the bus', (board, tick, bus, expected) => {
        const problems = rateProblems(rover, board, took(tick, bus))
        expect(problems.map(problem => problem.slice(0, expected[0]?.length))).toEqual(expected)
    })
})
