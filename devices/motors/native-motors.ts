// The DeviceScript runtime's own motors (`startMotor`): two PWM pins and an enable pin of the board, for an H-bridge without a bus.
// Their limits: native-limits.ts.
//
// THE OUTPUT STAYS AS IT WAS WHEN THE PROGRAM DIES OR STALLS: the runtime goes on with the last duty. Where that can hurt, put a
// watchdog in front of the enable pin, or take a Motoron.
//
// - Each command is a packet, and the runtime sends 50 a second in all. So the tick only says what it wants, and a fiber of its own
//   (`run`) sends it. Building refuses a robot whose tick is faster than that (src/flash/entry-check.ts).
// - Duty rises by ramp, 0.29 s to full, and falls at once: a velocity loop sees that as a lag that depends on direction.
// - Zero duty has both pins LOW: with most bridges the motor coasts.
import type { Clock } from '../../src/hal/clock'
import { DriverError } from '../../src/hal/driver-error'
import type { NativeMotor } from '../../src/hal/native-services'
import { leastUpdateMs } from './native-limits'

/** How long `init` waits for the runtime to have a motor, ms, and how often it looks. */
const BINDING_MS = 1000
const LOOK_MS = 10
/** Efforts in a row that the fiber may leave unsent: more, and it is not getting its packets out. */
const UNSENT_MAX = 5

export interface NativeMotorsConfig {
    /** Between two updates of all motors, ms: at least 20 for each motor. */
    updateMs: number
    /** They are switched off when the tick wrote no effort for this long, ms: while the program as such runs. */
    commandTimeoutMs: number
}

/** One to three motors of the runtime itself. A robot's motor controller, with {@link run} in a fiber beside it. */
export class NativeMotors {
    /** Efforts that were not sent for too long. */
    errors = 0
    /** The tick wrote nothing for the command timeout: off until {@link enable}. */
    timedOut = false
    readonly part = "the runtime's own motors (startMotor)"
    /** The runtime goes on with the last duty. */
    readonly selfStopMs = 0
    readonly statusFlags = 0
    /** The runtime measures nothing and cannot be reset without the program. */
    readonly supplyVoltage = NaN
    readonly noPower = false
    readonly faulting = false
    readonly resetSeen = false

    private readonly count: number
    private readonly effort = [0, 0, 0]
    /** As last sent; NaN when unknown. */
    private readonly told: number[] = []
    private readonly toldEnabled: boolean[] = []
    private enabled = false
    /** Efforts written since the last round of the fiber began. */
    private unsent = 0
    /** Since the last effort, as the fiber counts it, ms. */
    private silentMs = 0

    constructor(
        private readonly motors: NativeMotor[],
        private readonly config: NativeMotorsConfig,
    ) {
        this.count = motors.length
        for (let i = 0; i < this.count; i++) {
            this.told.push(NaN)
            this.toldEnabled.push(true)
        }
    }

    /**
     * Waits until the runtime has every motor, and switches them off. They stay off until {@link enable}.
     *
     * @throws DriverError
     */
    async init(clock: Clock): Promise<void> {
        const { updateMs, commandTimeoutMs } = this.config
        const { count } = this
        if (!(count >= 1 && count <= 3)) this.fail('config', 'number of motors ' + count + ', allowed 1 to 3')
        if (!(updateMs >= leastUpdateMs(count) && updateMs <= 1000)) {
            this.fail('config', 'updateMs ' + updateMs + ', allowed ' + leastUpdateMs(count) + ' to 1000')
        }
        if (!(commandTimeoutMs >= 2 * updateMs)) {
            this.fail('config', 'commandTimeoutMs ' + commandTimeoutMs + ', allowed ' + 2 * updateMs + ' and more')
        }
        this.enabled = false
        for (let i = 0; i < count; i++) {
            for (let waited = 0; !this.motors[i].isBound(); waited += LOOK_MS) {
                if (waited >= BINDING_MS) this.fail('not-found', 'motor ' + i + ' is not offered by the runtime')
                await clock.sleep(LOOK_MS)
            }
            await this.motors[i].setEnabled(false)
            this.toldEnabled[i] = false
            this.told[i] = NaN
        }
        this.timedOut = false
    }

    /** Sends for ever what the tick wants. Runs in a fiber of its own, started once. */
    async run(clock: Clock): Promise<void> {
        while (true) {
            await this.send()
            await clock.sleep(this.config.updateMs)
        }
    }

    /** One round: to each motor what has changed, off before anything else. At most one packet a motor. */
    async send(): Promise<void> {
        this.silentMs = this.unsent > 0 ? 0 : this.silentMs + this.config.updateMs
        this.unsent = 0
        if (this.enabled && this.silentMs >= this.config.commandTimeoutMs) {
            this.enabled = false
            this.timedOut = true
        }
        for (let i = 0; i < this.count; i++) {
            if (this.toldEnabled[i] !== this.enabled) {
                // The runtime starts from the speed that it last heard: so a motor is switched on at 0.
                if (this.enabled && this.told[i] !== 0) {
                    this.told[i] = 0
                    await this.motors[i].setSpeed(0)
                    continue
                }
                this.toldEnabled[i] = this.enabled
                await this.motors[i].setEnabled(this.toldEnabled[i])
            } else if (this.enabled && this.told[i] !== this.effort[i]) {
                this.told[i] = this.effort[i]
                await this.motors[i].setSpeed(this.told[i])
            }
        }
    }

    /**
     * What each motor is to do, -1 to 1; sent by {@link run}. @returns false when that does not get it out
     *
     * @inline
     */
    write(effort0: number, effort1: number, effort2: number): boolean {
        const effort = this.effort
        effort[0] = effort0
        effort[1] = effort1
        effort[2] = effort2
        this.unsent++
        if (this.unsent <= UNSENT_MAX) return true
        this.errors++
        return false
    }

    enable(): boolean {
        this.effort[0] = this.effort[1] = this.effort[2] = 0
        this.silentMs = 0
        this.timedOut = false
        this.enabled = true
        return true
    }

    /** Off with the next round of {@link run}: `updateMs` at most, and what telemetry makes it wait. */
    stop(): boolean {
        this.enabled = false
        return true
    }

    /** There is nothing to ask. @inline */
    readStatus(): boolean {
        return true
    }

    private fail(code: 'config' | 'not-found', detail: string): never {
        throw new DriverError('startMotor', code, detail)
    }
}
