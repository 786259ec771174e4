import type { Clock } from '../hal/clock'
import { describe, samplesPerReport, type ImuScale, type PowerScale } from '../onboard/describe'
import { Robot } from '../onboard/robot'
import type { BalanceStage, ImuSensor, JointEncoders, MotorController, PowerSensor } from '../onboard/parts'
import { ParameterSlots } from '../onboard/parameter-slots'
import { Parameters } from '../onboard/parameters'
import type { RobotConfig } from '../onboard/robot-config'
import { HOUSEKEEPING_TICKS, TickLoop } from '../onboard/tick-loop'
import type { RobotDescription } from '../protocol/description'
import { Fault } from '../protocol/state'
import { clock } from './board'
import { digitalInput } from './digital-input'
import { RobotServer } from './robot-server'
import { SettingsFlash } from './settings-flash'

/** Between two looks after a motor controller that was reset, ms. */
const RECOVERY_MS = 500

/** Between two looks whether the parameters are restored, ms. */
const RESTORING_MS = 5

/** What a robot's `main.ts` has wired up. */
export interface RobotParts {
    /** In the order of the joints. */
    encoders: JointEncoders
    imu?: ImuSensor & ImuScale
    /** Of the motor supply. */
    power?: PowerSensor & PowerScale
    motors: MotorController
    /** The tick loop's, of a robot with sensors on SPI: a `SamplingClock` that reads them. */
    clock?: Clock
    /** For a robot whose data has `balance`. */
    balance?: BalanceStage
    /** Adds the robot's own parameters to those that every robot has. */
    parameters?(table: Parameters): void
    /** Starts every driver, motors first so that they are safe before anything else. @throws DriverError */
    start(): Promise<void>
}

/**
 * Runs a robot for ever: stops its motors, starts the drivers and restores the parameters, goes on the bus, ticks. When a driver does not start,
 * the robot says so and stays unconfigured; it still answers, so that a host can tell its user what is wrong.
 */
export async function runRobot(config: RobotConfig, parts: RobotParts): Promise<void> {
    // First of all: a program that starts anew finds the motors as the one before left them. What is not acknowledged here, the
    // driver's start will tell.
    parts.motors.stop()
    const server = new RobotServer()
    const imu = parts.imu !== undefined
    const writer = server.telemetryWriter(
        config.joints.length,
        imu,
        samplesPerReport(config),
        parts.power !== undefined,
    )
    const { estopInput } = config
    const robot = new Robot(
        config,
        parts.encoders,
        parts.imu,
        parts.motors,
        writer,
        parts.power,
        parts.balance,
        estopInput ? digitalInput(estopInput.pin) : undefined,
    )
    const loop = new TickLoop(parts.clock ? parts.clock : clock, config.tickPeriodMs, robot, HOUSEKEEPING_TICKS)
    const parameters = new Parameters(robot, parts.parameters)
    let description: RobotDescription | undefined = describe(config, parts.imu, parts.power, parts.motors)
    const slots = new ParameterSlots(
        new SettingsFlash(),
        parameters,
        robot,
        parameters.hashWith(description.configHash),
    )
    // Beside the drivers, but before the first tick, which has no time for it, and before a host can hear of the robot.
    let restored = false
    const restore = async () => {
        await slots.restore()
        restored = true
    }
    restore.start()
    let ready = false
    try {
        await parts.start()
        if (estopInput && !robot.estopInput) throw new Error(`no pin ${estopInput.pin}: flash the board anew`)
        if (robot.refusal !== undefined) throw new Error(robot.refusal)
        ready = true
    } catch (error) {
        robot.faults = Fault.Startup
        console.error(`${config.name}: ${error}`)
    }
    while (!restored) await clock.sleep(RESTORING_MS)
    server.start(robot, loop, JSON.stringify(parameters.describe(description)), parameters, slots)
    // It has been told. Kept by this function, which never ends, it would lengthen every collection of the heap.
    description = undefined
    if (ready) robot.started()
    // Not `setInterval`, whose worker takes the runtime as long as a tick.
    const recover = async () => {
        while (true) {
            await clock.sleep(RECOVERY_MS)
            try {
                if (robot.motorsLost) await robot.recoverMotors(clock)
            } catch (error) {
                console.error(`${config.name}: ${error}`)
            }
        }
    }
    recover.start()
    await loop.run()
}
