// The runtime's own servo: jacdac-c, services/servo.c.
import type { NativeService } from './native-device'

/** Jacdac's servo service: enabled u8, angle i16.16. */
const ENABLED = 0x01
const ANGLE = 0x02
/** Of a degree in i16.16. */
const DEGREE = 65536

export interface NativeServoOptions {
    /** Degrees, and the pulses there, µs. */
    minAngle: number
    maxAngle: number
    minPulse: number
    maxPulse: number
}

/** One servo on a pin. */
export class NativeServoService implements NativeService {
    readonly serviceClass = 0x12fc9103
    private enabled = false
    private angle = 0

    constructor(private readonly options: NativeServoOptions) {}

    /** Pulse that the servo gets, s; 0 for none. */
    get highTime(): number {
        if (!this.enabled) return 0
        const { minAngle, maxAngle, minPulse, maxPulse } = this.options
        // As the source computes it: a 256th of a degree, and whole microseconds.
        const above = (this.angle - minAngle * DEGREE) >> 8
        const range = ((maxAngle - minAngle) * DEGREE) >> 8
        return (minPulse + Math.trunc((above * (maxPulse - minPulse)) / range)) * 1e-6
    }

    set(register: number, value: Buffer): void {
        const { minAngle, maxAngle } = this.options
        if (register === ENABLED) this.enabled = value[0] !== 0
        else if (register === ANGLE) this.angle = value.readInt32LE(0)
        this.angle = Math.min(Math.max(this.angle, minAngle * DEGREE), maxAngle * DEGREE)
    }

    get(register: number): Buffer | undefined {
        if (register === ENABLED) return Buffer.from([this.enabled ? 1 : 0])
        if (register !== ANGLE) return undefined
        const angle = Buffer.alloc(4)
        angle.writeInt32LE(this.angle)
        return angle
    }
}
