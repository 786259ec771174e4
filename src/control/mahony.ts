import { GAIN_MAX, requireInRange } from './range'
import { atan2, sinCos, sqrt } from './trig'

export interface MahonyConfig {
    /** Pull towards the accelerometer's vertical, 1/s: 1 / time constant of tilt errors. */
    readonly kp: number
    /** Learning of the gyroscope's bias, 1/s². */
    readonly ki: number
    /** What the accelerometer shows at rest, m/s². Default 9.80665. */
    readonly gravity?: number
    /** The accelerometer is trusted while its magnitude is within this share of gravity. Default 0.1. */
    readonly accelerationTolerance?: number
    /** Largest bias that is learnt on an axis, rad/s. Default 0.2. */
    readonly biasLimit?: number
}

export interface MahonyState {
    /** Quaternion x, y, z, w that turns body coordinates into the world's (REP-103: z up). */
    orientation: number[]
    /** Learnt bias of the gyroscope, rad/s on each body axis. */
    bias: number[]
    /** True once a trusted accelerometer sample has set the tilt. */
    initialized: boolean
    /** Steps without correction, because the magnitude of the acceleration was too far from gravity. */
    untrusted: number
    /** Steps dropped because an input was NaN or infinite. */
    rejected: number
}

/**
 * Attitude from a six-axis IMU by Mahony's explicit complementary filter: the gyroscope turns the estimate, the
 * accelerometer pulls its vertical upright and teaches the gyroscope's bias. (Mahony, Hamel, Pflimlin: Nonlinear
 * complementary filters on the special orthogonal group, IEEE TAC 53(5), 2008.) Heading starts at 0 and drifts.
 *
 * Until the first trusted accelerometer sample the orientation is level and nothing turns it. Steps with bad data hold
 * everything and are counted.
 */
export class Mahony {
    readonly state: MahonyState = {
        orientation: [0, 0, 0, 1],
        bias: [0, 0, 0],
        initialized: false,
        untrusted: 0,
        rejected: 0,
    }
    private readonly biasLimit: number
    private readonly perGravity: number
    /** Bounds of (|acceleration| / gravity)² for trust. */
    private readonly lowest: number
    private readonly highest: number
    /** Error of the last step's vertical, as a rotation vector in the body, rad (sine of the angle). */
    private ex = 0
    private ey = 0
    private ez = 0

    /** @throws RangeError naming the key, when a value is out of its range */
    constructor(readonly config: MahonyConfig) {
        const gravity = config.gravity ?? 9.80665
        const tolerance = config.accelerationTolerance ?? 0.1
        this.biasLimit = config.biasLimit ?? 0.2
        requireInRange('kp', config.kp, 0, GAIN_MAX)
        requireInRange('ki', config.ki, 0, GAIN_MAX)
        requireInRange('gravity', gravity, 1, 100)
        requireInRange('accelerationTolerance', tolerance, 0.001, 0.5)
        requireInRange('biasLimit', this.biasLimit, 0, 10)
        this.perGravity = 1 / gravity
        this.lowest = (1 - tolerance) * (1 - tolerance)
        this.highest = (1 + tolerance) * (1 + tolerance)
    }

    /**
     * @param gx angular velocity on the body's x axis, rad/s; likewise `gy`, `gz`
     * @param ax specific force on the body's x axis, m/s²: level and at rest, z shows +gravity; likewise `ay`, `az`
     * @param dt s since the last call; 0, negative or NaN changes nothing
     * @returns `state.orientation`
     */
    update(gx: number, gy: number, gz: number, ax: number, ay: number, az: number, dt: number): number[] {
        const state = this.state
        const q = state.orientation
        if (!(dt > 0)) return q
        const sum = gx + gy + gz + ax + ay + az
        if (sum - sum !== 0) {
            state.rejected++
            return q
        }
        const square = (ax * ax + ay * ay + az * az) * this.perGravity * this.perGravity
        const trusted = square >= this.lowest && square <= this.highest
        if (!trusted) state.untrusted++
        if (!state.initialized) {
            if (trusted) this.align(ax, ay, az)
            return q
        }

        // Turn by the step's rotation vector; sine and cosine of half its angle by their series (h: half the vector).
        const bias = state.bias
        const kp = this.config.kp
        const halfDt = 0.5 * dt
        const hx = (gx - bias[0] + kp * this.ex) * halfDt
        const hy = (gy - bias[1] + kp * this.ey) * halfDt
        const hz = (gz - bias[2] + kp * this.ez) * halfDt
        const h2 = hx * hx + hy * hy + hz * hz
        const c = 1 - h2 * (0.5 - h2 / 24)
        const s = 1 - h2 * (1 / 6 - h2 / 120)
        const dx = hx * s
        const dy = hy * s
        const dz = hz * s
        let x = q[0]
        let y = q[1]
        let z = q[2]
        let w = q[3]
        const nx = w * dx + x * c + y * dz - z * dy
        const ny = w * dy - x * dz + y * c + z * dx
        const nz = w * dz + x * dy - y * dx + z * c
        const nw = w * c - x * dx - y * dy - z * dz
        // Unit length again, by one Newton step for 1/√n from n = 1: n is never far from it.
        const unit = 1.5 - 0.5 * (nx * nx + ny * ny + nz * nz + nw * nw)
        x = nx * unit
        y = ny * unit
        z = nz * unit
        w = nw * unit
        q[0] = x
        q[1] = y
        q[2] = z
        q[3] = w

        if (!trusted) {
            this.ex = 0
            this.ey = 0
            this.ez = 0
            return q
        }
        // Error: measured vertical × estimated vertical, both in the body and both of now. The next step corrects by it.
        // 1/|a| by one Newton step from 1/g: within 1.6 % for a tolerance of 0.1, and it only scales the gains; the
        // direction is exact.
        const scale = this.perGravity * (1.5 - 0.5 * square)
        const vx = 2 * (x * z - w * y)
        const vy = 2 * (y * z + w * x)
        const vz = 1 - 2 * (x * x + y * y)
        const ex = (ay * vz - az * vy) * scale
        const ey = (az * vx - ax * vz) * scale
        const ez = (ax * vy - ay * vx) * scale
        this.ex = ex
        this.ey = ey
        this.ez = ez
        const learn = this.config.ki * dt
        const limit = this.biasLimit
        const bx = bias[0] - learn * ex
        const by = bias[1] - learn * ey
        const bz = bias[2] - learn * ez
        bias[0] = bx > limit ? limit : bx < -limit ? -limit : bx
        bias[1] = by > limit ? limit : by < -limit ? -limit : by
        bias[2] = bz > limit ? limit : bz < -limit ? -limit : bz
        return q
    }

    /** As new: level, no bias, waiting for an accelerometer sample. */
    reset(): void {
        const { orientation, bias } = this.state
        orientation[0] = 0
        orientation[1] = 0
        orientation[2] = 0
        orientation[3] = 1
        bias[0] = 0
        bias[1] = 0
        bias[2] = 0
        this.ex = 0
        this.ey = 0
        this.ez = 0
        this.state.initialized = false
        this.state.untrusted = 0
        this.state.rejected = 0
    }

    /** Roll and pitch from the vertical, heading 0. Once only, so it may call. */
    private align(ax: number, ay: number, az: number): void {
        const halves: number[] = [0, 1]
        sinCos(0.5 * atan2(ay, az), halves)
        const sr = halves[0]
        const cr = halves[1]
        sinCos(0.5 * atan2(-ax, sqrt(ay * ay + az * az)), halves)
        const sp = halves[0]
        const cp = halves[1]
        const q = this.state.orientation
        q[0] = sr * cp
        q[1] = cr * sp
        q[2] = -sr * sp
        q[3] = cr * cp
        this.state.initialized = true
    }
}
