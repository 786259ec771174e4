import { DcGearMotor, type DcGearMotorParameters, parametersFromDatasheet } from './dc-gear-motor'

/** What a hobby servo is made of: a gear motor, a potentiometer on its shaft, and an amplifier that compares pulses. */
export interface HobbyServoParameters {
    readonly motor: DcGearMotorParameters
    /** Pulse that means position 0, s. */
    readonly centrePulse: number
    /** What a longer pulse turns it by, rad/s. */
    readonly radiansPerPulse: number
    /** Width of the pulses that it takes for the position that it has, s. */
    readonly deadBand: number
    /** Beyond the dead band, the error with which it drives fully, s. */
    readonly fullDriveError: number
    /** What a speed takes off the error, s of pulse for each rad/s: the motor's back-EMF, fed back to the comparator. */
    readonly speedFeedback: number
    /** What it drives with at the edge of the dead band, part of full. */
    readonly leastDrive: number
    /** Between pulses, s: an analogue amplifier compares once for each. */
    readonly pulsePeriod: number
    /** Mechanical stops, rad to either side. */
    readonly travel: number
    /** What its electronics take, A. */
    readonly idleCurrent: number
}

/**
 * Hitec HS-645MG, an analogue servo with metal gears: 0.20 s for 60 degrees, 9.6 kg cm, 450 mA running free and 9.1 mA idle
 * at 6 V, dead band 8 µs, 400 µs for 40 degrees, 2.5 A stalled, as is commonly said of it. Hitec's sheet was looked
 * for and not found; its sheet of the HS-311 ("Announced specification of HS-311") has the same 40 degrees for 400 µs around
 * 1500 µs, and a user of ArduPilot's antenna tracker counts 1900 µs for the HS-645MG's 180 degrees. Assumed: gears of 200:1; a rotor of 5e-8 kg·m² (4 g of 5 mm radius); a third of the friction dry; full drive at
 * 80 µs beyond the dead band and speed feedback of 20 ms, with which it is well damped; stops at 100 degrees.
 */
export const HS_645MG: HobbyServoParameters = {
    motor: parametersFromDatasheet({
        voltage: 6,
        freeSpeed: Math.PI / 3 / 0.2,
        freeCurrent: 0.45,
        stallTorque: 0.096 * 9.80665,
        stallCurrent: 2.5,
        gearRatio: 200,
        rotorInertia: 5e-8,
        coulombShare: 0.3,
        staticRatio: 1.3,
    }),
    centrePulse: 1.5e-3,
    radiansPerPulse: (40 * Math.PI) / 180 / 400e-6,
    deadBand: 8e-6,
    fullDriveError: 80e-6,
    // 20 ms of motion.
    speedFeedback: 11.5e-6,
    leastDrive: 0.1,
    pulsePeriod: 0.02,
    travel: (100 * Math.PI) / 180,
    idleCurrent: 9.1e-3,
}

/** A hobby servo. It says nothing of where it is; without pulses it goes limp, and its gears alone hold. */
export class HobbyServo {
    readonly motor: DcGearMotor
    /** Input: length of its pulses, s; 0 without. */
    pulse = 0
    private frame = 0

    /** @param loadInertia of what it turns, kg·m² */
    constructor(
        readonly parameters: HobbyServoParameters = HS_645MG,
        loadInertia = 0,
    ) {
        this.motor = new DcGearMotor(parameters.motor, loadInertia)
    }

    /** From the supply, A: the bridge shorts the motor between its pulses. */
    get supplyCurrent(): number {
        const { motor, parameters } = this
        return parameters.idleCurrent + motor.current * motor.drive
    }

    /** Moves on by `dt` (s) against `loadTorque` (N·m, positive holds back forward motion). */
    step(dt: number, loadTorque: number): void {
        const { motor, parameters } = this
        this.frame -= dt
        if (this.frame <= 0) {
            this.frame += parameters.pulsePeriod
            this.compare()
        }
        motor.step(dt, loadTorque)
        if (Math.abs(motor.angle) > parameters.travel) {
            motor.angle = Math.sign(motor.angle) * parameters.travel
            motor.velocity = 0
        }
    }

    /** The pulse against the one that its potentiometer makes; the drive that follows lasts until the next. */
    private compare(): void {
        const { motor, parameters: p, pulse } = this
        motor.braking = pulse > 0 ? 1 : 0
        motor.drive = 0
        if (pulse === 0) return
        const moving = p.speedFeedback * motor.velocity
        const error = pulse - p.centrePulse - motor.angle / p.radiansPerPulse - moving
        const beyond = Math.abs(error) - p.deadBand / 2
        if (beyond <= 0) return
        const drive = p.leastDrive + (1 - p.leastDrive) * (beyond / p.fullDriveError)
        motor.drive = Math.sign(error) * Math.min(1, drive)
    }
}
