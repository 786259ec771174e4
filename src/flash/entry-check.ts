import {
    NATIVE_ENCODER_EDGES_PER_COUNT,
    NATIVE_ENCODER_EDGES_PER_SECOND,
    NATIVE_ENCODER_REPORT_MS,
} from '../../devices/encoders/native-encoders'
import { NATIVE_PACKETS_PER_SECOND } from '../../devices/motors/native-limits'
import { samplesPerReport } from '../onboard/describe'
import type { RobotConfig } from '../onboard/robot-config'

/** Keys of an IMU's data that only a wrapper in `main.ts` can carry out. */
const MOUNTING_KEYS = ['mounting', 'angularVelocityBias', 'accelerationBias'] as const
/** Packets a second left for answers to the host. */
const ANSWERS_PER_SECOND = 5
/** The slowest loop that is looked for, ms. */
const SLOWEST_MS = 1000

/** Drivers for what the runtime itself drives or counts, as `main.ts` imports them. */
const NATIVE_DRIVERS = ['motors/native-motors', 'motors/native-servos', 'encoders/native-encoders'] as const
/** Part of all their names. */
const NATIVE = '/native-'

/** Those that an entry imports. */
export async function nativeDrivers(entry: string): Promise<string[]> {
    if (!entry.includes(NATIVE)) return []
    const { importsOf } = await parser()
    const imports = importsOf(entry)
    return NATIVE_DRIVERS.filter(driver => imports.some(name => name.endsWith(`devices/${driver}`)))
}

/** What a robot's data says that its firmware's entry does not take up, or cannot: one line each. */
export async function entryProblems(config: RobotConfig, entry: string): Promise<string[]> {
    const native = await nativeDrivers(entry)
    return [
        ...(await mountingProblems(config, entry)),
        ...(await samplingProblems(config, entry)),
        ...(native.some(driver => driver.startsWith('motors/')) ? packetProblems(config) : []),
        ...(native.some(driver => driver.startsWith('encoders/')) ? countProblems(config) : []),
    ]
}

/** Loaded only for an entry that must be read: TypeScript's own parser takes a while. */
const parser = () => import('./entry-names')

async function mountingProblems({ imu }: RobotConfig, entry: string): Promise<string[]> {
    const keys = MOUNTING_KEYS.filter(key => imu?.[key] !== undefined)
    if (!imu || keys.length === 0) return []
    const names = (await parser()).namesIn(entry)
    return keys
        .filter(key => !names.has(key))
        .map(
            key =>
                `robot.ts: imu.${key} is ${JSON.stringify(imu[key])}, and main.ts does not use it; allowed: without it, or ` +
                `\`new MountedImu(…)\` with it around the driver (docs/sensors.md)`,
        )
}

/** What is on SPI cannot be read within the tick. */
async function samplingProblems({ spi }: RobotConfig, entry: string): Promise<string[]> {
    if (!spi || (await parser()).namesIn(entry).has('SamplingClock')) return []
    return [
        'robot.ts: spi is given, and main.ts reads nothing before the tick; allowed: without it, or ' +
            '`clock: new SamplingClock(…)` among what `runRobot` is given (docs/spi.md)',
    ]
}

/** Each update of a motor or servo of the runtime is a packet, as each report of telemetry is. */
function packetProblems(config: RobotConfig): string[] {
    const most = NATIVE_PACKETS_PER_SECOND - ANSWERS_PER_SECOND
    const packets = (tickPeriodMs: number) =>
        (1000 / tickPeriodMs) * (config.joints.length + 1 / samplesPerReport({ ...config, tickPeriodMs }))
    const { tickPeriodMs } = config
    if (packets(tickPeriodMs) <= most) return []
    let least = tickPeriodMs
    while (least < SLOWEST_MS && packets(least) > most) least++
    return [
        `robot.ts: tickPeriodMs is ${tickPeriodMs}; allowed: ${least} ms and more with ${config.joints.length} motors or ` +
            `servos of the runtime itself: each update is a packet, and with telemetry ${packets(tickPeriodMs).toFixed(0)} ` +
            `a second are more than ${most} (docs/motors.md)`,
    ]
}

function countProblems({ tickPeriodMs, joints }: RobotConfig): string[] {
    const problems: string[] = []
    const least = 2 * NATIVE_ENCODER_REPORT_MS
    if (!(tickPeriodMs >= least)) {
        problems.push(
            `robot.ts: tickPeriodMs is ${tickPeriodMs}; allowed: ${least} ms and more with encoders of the runtime itself, ` +
                `which report each ${NATIVE_ENCODER_REPORT_MS} ms`,
        )
    }
    for (const { name, velocityLimit, encoder } of joints) {
        const { countsPerRevolution, ratio } = encoder
        if (countsPerRevolution === undefined) {
            problems.push(
                `robot.ts: joints.${name}.encoder.countsPerRevolution is missing; allowed: counts for a turn of the ` +
                    'encoder, which one of the runtime itself needs',
            )
            continue
        }
        const edgesPerRadian = (ratio * countsPerRevolution * NATIVE_ENCODER_EDGES_PER_COUNT) / (2 * Math.PI)
        const most = NATIVE_ENCODER_EDGES_PER_SECOND / edgesPerRadian
        if (velocityLimit <= most) continue
        problems.push(
            `robot.ts: joints.${name}.velocityLimit is ${velocityLimit}; allowed: up to ${most.toPrecision(3)} rad/s with an ` +
                `encoder of the runtime itself, which loses counts above ${NATIVE_ENCODER_EDGES_PER_SECOND} edges a second`,
        )
    }
    return problems
}
