import { type Parameter, type Parameterised, withParameters } from '../../host/parameters'
import { type Robot, RobotError } from '../../host/robot'
import type { Scheduler } from '../../host/scheduler'
import { mean } from '../analysis/statistics'
import type { BenchResult, Conditions, Figure, Finding } from '../result'
import type { MotorRating } from '../../onboard/robot-config'
import { BenchStop, type Operator, type SafetyLimits } from '../rig'
import { runBench } from '../run'
import { check } from '../tests/check'
import { identify } from '../tests/identify'
import type { BenchTest } from '../tests/test'
import type { FoundParameter } from './found'
import { calibrateImu } from './imu'
import { directionsAndRatio, feedforward, isMended, zeroOffset } from './joint'
import { isServo, pulseEnds } from './servo'

/** Samples travel for as long at most; a joint's place is the mean over so long, ms, and it may move by this, rad. */
const ARRIVAL_MS = 200
const REST_MS = 500
const RESTLESS = 0.02
/** From one setpoint of a joint that is held to the next, and until a servo has settled, ms. */
const HOLD_MS = 40
const SETTLE_MS = 1000

export interface CalibrationOptions {
    robot: Robot
    /** A joint's name, or `imu`. */
    target: string
    scheduler: Scheduler
    signal?: AbortSignal
    operator?: Operator
    /** Asked where the joint is, rad: undefined when nobody knows, and its zero stays. */
    place?: () => Promise<number | undefined>
    limits?: Partial<SafetyLimits>
    /** How long the IMU is listened to, s. */
    restSeconds: number
    conditions: Pick<Conditions, 'link'>
    onProgress?: (part: number, text: string) => void
}

/** What a calibration found. Nothing of it is stored, and what was tried is put back. */
export interface Calibration {
    target: string
    outcome: BenchResult['outcome']
    reason?: string
    parameters: FoundParameter[]
    /** What was measured beside them: the motor's constants, noise. */
    figures: Figure[]
    findings: Finding[]
}

/** @throws RobotError `unknown-joint`, and when the robot has no parameters */
export async function calibrate(options: CalibrationOptions): Promise<Calibration> {
    const { target } = options
    const robot = withParameters(options.robot)
    const known = robot.description.joints.map(({ name }) => name)
    const result: Calibration = { target, outcome: 'complete', parameters: [], figures: [], findings: [] }
    if (target === 'imu') {
        if (!robot.description.imu) throw new RobotError('unknown-joint', `${robot.description.name} has no IMU`)
    } else if (!known.includes(target)) {
        throw new RobotError('unknown-joint', `"${target}" does not exist; there are: ${known.join(', ')}, imu`)
    }
    try {
        const parameters = await robot.parameters()
        if (target === 'imu') await restingImu(options, parameters, result)
        else await joint(options, robot, parameters, result)
    } catch (error) {
        if (!(error instanceof BenchStop || error instanceof RangeError)) throw error
        const interrupted = error instanceof BenchStop && error.code === 'interrupted'
        return { ...result, outcome: interrupted ? 'interrupted' : 'stopped', reason: error.message }
    }
    return result
}

async function restingImu(options: CalibrationOptions, parameters: Parameter[], result: Calibration): Promise<void> {
    const { robot, scheduler, restSeconds, signal, onProgress } = options
    await robot.disarm()
    const found = await calibrateImu(robot, parameters, scheduler, restSeconds, {
        signal,
        onProgress: part => onProgress?.(part, 'at rest'),
    })
    result.parameters.push(...found.parameters)
    found.gyroNoise.forEach((value, i) =>
        result.figures.push({
            key: `gyroNoise${'XYZ'[i]}`,
            name: `gyroscope noise, ${'xyz'[i]} (1σ)`,
            value,
            unit: 'rad/s',
        }),
    )
    const value = found.gravityError
    result.figures.push({ key: 'gravityError', name: 'accelerometer at rest less 1 g', value, unit: 'm/s²' })
}

async function joint(
    options: CalibrationOptions,
    robot: Robot & Parameterised,
    parameters: Parameter[],
    result: Calibration,
): Promise<void> {
    const { target } = options
    const { kind, rated } = robot.description.joints.find(({ name }) => name === target)!
    const servo = isServo(target, parameters)
    if (kind === 'continuous') {
        const checked = await bench(options, check, result)
        const wrong = checked.findings.find(finding => finding.level === 'fault' && !isMended(finding))
        if (wrong) throw new BenchStop('fault', wrong.text)
        const found = directionsAndRatio(target, parameters, checked.figures, checked.findings)
        result.parameters.push(...found)
        const effort = gentleEffort(checked, rated, options)
        const gentle = { ...options, limits: { ...options.limits, effort } }
        const identified = await tried(robot, found, () => bench(gentle, identify, result))
        const { supplyVoltage } = identified.conditions
        result.parameters.push(...feedforward(target, parameters, identified.figures, rated, supplyVoltage))
    } else result.findings.push(notTurned(target, servo))
    const truly = await options.place?.()
    if (truly === undefined && !servo) return
    const position = await resting(options)
    if (truly !== undefined) {
        result.parameters.push(zeroOffset(target, parameters, position, truly, result.parameters))
    }
    if (servo) result.parameters.push(...pulseEnds(target, parameters, (await held(options)) - position))
}

/**
 * Why a joint with stops is not turned. The bench fits friction and the motor's constants to duties up to the largest, held both ways for
 * most of a second each; within the stops it would have to trust the zero and the directions that calibrating is to find.
 */
function notTurned(joint: string, servo: boolean): Finding {
    const why = servo
        ? "the servo's own electronics drive its motor"
        : 'that takes many turns, and keeping off the stops a zero and directions that are known; measure the motor before it is built in'
    const text = `${joint} has stops and is not turned: directions, friction and motor constants are not measured, for ${why}`
    return { code: 'not-turned', level: 'note', text }
}

/** Where a servo holds its joint when it is sent to where that was, rad. @throws BenchStop when it does not come to rest */
async function held(options: CalibrationOptions): Promise<number> {
    const { robot, target, scheduler } = options
    await robot.arm()
    let timer: unknown
    const hold = () => {
        robot.joint(target).setEffort(0)
        timer = scheduler.setTimeout(hold, HOLD_MS)
    }
    hold()
    try {
        await passed(options, SETTLE_MS)
        return await place(options)
    } finally {
        scheduler.clearTimeout(timer)
        await robot.disarm()
    }
}

/** Where the joint is by the robot with its motor off, from samples that were taken after now: rad. @throws BenchStop when it is not at rest */
async function resting(options: CalibrationOptions): Promise<number> {
    await options.robot.disarm()
    // What was under way by then has arrived.
    await passed(options, ARRIVAL_MS)
    return place(options)
}

/** Where the joint is, rad. @throws BenchStop when it is not at rest */
async function place(options: CalibrationOptions): Promise<number> {
    const { robot, target, signal } = options
    const positions: number[] = []
    const index = robot.description.joints.findIndex(({ name }) => name === target)
    const stop = robot.onState(({ joints }) => {
        if (joints[index].valid) positions.push(joints[index].position)
    })
    await passed(options, REST_MS)
    stop()
    if (signal?.aborted) throw new BenchStop('interrupted', 'interrupted')
    if (positions.length === 0) throw new BenchStop('link', 'no samples of the joint came')
    const moved = Math.max(...positions) - Math.min(...positions)
    if (moved > RESTLESS) {
        throw new BenchStop('limit', `${target} moved by ${moved.toFixed(3)} rad; leave it alone and try again`)
    }
    return mean(positions)
}

function passed({ scheduler }: CalibrationOptions, ms: number): Promise<void> {
    return new Promise(resolve => scheduler.setTimeout(() => resolve(), ms))
}

/** The largest duty with which it stays within its speed by the constant that the check found; undefined leaves the limits. */
function gentleEffort(
    { figures, conditions }: BenchResult,
    rated: MotorRating | undefined,
    { robot, target, limits }: CalibrationOptions,
): number | undefined {
    const { velocityLimit, effortLimit } = robot.description.joints.find(({ name }) => name === target)!
    const constant = figures.find(({ key }) => key === 'motorConstant')?.value
    const voltage = conditions.supplyVoltage ?? rated?.voltage
    if (constant === undefined || voltage === undefined) return limits?.effort
    const duty = ((limits?.velocity ?? velocityLimit) * constant) / voltage
    return Math.min(limits?.effort ?? effortLimit, Math.floor(duty * 100) / 100)
}

/** Runs a test of the bench, which stops the motor whatever happens, and keeps what it found. */
async function bench(options: CalibrationOptions, test: BenchTest, result: Calibration): Promise<BenchResult> {
    const { robot, target, scheduler, limits, signal, operator, conditions, onProgress } = options
    const run = {
        test,
        settings: {},
        robot,
        joint: target,
        scheduler,
        limits,
        signal,
        operator,
        conditions,
        onProgress,
    }
    const outcome = await runBench(run)
    if (outcome.defect !== undefined) throw outcome.defect
    const { figures, findings, outcome: how, reason } = outcome.result
    // What two tests find, the later knows better.
    result.figures = [...result.figures.filter(({ key }) => !figures.some(figure => figure.key === key)), ...figures]
    result.findings.push(...findings.filter(({ code }) => code !== 'healthy'))
    if (how === 'complete') return outcome.result
    throw new BenchStop(how === 'interrupted' ? 'interrupted' : 'limit', reason ?? how)
}

/** Puts found values in force while something is done, and the old ones back afterwards, whatever happens. */
async function tried<T>(robot: Parameterised, found: FoundParameter[], work: () => Promise<T>): Promise<T> {
    const changed = found.filter(({ differs }) => differs)
    try {
        for (const { name, found: value } of changed) await robot.setParameter(name, value)
        return await work()
    } finally {
        for (const { name, configured } of changed) {
            // With the link the board may be gone, and with it what was never stored.
            await robot.setParameter(name, configured).catch(() => undefined)
        }
    }
}

/** Puts what differs in force and into the board's flash. @returns the names */
export async function storeCalibration(robot: Parameterised, { parameters }: Calibration): Promise<string[]> {
    const changed = parameters.filter(({ differs }) => differs)
    for (const { name, found } of changed) await robot.setParameter(name, found)
    if (changed.length > 0) await robot.storeParameters()
    return changed.map(({ name }) => name)
}
