import * as ds from '@devicescript/core'
import { NATIVE_ENCODER_REPORT_MS } from '../../devices/encoders/native-encoders'
import type { Clock } from '../hal/clock'
import type { NativeEncoder, NativeMotor, NativeServo } from '../hal/native-services'
import { clock } from './board'

/** A motor of the runtime: what `startMotor` returns. */
export class MotorService implements NativeMotor {
    constructor(private readonly motor: ds.Motor) {}

    isBound(): boolean {
        return this.motor.isBound
    }

    async setSpeed(speed: number): Promise<void> {
        await this.motor.speed.write(speed)
    }

    async setEnabled(enabled: boolean): Promise<void> {
        await this.motor.enabled.write(enabled)
    }
}

/** A servo of the runtime: what `startServo` returns. */
export class ServoService implements NativeServo {
    constructor(private readonly servo: ds.Servo) {}

    isBound(): boolean {
        return this.servo.isBound
    }

    async setAngle(angle: number): Promise<void> {
        await this.servo.angle.write(angle)
    }

    async setEnabled(enabled: boolean): Promise<void> {
        await this.servo.enabled.write(enabled)
    }
}

/** A quadrature encoder of the runtime: what `startRotaryEncoder` returns. */
export class EncoderService implements NativeEncoder {
    count = 0
    reports = 0
    private started = false

    constructor(private readonly encoder: ds.RotaryEncoder) {}

    async start(): Promise<void> {
        if (this.started) return
        this.started = true
        // DeviceScript's closures do not capture `this`.
        // eslint-disable-next-line @typescript-eslint/no-this-alias
        const self = this
        this.encoder.reading.subscribe(count => {
            self.count = count
            self.reports++
        })
        // Waits for the service: an encoder that the runtime does not have is missed by its driver, after a time.
        const encoder = this.encoder
        const hurry = async () => {
            await encoder.streamingInterval.write(NATIVE_ENCODER_REPORT_MS)
        }
        hurry.start()
    }
}

/** Has what a driver wants sent by a fiber of its own. */
export function sendInBackground(driver: { run(clock: Clock): Promise<void> }): void {
    const run = async () => {
        await driver.run(clock)
    }
    run.start()
}
