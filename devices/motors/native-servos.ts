// The DeviceScript runtime's own servos (`startServo`): one PWM pin each, 50 Hz, 1 µs. Limits: native-limits.ts; on an ESP32 PWM runs
// out after four pins.
//
// A SERVO GOES ON HOLDING ITS LAST POSITION WHEN THE PROGRAM DIES OR STALLS, as with a PCA9685.
//
// Pulse ends and angles stand in `startServo`'s own configuration; the runtime clamps to them.
import type { Clock } from '../../src/hal/clock'
import { DriverError } from '../../src/hal/driver-error'
import type { NativeServo } from '../../src/hal/native-services'
import { leastUpdateMs } from './native-limits'

const BINDING_MS = 1000
const LOOK_MS = 10
const DEGREES_PER_RADIAN = 180 / Math.PI

export interface NativeServosConfig {
    /** Between two updates of all servos, ms: at least 20 for each servo. */
    updateMs: number
    /** Ends of each servo, rad: positions beyond are clamped. */
    ends: { positionLow: number; positionHigh: number }[]
}

/** Servos of the runtime itself, with the same calls as `Pca9685Servos`, and {@link run} in a fiber beside it. */
export class NativeServos {
    private readonly count: number
    /** rad; NaN before the first. */
    private readonly wanted: number[] = []
    /** As last sent, rad; NaN when unknown. */
    private readonly told: number[] = []
    private readonly low: number[] = []
    private readonly high: number[] = []
    private readonly enabled: boolean[] = []
    private released = false

    constructor(
        private readonly servos: NativeServo[],
        private readonly config: NativeServosConfig,
    ) {
        this.count = servos.length
        for (const end of config.ends) {
            this.wanted.push(NaN)
            this.told.push(NaN)
            this.low.push(end.positionLow)
            this.high.push(end.positionHigh)
            this.enabled.push(true)
        }
    }

    /**
     * Waits until the runtime has every servo, and takes its pulse away. They get one with the first {@link write}.
     *
     * @throws DriverError
     */
    async init(clock: Clock): Promise<void> {
        const { count, low, high } = this
        const { updateMs } = this.config
        if (!(count >= 1 && count === low.length)) {
            this.fail('config', 'ends of ' + low.length + ' servos, allowed ' + count)
        }
        if (!(updateMs >= leastUpdateMs(count) && updateMs <= 1000)) {
            this.fail('config', 'updateMs ' + updateMs + ', allowed ' + leastUpdateMs(count) + ' to 1000')
        }
        for (let i = 0; i < count; i++) {
            if (!(low[i] < high[i])) {
                this.fail('config', 'positionLow ' + low[i] + ' of servo ' + i + ', allowed below ' + high[i])
            }
            for (let waited = 0; !this.servos[i].isBound(); waited += LOOK_MS) {
                if (waited >= BINDING_MS) this.fail('not-found', 'servo ' + i + ' is not offered by the runtime')
                await clock.sleep(LOOK_MS)
            }
            await this.servos[i].setEnabled(false)
            this.enabled[i] = false
            this.wanted[i] = this.told[i] = NaN
        }
    }

    /** Sends for ever what the tick wants. Runs in a fiber of its own, started once. */
    async run(clock: Clock): Promise<void> {
        while (true) {
            await this.send()
            await clock.sleep(this.config.updateMs)
        }
    }

    /** One round: to each servo what has changed. At most one packet a servo, but two with its first position. */
    async send(): Promise<void> {
        if (this.released) {
            this.released = false
            for (let i = 0; i < this.count; i++) {
                if (this.enabled[i]) await this.servos[i].setEnabled(false)
                this.enabled[i] = false
                this.told[i] = NaN
            }
        }
        for (let i = 0; i < this.count; i++) {
            const position = this.wanted[i]
            // Not so for NaN.
            if (!(position === position) || position === this.told[i]) continue
            this.told[i] = position
            await this.servos[i].setAngle(position * DEGREES_PER_RADIAN)
            if (this.enabled[i]) continue
            this.enabled[i] = true
            await this.servos[i].setEnabled(true)
        }
    }

    /** Where each servo is to go, rad, clamped to its ends; NaN leaves it. Sent by {@link run}. @inline */
    write(position: number[]): boolean {
        const { count, high, low, wanted } = this
        for (let i = 0; i < count; i++) {
            let wish = position[i]
            if (wish > high[i]) wish = high[i]
            else if (wish < low[i]) wish = low[i]
            if (wish === wish) wanted[i] = wish
        }
        return true
    }

    /** Takes all pulses away with the next round, until the next {@link write}. */
    release(): boolean {
        for (let i = 0; i < this.count; i++) this.wanted[i] = NaN
        this.released = true
        return true
    }

    /** There is nothing to ask. @inline */
    check(): boolean {
        return true
    }

    private fail(code: 'config' | 'not-found', detail: string): never {
        throw new DriverError('startServo', code, detail)
    }
}
