import { requireInRange } from './range'
import { asin, atan2 } from './trig'

/** Roll and pitch, rad: about x, then the body's y (REP-103: pitch is positive with the nose down). */
export interface Tilt {
    roll: number
    pitch: number
}

/** Tilt of an orientation, whatever its heading. @param q unit quaternion x, y, z, w: body to world */
export function tiltOf(q: readonly number[], tilt: Tilt): void {
    const x = q[0]
    const y = q[1]
    const z = q[2]
    const w = q[3]
    tilt.roll = atan2(2 * (w * x + y * z), 1 - 2 * (x * x + y * y))
    tilt.pitch = asin(2 * (w * y - z * x))
}

/**
 * What an accelerometer shows beyond gravity: the body's acceleration, on its own axes.
 *
 * @param q unit quaternion x, y, z, w: body to world
 * @param force what the accelerometer shows: x, y, z, m/s²
 * @param gravity m/s²
 * @param acceleration result: x, y, z, m/s²; may be the same array as `force`
 */
export function removeGravity(
    q: readonly number[],
    force: readonly number[],
    gravity: number,
    acceleration: number[],
): void {
    const x = q[0]
    const y = q[1]
    const z = q[2]
    const w = q[3]
    acceleration[0] = force[0] - gravity * 2 * (x * z - w * y)
    acceleration[1] = force[1] - gravity * 2 * (y * z + w * x)
    acceleration[2] = force[2] - gravity * (1 - 2 * (x * x + y * y))
}

export interface RestBiasConfig {
    /** At rest the gyroscope stays within this of its mean, rad/s on each axis. */
    readonly rate: number
    /** At rest the accelerometer stays within this of its mean, m/s² on each axis. */
    readonly force: number
    /** Both must do so for this long before the mean is taken for a bias, s. */
    readonly time: number
    /** A mean larger than this is a motion, not a bias, rad/s on each axis. */
    readonly biasLimit: number
}

/**
 * Learns a gyroscope's bias while the body rests: what it shows then. A tilt filter learns the bias of tilting from the
 * accelerometer, but nothing tells it that of the heading; this does. Give it to `Mahony.state.bias`.
 *
 * Rest is when gyroscope and accelerometer stay within a band of their means since the rest began. A steady slow turn within
 * `biasLimit` looks just the same: choose that as small as the part allows.
 */
export class RestBias {
    /** Whether the body rests; the bias of x, y, z, rad/s, once `known`. */
    readonly state = { resting: false, known: false, bias: [0, 0, 0] }
    /** Means since the rest began: gyroscope, accelerometer. */
    private readonly mean = [0, 0, 0, 0, 0, 0]
    private samples = 0
    private elapsed = 0

    /** @throws RangeError naming the key, when a value is out of its range */
    constructor(readonly config: RestBiasConfig) {
        requireInRange('rate', config.rate, 1e-6, 10)
        requireInRange('force', config.force, 1e-4, 100)
        requireInRange('time', config.time, 1e-3, 1e3)
        requireInRange('biasLimit', config.biasLimit, 0, 10)
    }

    /**
     * @param gx rad/s; likewise `gy`, `gz`
     * @param ax m/s²; likewise `ay`, `az`
     * @param dt s since the last call; 0, negative or NaN changes nothing, a NaN or infinite input ends the rest
     * @returns whether the body rests
     */
    update(gx: number, gy: number, gz: number, ax: number, ay: number, az: number, dt: number): boolean {
        const state = this.state
        if (!(dt > 0)) return state.resting
        this.samples++
        const share = 1 / this.samples
        const { rate, force } = this.config
        const steady =
            this.follow(0, gx, share, rate) &&
            this.follow(1, gy, share, rate) &&
            this.follow(2, gz, share, rate) &&
            this.follow(3, ax, share, force) &&
            this.follow(4, ay, share, force) &&
            this.follow(5, az, share, force)
        if (!steady) {
            this.begin()
            return false
        }
        this.elapsed += dt
        state.resting = this.elapsed >= this.config.time && this.small()
        if (state.resting) {
            state.known = true
            for (let axis = 0; axis < 3; axis++) state.bias[axis] = this.mean[axis]
        }
        return state.resting
    }

    /** As new: nothing known. */
    reset(): void {
        this.begin()
        this.state.known = false
        for (let axis = 0; axis < 3; axis++) this.state.bias[axis] = 0
    }

    /** One value into its mean. @returns false when it is too far from that */
    private follow(i: number, value: number, share: number, band: number): boolean {
        const away = value - this.mean[i]
        this.mean[i] = share === 1 ? value : this.mean[i] + share * away
        return share === 1 ? value - value === 0 : away <= band && away >= -band
    }

    private small(): boolean {
        const limit = this.config.biasLimit
        for (let axis = 0; axis < 3; axis++) {
            if (this.mean[axis] > limit || this.mean[axis] < -limit) return false
        }
        return true
    }

    private begin(): void {
        this.samples = 0
        this.elapsed = 0
        this.state.resting = false
    }
}
