import { removeGravity, RestBias, tiltOf } from '../../src/control/attitude'
import { Biquad, lowPassBiquad, notchBiquad } from '../../src/control/biquad'
import { decay } from '../../src/control/decay'
import { DifferentialDrive, limitWheelSpeeds } from '../../src/control/differential-drive'
import { Feedforward } from '../../src/control/feedforward'
import { JointMove } from '../../src/control/joint-move'
import { LowPass } from '../../src/control/low-pass'
import { Mahony } from '../../src/control/mahony'
import { MecanumDrive } from '../../src/control/mecanum-drive'
import { MotorModel } from '../../src/control/motor-model'
import { MotorObserver } from '../../src/control/motor-observer'
import { MoveFollower } from '../../src/control/move-follower'
import { Odometry } from '../../src/control/odometry'
import { Pid } from '../../src/control/pid'
import { SlewLimiter } from '../../src/control/slew-limiter'
import { StallDetector } from '../../src/control/stall-detector'
import { asin, atan2, cbrt, cos, sin, sinCos, sqrt, TWO_PI, wrapAngle } from '../../src/control/trig'
import { TwoLinkArm } from '../../src/control/two-link-arm'
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
 * @param log called with each result, about 2100 in all; zero is always +0
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
    await motionCases(put, pause)
    await motorCases(put, pause)
    await kinematicsCases(put, pause)
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
        put('cbrt ' + i, cbrt(x * y))
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

/** Moves of three joints with and without a limit of jerk, long and short; a joint that follows one and is held. */
async function motionCases(put: (name: string, value: number) => void, pause: () => Promise<void>): Promise<void> {
    const move = new JointMove([
        { velocity: 2, acceleration: 4, jerk: 16 },
        { velocity: 0.7, acceleration: 3 },
        { velocity: 9, acceleration: 5, jerk: 70 },
    ])
    for (let k = 0; k < 6; k++) {
        await pause()
        const from = [next(), next(), next()]
        const size = k % 2 === 0 ? 4 : 0.02
        const duration = move.plan(from, [from[0] + size * next(), from[1] + size * next(), from[2] + size * next()])
        put('move ' + k, duration)
        for (let i = 0; i <= 16; i++) {
            move.at((duration * i) / 15)
            const joint = i % 3
            put('move position ' + k + ' ' + i, move.position[joint])
            put('move velocity ' + k + ' ' + i, move.velocity[joint])
            put('move acceleration ' + k + ' ' + i, move.acceleration[joint])
        }
    }
    const follower = new MoveFollower({
        loops: { kpPosition: 8, kp: 0.06, ki: 0.8, ks: 0.03, kv: 0.05, ka: 0.002, velocityLimit: 9, effortLimit: 0.4 },
        profile: { velocity: 3, acceleration: 20, jerk: 300 },
        following: 0.1,
    })
    follower.begin(1, -2)
    let position = 1
    let velocity = 0
    for (let i = 0; i < 200; i++) {
        if (i % STRETCH === 0) await pause()
        const effort = follower.calculate(position, velocity, DT)
        velocity = i > 20 && i < 60 ? 0 : velocity + (effort * 18 - velocity) * 0.1
        position += velocity * DT
        if (i % 10 === 0) put('follower ' + i, effort + position)
    }
    put('follower waited', follower.state.waited)
}

async function motorCases(put: (name: string, value: number) => void, pause: () => Promise<void>): Promise<void> {
    const observer = new MotorObserver({ speedPerEffort: 20, timeConstant: 0.07, friction: 0.03, bandwidth: 20 })
    const model = new MotorModel({
        resistance: 2.2,
        torqueConstant: 0.011,
        gearRatio: 50,
        gearEfficiency: 0.8,
        staticFriction: 0.2,
        slidingFriction: 0.1,
        supplyMin: 9,
        supplyMax: 13,
    })
    const stall = new StallDetector({ velocity: 0.3, effort: 0.2, time: 0.1 })
    const slew = new SlewLimiter({ rising: 3, falling: 5 })
    const low = new Biquad(lowPassBiquad(8, DT))
    const notch = new Biquad(notchBiquad(17, DT, 2.5))
    let position = 0
    for (let i = 0; i < 200; i++) {
        if (i % STRETCH === 0) await pause()
        const effort = slew.calculate(next(), DT)
        position += Math.floor(20 * effort) * 0.0015
        const velocity = observer.update(i % 31 === 30 ? NaN : position, effort, DT)
        const duty = model.duty(effort, velocity, 11 + 3 * next(), next() * 0.1)
        const stalled = stall.update(i % 60 < 30 ? 0 : velocity, effort, DT)
        const filtered = low.calculate(notch.calculate(effort))
        if (i % 5 === 0) {
            put('observer ' + i, velocity)
            put('observer disturbance ' + i, observer.state.disturbance)
            put('duty ' + i, duty)
            put('stalled ' + i, stalled ? 1 : 0)
            put('biquads ' + i, filtered)
        }
    }
}

async function kinematicsCases(put: (name: string, value: number) => void, pause: () => Promise<void>): Promise<void> {
    const mecanum = new MecanumDrive({ wheelRadius: 0.05, trackWidth: 0.31, wheelBase: 0.23 })
    const arm = new TwoLinkArm({ upper: 0.31, fore: 0.22 })
    const rest = new RestBias({ rate: 0.1, force: 1, time: 0.2, biasLimit: 0.3 })
    const tilt = { roll: 0, pitch: 0 }
    const q = [0.1, 0, -0.2, 0.9]
    const force = [1, 2, 9]
    const acceleration = [0, 0, 0]
    const travel = [0, 0, 0, 0]
    for (let i = 0; i < 150; i++) {
        if (i % 10 === 0) await pause()
        const wheels = mecanum.inverse(next(), next(), next())
        const body = mecanum.forward(wheels.frontLeft, wheels.frontRight, wheels.rearLeft, wheels.rearRight)
        for (let k = 0; k < 4; k++) travel[k] += 0.1 * next() + 0.05 * k
        const pose = mecanum.update(travel[0], travel[1], travel[2], travel[3])
        const why = arm.inverse(0.6 * next(), 0.6 * next(), i % 2 === 0)
        const tip = arm.forward(arm.angles.shoulder, arm.angles.elbow, next(), next())
        const wide = i % 40 === 39 ? 9 : 0.05
        const resting = rest.update(next() * wide, 0.1, next() * 0.05, next() * 0.3, 0, 9.8, DT)
        const half = 0.7 * next()
        q[1] = half
        tiltOf(q, tilt)
        removeGravity(q, force, 9.8, acceleration)
        if (i % 5 !== 0) continue
        put('mecanum ' + i, body.forward + body.left + body.angular)
        put('mecanum pose ' + i, pose.x + pose.y + pose.heading)
        put('arm ' + i, why === undefined ? arm.angles.shoulder + arm.angles.elbow : -9)
        put('tip ' + i, tip.x + tip.y + tip.vx + tip.vy)
        put('rest ' + i, resting ? rest.state.bias[0] : -1)
        put('tilt ' + i, tilt.roll + tilt.pitch)
        put('gravity removed ' + i, acceleration[0] + acceleration[1] + acceleration[2])
    }
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
