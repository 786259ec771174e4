import { describe, samplesPerReport, type ImuScale, type PowerScale } from '../onboard/describe'
import {
    type BalanceStage,
    type ImuSensor,
    type JointEncoders,
    type MotorController,
    type PowerSensor,
    Robot,
} from '../onboard/robot'
import type { RobotConfig } from '../onboard/robot-config'
import { HOUSEKEEPING_TICKS, TickLoop } from '../onboard/tick-loop'
import { Fault } from '../protocol/state'
import { clock } from './board'
import { RobotServer } from './robot-server'

/** Between two looks after a motor controller that was reset, ms. Seldom at the same time as the announcement below. */
const RECOVERY_MS = 490
/**
 * The runtime's servers announce themselves each 500 ms. With the heap collected that takes up to 8 ms, and a tick that waits for
 * it would be late; so it comes due this long after a tick's beginning, ms, while the tick runs: right behind it.
 */
const ANNOUNCED_AFTER_MS = 4

/** What a robot's `main.ts` has wired up. */
export interface RobotParts {
    /** In the order of the joints. */
    encoders: JointEncoders
    imu?: ImuSensor & ImuScale
    /** Of the motor supply. */
    power?: PowerSensor & PowerScale
    motors: MotorController
    /** For a robot whose data has `balance`. */
    balance?: BalanceStage
    /** Starts every driver, motors first so that they are safe before anything else. @throws DriverError */
    start(): Promise<void>
}

/**
 * Runs a robot for ever: goes on the bus, starts the drivers, ticks. When a driver does not start, the robot says so and
 * stays unconfigured; it still answers, so that a host can tell its user what is wrong.
 */
export async function runRobot(config: RobotConfig, parts: RobotParts): Promise<void> {
    const server = new RobotServer()
    const imu = parts.imu !== undefined
    const writer = server.telemetryWriter(
        config.joints.length,
        imu,
        samplesPerReport(config),
        parts.power !== undefined,
    )
    const robot = new Robot(config, parts.encoders, parts.imu, parts.motors, writer, parts.power, parts.balance)
    const loop = new TickLoop(clock, config.tickPeriodMs, robot, HOUSEKEEPING_TICKS)
    const announced = clock.millis()
    server.start(robot, loop, JSON.stringify(describe(config, parts.imu, parts.power)))
    setInterval(async () => {
        try {
            if (robot.motorsLost) await robot.recoverMotors(clock)
        } catch (error) {
            console.error(`${config.name}: ${error}`)
        }
    }, RECOVERY_MS)
    try {
        await parts.start()
        robot.started()
    } catch (error) {
        robot.faults = Fault.Startup
        console.error(`${config.name}: ${error}`)
    }
    // Where one's period is a multiple of the other's, they keep the distance that they begin with here.
    const beyond = (clock.millis() - announced + ANNOUNCED_AFTER_MS) % config.tickPeriodMs
    await clock.sleep(config.tickPeriodMs - beyond)
    await loop.run()
}
