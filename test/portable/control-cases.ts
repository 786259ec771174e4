import { decay } from '../../src/control/decay'
import { DifferentialDrive, limitWheelSpeeds } from '../../src/control/differential-drive'
import { Feedforward } from '../../src/control/feedforward'
import { LowPass } from '../../src/control/low-pass'
import { Mahony } from '../../src/control/mahony'
import { Odometry } from '../../src/control/odometry'
import { Pid } from '../../src/control/pid'
import { asin, atan2, cos, sin, sinCos, sqrt, TWO_PI, wrapAngle } from '../../src/control/trig'
import { trackingGains, VelocityEstimator } from '../../src/control/velocity-estimator'
import { WrappingEncoder } from '../../src/control/wrapping-encoder'

/** Period of every step below, s. */
const DT = 0.01
/** Steps between pauses: the board stops a fiber that runs too long without one. */
const STRETCH = 50

let seed = 0

/** Next number of a fixed sequence, -1 to 1; every intermediate result is a whole number below 2^53. */
function next(): number {
    seed = (seed * 69069 + 12345) & 0x7fffffff
    return seed / 0x40000000 - 1
}

/**
 * A fixed run through everything in `src/control`, for Node and for the DeviceScript VM: both must log the same names with
 * the same numbers, bit for bit. It checks nothing itself.
 *
 * @param log called with each result, about 1200 in all; zero is always +0
 * @param pause awaited between stretches of at most 50 steps
 */
export async function controlCases(
    log: (name: string, value: number) => void,
    pause: () => Promise<void>,
): Promise<void> {
    seed = 20240917
    // Node has a negative zero, the board has not; adding 0 makes one of both.
    const put = (name: string, value: number): void => log(name, value + 0)
    await trigCases(put, pause)
    await controllerCases(put, pause)
    await wheelCases(put, pause)
    await attitudeCases(put, pause)
    badDataCases(put)
}

async function trigCases(put: (name: string, value: number) => void, pause: () => Promise<void>): Promise<void> {
    const pair: number[] = [0, 0]
    let span = 1
    for (let i = 0; i < 100; i++) {
        if (i % STRETCH === 0) await pause()
        if (i % 25 === 0) span *= 10 // to 10, 100, 1000, 10000
        const x = next() * span
        const y = next()
        put('sin ' + i, sin(x))
        put('cos ' + i, cos(x))
        sinCos(y * span, pair)
        put('sinCos ' + i, pair[0] * 3 + pair[1])
        put('wrapAngle ' + i, wrapAngle(x))
        put('atan2 ' + i, atan2(y, x))
        put('asin ' + i, asin(y))
        put('sqrt ' + i, sqrt(x * x * y * y))
        put('decay ' + i, decay(y * y, x < 0 ? -x : x))
    }
    await pause()
    const edges = [0, 1, -1, 0.5, -0.5, 2, 1e-12, -1e-12, 3.141592653589793, -3.141592653589793, 1e6, 1e100, 1e-100]
    for (let i = 0; i < edges.length; i++) {
        const x = edges[i]
        put('edge sin ' + i, sin(x > 1e6 ? 1 : x))
        put('edge wrapAngle ' + i, wrapAngle(x > 1e6 ? 1 : x))
        put('edge atan2 ' + i, atan2(x, -1) + atan2(-1, x) + atan2(x, 0))
        put('edge asin ' + i, asin(x))
        put('edge sqrt ' + i, sqrt(x < 0 ? -x : x))
    }
}

async function controllerCases(put: (name: string, value: number) => void, pause: () => Promise<void>): Promise<void> {
    const pid = new Pid({ kp: 0.3, ki: 1.7, kd: 0.02, outputMin: -1, outputMax: 0.9, derivativeTimeConstant: 0.03 })
    const feedforward = new Feedforward({ ks: 0.04, kv: 0.051, ka: 0.0013 })
    const lowPass = new LowPass({ cutoff: 7 })
    let setpoint = 0
    for (let i = 0; i < 300; i++) {
        if (i % STRETCH === 0) await pause()
        if (i % 40 === 0) setpoint = next() * 20
        const measurement = setpoint * 0.8 + next()
        const ahead = feedforward.calculate(setpoint, next())
        const output = pid.calculate(measurement, setpoint, i % 7 === 0 ? 0.5 * DT : DT, ahead)
        const filtered = lowPass.calculate(measurement, DT)
        if (i % 10 === 0) {
            put('pid output ' + i, output)
            put('pid i ' + i, pid.state.i)
            put('pid d ' + i, pid.state.d)
            put('lowPass ' + i, filtered)
        }
    }
}

async function wheelCases(put: (name: string, value: number) => void, pause: () => Promise<void>): Promise<void> {
    const drive = new DifferentialDrive({ wheelRadius: 0.0325, trackWidth: 0.147 })
    const odometry = new Odometry(drive.config)
    const left = new WrappingEncoder({ countsPerRevolution: 4096, direction: -1, zeroOffset: 4000, gearRatio: 3 })
    const right = new WrappingEncoder({ countsPerRevolution: TWO_PI, direction: 1 })
    const estimator = new VelocityEstimator({ bandwidth: 60 })
    let leftCount = 0
    let rightAngle = 0
    for (let i = 0; i < 200; i++) {
        if (i % STRETCH === 0) await pause()
        const wheels = drive.inverse(0.4 * next() + 0.2, 3 * next())
        limitWheelSpeeds(wheels, 8)
        leftCount = (leftCount + 4096 + Math.floor(100 * wheels.left)) & 4095
        rightAngle += wheels.right * 0.1
        if (rightAngle >= TWO_PI) rightAngle -= TWO_PI
        else if (rightAngle < 0) rightAngle += TWO_PI
        const leftPosition = left.update(leftCount)
        const rightPosition = right.update(rightAngle)
        const velocity = estimator.update(rightPosition, DT)
        const pose = odometry.update(leftPosition, rightPosition)
        const body = drive.forward(wheels.left, wheels.right)
        if (i % 20 === 0) {
            put('inverse ' + i, wheels.left)
            put('forward ' + i, body.linear + body.angular)
            put('left ' + i, leftPosition)
            put('right ' + i, rightPosition)
            put('velocity ' + i, velocity)
            put('x ' + i, pose.x)
            put('y ' + i, pose.y)
            put('heading ' + i, pose.heading)
        }
    }
    const gains = { position: 0, velocity: 0 }
    trackingGains(60, DT, gains)
    put('tracking gains', gains.position + gains.velocity)
}

async function attitudeCases(put: (name: string, value: number) => void, pause: () => Promise<void>): Promise<void> {
    const mahony = new Mahony({ kp: 1, ki: 0.3 })
    for (let i = 0; i < 200; i++) {
        if (i % STRETCH === 0) await pause()
        const q = mahony.update(
            next() + 0.02,
            next() - 0.01,
            next(),
            2 + next() * 0.1,
            1 + next() * 0.1,
            9.5 + next(),
            DT,
        )
        if (i % 20 === 0) {
            for (let k = 0; k < 4; k++) put('orientation ' + i + ' ' + k, q[k])
            put('bias ' + i, mahony.state.bias[0])
        }
    }
    put('untrusted', mahony.state.untrusted)
}

/** NaN and infinities hold the output and are counted on both platforms. */
function badDataCases(put: (name: string, value: number) => void): void {
    const pid = new Pid({ kp: 0, ki: 1, kd: 1, outputMin: -1, outputMax: 1 })
    pid.calculate(0, 1, DT)
    pid.calculate(NaN, 1, DT)
    pid.calculate(Infinity, 1, DT)
    pid.calculate(0, 1, NaN)
    put('bad pid', pid.calculate(0, 1, DT, -Infinity))
    put('bad pid rejected', pid.state.rejected)
    const lowPass = new LowPass({ cutoff: 1 })
    lowPass.calculate(2, DT)
    put('bad lowPass', lowPass.calculate(NaN, DT) + lowPass.state.rejected)
    const encoder = new WrappingEncoder({ countsPerRevolution: 4096, direction: 1 })
    encoder.update(100)
    encoder.update(NaN)
    put('bad encoder', encoder.update(4096) + encoder.state.rejected)
    const estimator = new VelocityEstimator({ bandwidth: 30 })
    estimator.update(1, DT)
    estimator.update(1.1, DT)
    estimator.update(NaN, DT)
    put('bad estimator', estimator.state.position + estimator.state.rejected)
    const mahony = new Mahony({ kp: 1, ki: 0 })
    mahony.update(0, 0, NaN, 0, 0, 9.8, DT)
    put('bad mahony', mahony.state.rejected)
    const odometry = new Odometry({ wheelRadius: 0.1, trackWidth: 1 })
    odometry.update(0, 0)
    odometry.update(Infinity, 1)
    put('bad odometry', odometry.update(1, 1).x + odometry.state.rejected)
    let named = 0
    try {
        new Pid({ kp: -1, ki: 0, kd: 0, outputMin: 0, outputMax: 1 })
    } catch (error) {
        if (error instanceof RangeError) named = 1
    }
    put('range error', named)
    put('sqrt of a negative', sqrt(-1) === sqrt(-1) ? 0 : 1)
}
