import * as ds from '@devicescript/core'
import { Server, type ServerOptions, startServer } from '@devicescript/server'
import { Drv8830Motors, type Drv8830Config } from '../../../devices/motors/drv8830'
import { Motoron, type MotoronConfig } from '../../../devices/motors/motoron'
import { MotoronCurrent, type MotoronCurrentConfig } from '../../../devices/motors/motoron-current'
import { Pca9685Bridges, type Pca9685BridgesConfig } from '../../../devices/motors/pca9685-bridges'
import { Pca9685Escs, type Pca9685EscsConfig } from '../../../devices/motors/pca9685-escs'
import type { MotorController } from '../../onboard/parts'
import { clock, i2c } from '../board'
import { startCurrentMeasurement } from './power'
import type { SensorOptions } from './streaming-server'

/** Between two commands to the motor driver, ms, and after how many of them it is asked how it is. */
const COMMAND_MS = 20
const STATUS_COMMANDS = 25

export interface MotorOptions extends ServerOptions {
    /**
     * A speed is forgotten, and the motor stopped, when no client has set it again for this long, ms; 500 by default. The service
     * itself has no such time: a tool's slider that is set once moves the motor for this long. 0 lets it go on for ever.
     */
    timeoutMs?: number
}

class MotorServer extends Server {
    /** What the motor is to do now: -1 to 1. */
    effort = 0
    private isEnabled = false
    private deadline = 0

    constructor(
        private readonly enableController: () => boolean,
        private readonly timeoutMs: number,
    ) {
        super(ds.Motor.spec)
    }

    speed(): number {
        return this.effort
    }

    set_speed(value: number): void {
        this.effort = this.isEnabled ? value : 0
        this.deadline = ds.millis() + this.timeoutMs
    }

    enabled(): boolean {
        return this.isEnabled
    }

    /** Off brakes, too: the drivers coast, if at all, all motors together. */
    set_enabled(value: boolean): void {
        this.effort = 0
        this.isEnabled = value && this.enableController()
    }

    reversible(): boolean {
        return true
    }

    /** @param now board time, ms */
    expire(now: number): void {
        if (this.timeoutMs > 0 && now >= this.deadline) this.effort = 0
    }

    /** The controller was configured anew: nothing moves before a client enables it again. */
    disable(): void {
        this.isEnabled = false
        this.effort = 0
    }
}

/**
 * Starts a Motoron, each of its motors as the Jacdac service motor. It also stops them by itself when the program dies.
 *
 * @throws DriverError
 */
export async function startMotoron(config: MotoronConfig & MotorOptions): Promise<ds.Motor[]> {
    return await startMotors(new Motoron(i2c, config), config.channels, config)
}

/**
 * Starts H-bridges on a PCA9685, each motor as the Jacdac service motor. WHEN THE PROGRAM DIES THEY GO ON, unless OE is wired.
 *
 * @throws DriverError
 */
export async function startPca9685Bridges(config: Pca9685BridgesConfig & MotorOptions): Promise<ds.Motor[]> {
    return await startMotors(new Pca9685Bridges(i2c, config), config.bridges.length, config)
}

/**
 * Starts speed controllers on a PCA9685, armed after 2 s, each as the Jacdac service motor. WHEN THE PROGRAM DIES THEY GO ON, unless
 * OE is wired.
 *
 * @throws DriverError
 */
export async function startPca9685Escs(config: Pca9685EscsConfig & MotorOptions): Promise<ds.Motor[]> {
    return await startMotors(new Pca9685Escs(i2c, config), config.escs.length, config)
}

/**
 * Starts DRV8830s, each as the Jacdac service motor. WHEN THE PROGRAM DIES THEY GO ON.
 *
 * @throws DriverError
 */
export async function startDrv8830(config: Drv8830Config & MotorOptions): Promise<ds.Motor[]> {
    return await startMotors(new Drv8830Motors(i2c, config), config.motors.length, config)
}

/**
 * Starts a Motoron M2S or M2H, each of its motors as the Jacdac service motor and what each draws as the service DC current measurement
 * (A, positive when it is driven forward), `motor 1` and `motor 2`. The motors stand for its first 0.3 s: the sensors' offsets are
 * measured. The error response must brake, as it does by default: braked motors are what it
 * measures then.
 *
 * @throws DriverError
 */
export async function startMotoronWithCurrent(
    config: MotoronConfig & MotorOptions,
    currentConfig: MotoronCurrentConfig & SensorOptions,
): Promise<{ motors: ds.Motor[]; currents: ds.DcCurrentMeasurement[] }> {
    const current = new MotoronCurrent(i2c, currentConfig)
    const read: boolean[] = [false, false]
    let ready = false
    // A Motoron that was configured anew has forgotten this, too.
    const configured = async () => {
        ready = read[0] = read[1] = false
        current.init()
        await current.calibrate(clock)
        ready = true
    }
    const motors = await startMotors(new Motoron(i2c, config), config.channels, config, configured)
    let next = 0
    setInterval(() => {
        if (!ready) return
        read[next] = current.read(next)
        next = 1 - next
    }, COMMAND_MS)
    const currents = motors.map((_, i) =>
        startCurrentMeasurement(() => (read[i] ? current.current[i] : undefined), 'motor ' + (i + 1), currentConfig),
    )
    return { motors, currents }
}

/** Starts any motor controller of `devices/motors`. @param configured called whenever it was configured @throws DriverError */
export async function startMotors(
    controller: MotorController,
    count: number,
    options: MotorOptions,
    configured: () => Promise<void> = async () => {},
): Promise<ds.Motor[]> {
    await controller.init(clock)
    await configured()
    const timeoutMs = options.timeoutMs === undefined ? 500 : options.timeoutMs
    let enabled = false
    const enable = () => {
        if (!enabled) enabled = controller.enable()
        return enabled
    }
    const servers: MotorServer[] = []
    const motors: ds.Motor[] = []
    for (let i = 0; i < count; i++) {
        const server = new MotorServer(enable, timeoutMs)
        servers.push(server)
        motors.push(new ds.Motor(startServer(server)))
    }
    const effort = (i: number) => (i < count ? servers[i].effort : 0)
    let commands = 0
    setInterval(async () => {
        const now = ds.millis()
        for (const server of servers) server.expire(now)
        controller.write(effort(0), effort(1), effort(2))
        commands++
        if (commands % STATUS_COMMANDS !== 0) return
        controller.readStatus()
        if (!enabled || !(controller.resetSeen || controller.timedOut)) return
        for (const server of servers) server.disable()
        enabled = false
        try {
            await controller.init(clock)
            await configured()
        } catch (error) {
            // It is tried again with the next look at it.
            enabled = true
            console.error(`${error}`)
        }
    }, COMMAND_MS)
    return motors
}
