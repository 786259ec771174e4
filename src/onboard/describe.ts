import { type MotorDescription, PROTOCOL_VERSION, type RobotDescription } from '../protocol/description'
import { MAX_PAYLOAD } from '../protocol/service'
import { HEADER_BYTES, sampleBytes } from '../protocol/telemetry'
import type { RobotConfig } from './robot-config'

/** Scale of an IMU's counts, as its driver states it. */
export interface ImuScale {
    /** m/s² a count */
    readonly accelerationPerCount: number
    /** rad/s a count */
    readonly angularVelocityPerCount: number
}

/** Scale of a power sensor's counts, as its driver states it. */
export interface PowerScale {
    /** A a count */
    readonly amperePerCount: number
    /** V a count */
    readonly voltPerCount: number
}

/** Reports a second that telemetry may use: the runtime sends 50 packets a second, and answers need some of them. */
const REPORTS_PER_SECOND = 25

/**
 * Samples in a report: enough to stay within {@link REPORTS_PER_SECOND}, and no more than fit a packet.
 */
export function samplesPerReport(config: RobotConfig): number {
    const wanted = Math.ceil(1000 / config.tickPeriodMs / REPORTS_PER_SECOND)
    const bytes = sampleBytes(config.joints.length, config.imu !== undefined, config.power !== undefined)
    const fitting = Math.floor((MAX_PAYLOAD - HEADER_BYTES) / bytes)
    return Math.max(1, Math.min(wanted, fitting))
}

/** What the robot tells a host about itself. */
export function describe(
    config: RobotConfig,
    imu: ImuScale | undefined,
    power?: PowerScale,
    motors?: MotorDescription,
): RobotDescription {
    const description: RobotDescription = {
        protocol: PROTOCOL_VERSION,
        name: config.name,
        configHash: hash(JSON.stringify(config)),
        tickPeriodMs: config.tickPeriodMs,
        samplesPerReport: samplesPerReport(config),
        commandTimeoutMs: config.commandTimeoutMs,
        joints: config.joints.map(joint => ({
            name: joint.name,
            kind: joint.kind,
            velocityLimit: joint.velocityLimit,
            effortLimit: joint.effortLimit,
            positionMin: joint.positionMin,
            positionMax: joint.positionMax,
            radiansPerCount: joint.encoder.countsPerRevolution
                ? (2 * Math.PI) / joint.encoder.countsPerRevolution / joint.encoder.ratio
                : undefined,
            observerBandwidth: joint.encoder.observerBandwidth,
            rated: joint.motor.rated,
        })),
    }
    if (motors) description.motors = { part: motors.part, selfStopMs: motors.selfStopMs }
    if (config.imu && imu) {
        description.imu = {
            part: config.imu.part,
            accelerationPerCount: imu.accelerationPerCount,
            angularVelocityPerCount: imu.angularVelocityPerCount,
        }
    }
    if (config.power && power) {
        description.power = {
            part: config.power.part,
            amperePerCount: power.amperePerCount,
            voltPerCount: power.voltPerCount,
        }
    }
    if (config.drive) {
        description.drive = {
            left: config.drive.left,
            right: config.drive.right,
            wheelRadius: config.drive.wheelRadius,
            trackWidth: config.drive.trackWidth,
        }
    }
    return description
}

/** FNV-1a of a text, 32 bits, as 8 hexadecimal digits. The product with the prime is taken in two halves: 16 bits each. */
export function hash(text: string): string {
    let low = 0x9dc5
    let high = 0x811c
    for (let i = 0; i < text.length; i++) {
        low ^= text.charCodeAt(i) & 0xff
        const product = low * 0x0193
        high = (high * 0x0193 + low * 0x0100 + Math.floor(product / 0x10000)) & 0xffff
        low = product & 0xffff
    }
    const digits = '0123456789abcdef'
    let hex = ''
    for (let shift = 12; shift >= 0; shift -= 4) hex += digits[(high >> shift) & 15]
    for (let shift = 12; shift >= 0; shift -= 4) hex += digits[(low >> shift) & 15]
    return hex
}
