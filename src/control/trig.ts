/**
 * Trigonometry from +, -, * and / alone: the board has no `Math.sin`, and where each platform has its own, they differ in
 * the last bits. Each function is one call without calls inside (a call costs the board as much as 50 operations), and a
 * test compares it with Node's `Math` over the stated range. NaN and infinities give NaN unless stated otherwise.
 *
 * Polynomials: minimax fits by Remez exchange in 60 digits over the stated interval, rounded to doubles.
 */

export const PI = 3.141592653589793
export const TWO_PI = 6.283185307179586
export const HALF_PI = 1.5707963267948966

/** Adding and taking away 1.5 · 2^52 rounds a double below 2^51 to the nearest integer. */
const ROUND = 6755399441055744
const TWO_OVER_PI = 0.6366197723675814
/** π/2 in two parts (Cody and Waite): 33 bits, so that products with integers below 2^20 are exact; and the rest. */
const HALF_PI_HIGH = 1.5707963267341256
const HALF_PI_LOW = 6.077100506506192e-11

/** sin r = r + r³ · S(r²), |r| <= π/4, within 1.6e-18. */
const S0 = -0.166666666666666
const S1 = 0.008333333333316482
const S2 = -0.0001984126982593394
const S3 = 2.755731254471035e-6
const S4 = -2.5050600228619416e-8
const S5 = 1.5888585367061472e-10
/** cos r = 1 - r²/2 + r⁴ · C(r²), |r| <= π/4, within 7.7e-17. */
const C0 = 0.04166666666660226
const C1 = -0.0013888888878274151
const C2 = 2.4801580971586362e-5
const C3 = -2.7555567115040174e-7
const C4 = 2.0647736832900492e-9

/** Sine of an angle in rad; absolute error below 3e-16 for |x| <= 1e6. It grows quickly beyond: 1e-9 at 1e7. */
export function sin(x: number): number {
    const k = x * TWO_OVER_PI + ROUND - ROUND
    const r = x - k * HALF_PI_HIGH - k * HALF_PI_LOW
    const z = r * r
    const quadrant = k & 3
    const y =
        quadrant & 1
            ? 1 - 0.5 * z + z * z * ((((C4 * z + C3) * z + C2) * z + C1) * z + C0)
            : r + r * z * (((((S5 * z + S4) * z + S3) * z + S2) * z + S1) * z + S0)
    return quadrant & 2 ? -y : y
}

/** Cosine of an angle in rad; errors as {@link sin}. */
export function cos(x: number): number {
    const k = x * TWO_OVER_PI + ROUND - ROUND
    const r = x - k * HALF_PI_HIGH - k * HALF_PI_LOW
    const z = r * r
    const quadrant = (k + 1) & 3
    const y =
        quadrant & 1
            ? 1 - 0.5 * z + z * z * ((((C4 * z + C3) * z + C2) * z + C1) * z + C0)
            : r + r * z * (((((S5 * z + S4) * z + S3) * z + S2) * z + S1) * z + S0)
    return quadrant & 2 ? -y : y
}

/** Writes sin x to `out[0]` and cos x to `out[1]`, the same to the bit as {@link sin} and {@link cos}, in one call. */
export function sinCos(x: number, out: number[]): void {
    const k = x * TWO_OVER_PI + ROUND - ROUND
    const r = x - k * HALF_PI_HIGH - k * HALF_PI_LOW
    const z = r * r
    const quadrant = k & 3
    const s = r + r * z * (((((S5 * z + S4) * z + S3) * z + S2) * z + S1) * z + S0)
    const c = 1 - 0.5 * z + z * z * ((((C4 * z + C3) * z + C2) * z + C1) * z + C0)
    if (quadrant === 0) {
        out[0] = s
        out[1] = c
    } else if (quadrant === 1) {
        out[0] = c
        out[1] = -s
    } else if (quadrant === 2) {
        out[0] = -s
        out[1] = -c
    } else {
        out[0] = -c
        out[1] = s
    }
}

/** The same direction in [-π, π), rad; absolute error below 5e-16 for |x| <= 1e6. */
export function wrapAngle(x: number): number {
    const k = x * (0.25 * TWO_OVER_PI) + ROUND - ROUND
    const r = x - k * (4 * HALF_PI_HIGH) - k * (4 * HALF_PI_LOW)
    if (r >= PI) return r - TWO_PI
    if (r < -PI) return r + TWO_PI
    return r
}

const TAN_PI_8 = 0.41421356237309503
/** atan t = t + t³ · A(t²), |t| <= tan(π/8), within 7.6e-18. */
const A0 = -0.3333333333332519
const A1 = 0.1999999999818327
const A2 = -0.14285714133664068
const A3 = 0.11111104506441878
const A4 = -0.09090738867585667
const A5 = 0.07689524664179301
const A6 = -0.06636882647371974
const A7 = 0.05672424490739474
const A8 = -0.043059399036837004
const A9 = 0.02066001779936252

/**
 * Direction of the point (x, y) in rad, (-π, π]; absolute error below 1e-15. atan2(0, 0) is 0, and zero has no sign:
 * the negative x axis is +π. Arguments of magnitude 0 or 1e-150 to 1e150.
 */
export function atan2(y: number, x: number): number {
    const ay = y < 0 ? -y : y
    const ax = x < 0 ? -x : x
    // Angle from the positive x axis as base + atan t, where one division brings |t| below tan(π/8).
    let t = 0
    let base = 0
    if (ay <= ax * TAN_PI_8) {
        if (ax > 0) t = ay / ax
    } else if (ax <= ay * TAN_PI_8) {
        t = -ax / ay
        base = HALF_PI
    } else {
        t = (ay - ax) / (ay + ax)
        base = 0.5 * HALF_PI
    }
    const z = t * t
    const high = ((((A9 * z + A8) * z + A7) * z + A6) * z + A5) * z + A4
    let angle = base + (t + t * z * ((((high * z + A3) * z + A2) * z + A1) * z + A0))
    if (x < 0) angle = PI - angle
    return y < 0 ? -angle : angle
}

/** asin x = x + x³ · N(x²), |x| <= 1/2, within 6.9e-17. */
const N0 = 0.16666666666718097
const N1 = 0.0749999999097922
const N2 = 0.044642863091521164
const N3 = 0.030381740172879177
const N4 = 0.022376340269617486
const N5 = 0.01729815219958409
const N6 = 0.014435082760120217
const N7 = 0.008865597100613272
const N8 = 0.01972607609662525
const N9 = -0.014093279775695352
const N10 = 0.03320288104110828

/**
 * Angle in [-π/2, π/2] rad whose sine is x; absolute error below 5e-16. Rounding takes the sine of a steep pitch past
 * ±1, so arguments beyond give ±π/2. One call of {@link sqrt} inside for |x| > 1/2.
 */
export function asin(x: number): number {
    const a = x < 0 ? -x : x
    if (a >= 1) return x < 0 ? -HALF_PI : HALF_PI
    // asin a = π/2 - 2 · asin √((1 - a)/2) brings the argument below 1/2.
    const steep = a > 0.5
    const z = steep ? 0.5 * (1 - a) : a * a
    const r = steep ? sqrt(z) : a
    const high = (((((N10 * z + N9) * z + N8) * z + N7) * z + N6) * z + N5) * z + N4
    const y = r + r * z * ((((high * z + N3) * z + N2) * z + N1) * z + N0)
    const angle = steep ? HALF_PI - 2 * y : y
    return x < 0 ? -angle : angle
}

/**
 * Square root; relative error below 2.3e-16 (one unit in the last place). 0 and +Infinity give themselves, negative
 * numbers NaN. The board has no numbers below 2.3e-308: there they are 0.
 */
export function sqrt(x: number): number {
    if (!(x > 0)) return x === 0 ? 0 : NaN
    if (x > 1.7976931348623157e308) return x
    // x = m · scale² with m in [1, 4); at most 64 + 8 turns, none for numbers near 1.
    let m = x
    let scale = 1
    while (m >= 65536) {
        m *= 0.0000152587890625 // 2^-16
        scale *= 256
    }
    while (m < 0.0000152587890625) {
        m *= 65536
        scale *= 0.00390625
    }
    while (m >= 4) {
        m *= 0.25
        scale *= 2
    }
    while (m < 1) {
        m *= 4
        scale *= 0.5
    }
    // Seed within 5e-3 (minimax parabola); each Newton step squares the error and halves it: 1.3e-5, 8e-11, 3e-21.
    let y = (0.5260095577939384 - 0.039540071526455216 * m) * m + 0.5185546469041878
    y = 0.5 * (y + m / y)
    y = 0.5 * (y + m / y)
    return scale * (0.5 * (y + m / y))
}

/** Cube root; relative error below 5e-16 for magnitudes of 0 or 1e-300 to 1e300. It has the sign of x. */
export function cbrt(x: number): number {
    if (x === 0 || x - x !== 0) return x
    // |x| = m · scale³ with m in [1, 8).
    let m = x < 0 ? -x : x
    let scale = 1
    while (m >= 4096) {
        m *= 0.000244140625 // 2^-12
        scale *= 16
    }
    while (m < 0.000244140625) {
        m *= 4096
        scale *= 0.0625
    }
    while (m >= 8) {
        m *= 0.125
        scale *= 2
    }
    while (m < 1) {
        m *= 8
        scale *= 0.5
    }
    // Seed: the line through (1, 1) and (8, 2), up to 11 % low. Each Newton step squares the error.
    let y = (m + 6) / 7
    for (let step = 0; step < 5; step++) y -= (y - m / (y * y)) / 3
    return x < 0 ? -scale * y : scale * y
}
