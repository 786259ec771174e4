import '../../sim/device-script-buffer'
import { Tca9548a } from '../../../devices/buses/tca9548a'
import { As5600Bank } from '../../../devices/encoders/as5600-bank'
import { Lsm6dsox } from '../../../devices/imus/lsm6dsox'
import { ErrorResponse, Motoron } from '../../../devices/motors/motoron'
import type { Clock } from '../../hal/clock'
import type { I2cBus } from '../../hal/i2c-bus'
import { samplesPerReport } from '../../onboard/describe'
import { Robot } from '../../onboard/robot'
import type { RobotConfig } from '../../onboard/robot-config'
import { TelemetryWriter } from '../../onboard/telemetry-writer'
import { HOUSEKEEPING_TICKS, TickLoop } from '../../onboard/tick-loop'
import { rover } from '../../robots/rover/robot'
import { makeBody } from '../../robots/rover/plant'
import { SimulatedI2cBus } from '../../sim/i2c/simulated-i2c-bus'
import { SimulatedSpiBus } from '../../sim/spi/simulated-spi-bus'
import { Random } from '../../sim/random'
import type { RobotBody } from '../../sim/robot-body'

export interface PortableRoverOptions {
    seed: number
    config?: RobotConfig
    /** Time of a transaction beside its time on the bus, s: what the drivers' and the tick's own work would take. */
    overhead?: number
    /** Called before each sleep of the tick loop with the board time, ms: the place to command the robot. */
    command: (robot: Robot, millis: number) => void
}

/**
 * The rover's portable code (drivers, control, tick loop, telemetry) in this process, against the simulated bus, chips and
 * body: no DeviceScript VM, no link, no session. Time passes in the tick loop's sleeps and on the bus.
 */
export class PortableRover {
    readonly body: RobotBody
    readonly loop: TickLoop
    readonly robot: Robot
    /** Telemetry reports that were filled. */
    reports = 0
    private readonly time = { now: 0 }
    private now = 0
    private end = 0
    private readonly motors: Motoron
    private readonly encoders: As5600Bank
    private readonly imu: Lsm6dsox

    constructor(private readonly options: PortableRoverOptions) {
        const config = options.config ?? rover
        const wire = new SimulatedI2cBus({ frequency: config.i2c.frequency, now: () => this.time.now })
        this.body = makeBody({
            time: this.time,
            bus: wire,
            spi: new SimulatedSpiBus(() => this.time.now),
            pins: {},
            random: new Random(options.seed).fork('body'),
            warn: () => {},
        })
        const bus: I2cBus = {
            transfer: (address, write, read) => {
                this.body.advanceTo(this.now)
                const result = wire.transfer(address, write, read)
                this.now += wire.duration(write?.length ?? 0, read?.length ?? 0) + (options.overhead ?? 0)
                return result
            },
        }
        this.motors = new Motoron(bus, {
            channels: 2,
            commandTimeoutMs: config.commandTimeoutMs,
            latchTimeout: true,
            errorResponse: ErrorResponse.BRAKE_NOW,
        })
        this.encoders = new As5600Bank(bus, new Tca9548a(bus), [0, 1])
        this.imu = new Lsm6dsox(bus)
        const samples = samplesPerReport(config)
        const bytes = TelemetryWriter.reportBytes(config.joints.length, true, samples)
        const writer = new TelemetryWriter([Buffer.alloc(bytes), Buffer.alloc(bytes)], true, samples, index => {
            this.reports++
            writer.sent(index)
        })
        this.robot = new Robot(config, this.encoders, this.imu, this.motors, writer)
        this.loop = new TickLoop(this.clock, config.tickPeriodMs, this.robot, HOUSEKEEPING_TICKS)
    }

    /** Starts the drivers and arms. */
    async start(): Promise<void> {
        await this.motors.init(this.clock)
        await this.encoders.init(this.clock)
        await this.imu.init(this.clock)
        this.robot.started()
        const blocked = this.robot.arm()
        if (blocked !== 0) throw new Error(`arming is blocked (${blocked})`)
    }

    /** Ticks for `seconds` of simulated time. */
    async run(seconds: number): Promise<void> {
        this.end = this.now + seconds
        await this.loop.run()
    }

    private readonly clock: Clock = {
        millis: () => Math.floor(this.now * 1000 + 1e-6),
        sleep: async ms => {
            if (ms === 0) return
            this.options.command(this.robot, this.clock.millis())
            this.now = (this.clock.millis() + ms) / 1000
            this.body.advanceTo(this.now)
            if (this.now >= this.end) this.loop.running = false
        },
    }
}
