import type { Parameter } from '../../host/parameters'
import type { Robot } from '../../host/robot'
import type { Scheduler } from '../../host/scheduler'
import { deviation, mean } from '../analysis/statistics'
import { BenchStop } from '../rig'
import { type FoundParameter, foundParameter, parameterOf } from './found'

/** Standard gravity, m/s². */
const GRAVITY = 9.80665
/** Samples whose axes scatter by more were not taken at rest: rad/s and m/s². Ten times what any of the IMUs has of noise. */
const RESTLESS_RATE = 0.05
const RESTLESS_ACCELERATION = 0.5
/** A bias that differs by less is the same, rad/s: 0.03 °/s, what temperature moves it by in minutes. */
const SAME_BIAS = 5e-4
const AXES = ['x', 'y', 'z'] as const

export interface ImuCalibration {
    parameters: FoundParameter[]
    /** Noise of each axis of the gyroscope, rad/s (1σ). */
    gyroNoise: number[]
    /** What the accelerometer's mean is beyond or below standard gravity, m/s². */
    gravityError: number
    samples: number
}

/**
 * What the gyroscope reads at rest. The robot must be disarmed and must not be touched.
 *
 * @param seconds how long it is listened to
 * @throws BenchStop `interrupted`, `link`, and `limit` when it was moved meanwhile
 */
export async function calibrateImu(
    robot: Robot,
    parameters: readonly Parameter[],
    scheduler: Scheduler,
    seconds: number,
    { signal, onProgress }: { signal?: AbortSignal; onProgress?: (part: number) => void } = {},
): Promise<ImuCalibration> {
    const rates: number[][] = [[], [], []]
    const accelerations: number[][] = [[], [], []]
    const stop = robot.onState(({ imu }) => {
        if (!imu) return
        AXES.forEach((_, i) => {
            rates[i].push(imu.angularVelocity[i])
            accelerations[i].push(imu.linearAcceleration[i])
        })
    })
    const begin = scheduler.now()
    try {
        for (let now = begin; now < begin + seconds * 1000; now = scheduler.now()) {
            await new Promise<void>(resolve => scheduler.setTimeout(resolve, 50))
            if (signal?.aborted) throw new BenchStop('interrupted', 'interrupted')
            if (!robot.statistics().connected) throw new BenchStop('link', 'the link to the robot was lost')
            onProgress?.(Math.min(1, (scheduler.now() - begin) / (seconds * 1000)))
        }
    } finally {
        stop()
    }
    const samples = rates[0].length
    if (samples < 20) throw new BenchStop('link', `only ${samples} samples of the IMU came in ${seconds} s`)
    const gyroNoise = rates.map(deviation)
    const restless = accelerations.map(deviation)
    AXES.forEach((axis, i) => {
        if (gyroNoise[i] > RESTLESS_RATE || restless[i] > RESTLESS_ACCELERATION) {
            const scatter = `${axis} scatters by ${gyroNoise[i].toFixed(3)} rad/s and ${restless[i].toFixed(2)} m/s²`
            throw new BenchStop('limit', `the robot was not at rest: ${scatter}; leave it alone and try again`)
        }
    })
    return {
        // The host takes the configured bias off what it hands on.
        parameters: AXES.map((axis, i) => {
            const parameter = parameterOf(parameters, `imu.gyro_bias_${axis}`)
            return foundParameter(parameter, parameter.value + mean(rates[i]), SAME_BIAS)
        }),
        gyroNoise,
        gravityError: Math.hypot(...accelerations.map(mean)) - GRAVITY,
        samples,
    }
}
