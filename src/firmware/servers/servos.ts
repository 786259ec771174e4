import * as ds from '@devicescript/core'
import { Server, startServer } from '@devicescript/server'
import { Pca9685Servos, type Pca9685Config, type Servo } from '../../../devices/motors/pca9685'
import { clock, i2c } from '../board'

const DEGREES = 180 / Math.PI

class ServoServer extends Server {
    private target = 0
    private isEnabled = false
    private correction = 0

    constructor(
        private readonly servo: Servo,
        private readonly changed: (released: boolean) => void,
    ) {
        super(ds.Servo.spec)
    }

    /** rad; NaN while the servo has no pulse. */
    position(): number {
        return this.isEnabled ? (this.target + this.correction) / DEGREES : NaN
    }

    angle(): number {
        return this.target
    }

    set_angle(value: number): void {
        this.target = Math.constrain(value, this.minValue(), this.maxValue())
        this.changed(false)
    }

    enabled(): boolean {
        return this.isEnabled
    }

    set_enabled(value: boolean): void {
        const released = this.isEnabled && !value
        this.isEnabled = value
        this.changed(released)
    }

    offset(): number {
        return this.correction
    }

    set_offset(value: number): void {
        this.correction = value
        this.changed(false)
    }

    minValue(): number {
        return this.servo.positionLow * DEGREES
    }

    maxValue(): number {
        return this.servo.positionHigh * DEGREES
    }

    /** µs, at the lowest angle. */
    minPulse(): number {
        return Math.round(this.servo.pulseLow * 1e6)
    }

    maxPulse(): number {
        return Math.round(this.servo.pulseHigh * 1e6)
    }
}

/**
 * Starts the servos of a PCA9685, each as the Jacdac service servo (degrees). They have no pulse until a client enables them, and
 * none again when it disables them. WHEN THE PROGRAM DIES THEY HOLD WHERE THEY ARE, unless OE is wired.
 *
 * @throws DriverError
 */
export async function startPca9685Servos(config: Pca9685Config): Promise<ds.Servo[]> {
    const driver = new Pca9685Servos(i2c, config)
    await driver.init(clock)
    const servers: ServoServer[] = []
    const servos: ds.Servo[] = []
    const positions: number[] = []
    const changed = (released: boolean) => {
        // A chip can take all pulses away, and then those come back that have a position.
        if (released) driver.release()
        for (let i = 0; i < servers.length; i++) positions[i] = servers[i].position()
        driver.write(positions)
    }
    for (const servo of config.servos) {
        const server = new ServoServer(servo, changed)
        servers.push(server)
        positions.push(NaN)
        servos.push(new ds.Servo(startServer(server)))
    }
    return servos
}
