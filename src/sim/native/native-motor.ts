// The runtime's own motor: jacdac-c, services/motor.c.
import type { VirtualClock } from '../virtual-clock'
import type { NativeService } from './native-device'

/** Jacdac's motor service: enabled u8, speed i1.15. */
const ENABLED = 0x01
const SPEED = 0x02
/** 9 bits of duty; it rises by a 32nd of that each 9 ms. */
const FULL = 512
const STEP = FULL / 32
const STEP_US = 9000

/** One H-bridge: two PWM pins, an enable pin. */
export class NativeMotorService implements NativeService {
    readonly serviceClass = 0x17004cd8
    /** The enable pin. */
    enabled = false
    /** Times of the writes that came, µs: each is a packet. */
    readonly writes: number[] = []
    private value = 0
    private readonly target = [0, 0]
    private readonly current = [0, 0]
    private clock: VirtualClock | undefined

    /** What the bridge is told now, -1 to 1. */
    get duty(): number {
        return (this.current[0] - this.current[1]) / FULL
    }

    start(clock: VirtualClock): void {
        this.clock = clock
        const step = () => {
            this.step(0)
            this.step(1)
            clock.at(clock.now + STEP_US, step)
        }
        step()
    }

    set(register: number, value: Buffer): void {
        this.writes.push(this.clock?.now ?? 0)
        if (register === ENABLED) this.switch(value[0] !== 0)
        else if (register === SPEED) this.value = value.readInt16LE(0)
        if (!this.enabled) return
        // 15 bits to 9; the sign chooses the pin.
        const size = Math.min(Math.abs(this.value) >> 6, FULL - 1)
        this.target[0] = this.value < 0 ? 0 : size
        this.target[1] = this.value < 0 ? size : 0
    }

    get(register: number): Buffer | undefined {
        if (register === ENABLED) return Buffer.from([this.enabled ? 1 : 0])
        if (register !== SPEED) return undefined
        const speed = Buffer.alloc(2)
        speed.writeInt16LE(this.value)
        return speed
    }

    /** Either way the pins go LOW first. */
    private switch(on: boolean): void {
        if (on === this.enabled) return
        this.target.fill(0)
        this.current.fill(0)
        this.enabled = on
    }

    /** Up by ramp, down at once. */
    private step(pin: number): void {
        this.current[pin] = Math.min(this.current[pin] + STEP, this.target[pin])
    }
}
