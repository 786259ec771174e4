import { MountedAxes } from '../../devices/imus/mounting'
import { samplesPerReport } from '../onboard/describe'
import type { BalanceConfig, JointConfig, Monitor, RobotConfig } from '../onboard/robot-config'
import { RangeList } from './range-list'

/** Packets a second of which the runtime lets user code send 50: the rest is for answers to the host. */
const REPORTS_PER_SECOND_MAX = 45
/** What Jacdac's u16 holds, and far longer than any robot should go on by itself, ms. */
const TIMEOUT_MAX_MS = 10_000
/** What the boards' buses can be set to, Hz (board-definition.ts). */
const I2C_MIN = 10_000
const I2C_MAX = 1_000_000
/** Slower, a transfer is seen to have ended milliseconds late (docs/spi.md); faster than any of the drivers' chips, Hz. */
const SPI_MIN = 1_000_000
const SPI_MAX = 10_000_000
/** Larger is a slip of the pen: the unit of gains, limits and lengths is SI. */
const LARGE = 1e6

/** What is wrong with a robot's data by itself: key, value and what is allowed, one line each. */
export function configProblems(config: RobotConfig): string[] {
    const list = new RangeList()
    if (!hasParts(list, config)) return list.problems
    loopProblems(list, config)
    const names = config.joints.map(({ name }) => name)
    if (names.length === 0) list.add('joints', [], 'at least one')
    names.forEach((name, i) => {
        if (name === '') list.add(`joints[${i}].name`, name, 'a text')
        if (names.indexOf(name) !== i) list.add(`joints[${i}].name`, name, 'a name that no other joint has')
    })
    for (const joint of config.joints) jointProblems(list, joint)
    sensorProblems(list, config)
    driveProblems(list, config, names)
    return list.problems
}

/** Whether everything is there that the other checks look into. */
function hasParts(list: RangeList, config: RobotConfig): boolean {
    const need = (key: string, value: unknown) => {
        if (typeof value !== 'object' || value === null) list.add(key, value, 'an object (src/onboard/robot-config.ts)')
    }
    need('i2c', config.i2c)
    if (!Array.isArray(config.joints)) list.add('joints', config.joints, 'a list')
    else {
        config.joints.forEach((joint: JointConfig, i) => {
            const key = `joints[${i}]`
            need(key, joint)
            for (const part of ['encoder', 'motor', 'gains'] as const) if (joint) need(`${key}.${part}`, joint[part])
        })
    }
    return list.problems.length === 0
}

function loopProblems(list: RangeList, config: RobotConfig): void {
    const { tickPeriodMs, commandTimeoutMs, sensorTimeoutMs, supplyMonitor, i2c, spi } = config
    if (list.whole('tickPeriodMs', tickPeriodMs, 1, 1000, 'ms')) {
        list.between('commandTimeoutMs', commandTimeoutMs, 2 * tickPeriodMs, TIMEOUT_MAX_MS, 'ms, two ticks and more')
        list.between('sensorTimeoutMs', sensorTimeoutMs, tickPeriodMs, TIMEOUT_MAX_MS, 'ms, a tick and more')
        const reports = 1000 / tickPeriodMs / samplesPerReport(config)
        if (reports > REPORTS_PER_SECOND_MAX) {
            list.add(
                'tickPeriodMs',
                tickPeriodMs,
                `${Math.ceil((tickPeriodMs * reports) / REPORTS_PER_SECOND_MAX)} ms and more with this robot's samples: ` +
                    `${reports.toFixed(0)} reports a second are more than the ${REPORTS_PER_SECOND_MAX} that its link carries`,
            )
        }
    }
    if (supplyMonitor) monitorProblems(list, 'supplyMonitor', supplyMonitor)
    for (const [name, monitor] of Object.entries(config.monitors ?? {})) {
        monitorProblems(list, `monitors.${name}`, monitor as Monitor)
    }
    if (config.monitors?.tilt && !(config.monitors.tilt.limit < Math.PI / 2)) {
        list.add('monitors.tilt.limit', config.monitors.tilt.limit, 'below π/2 rad')
    }
    if (config.monitors?.tilt && !config.imu) list.add('monitors.tilt', 'given', 'with an imu only')
    if (config.monitors?.current && !config.power) list.add('monitors.current', 'given', 'with a power sensor only')
    list.between('i2c.frequency', i2c.frequency, I2C_MIN, I2C_MAX, 'Hz')
    if (spi) list.between('spi.frequency', spi.frequency, SPI_MIN, SPI_MAX, 'Hz')
}

function jointProblems(list: RangeList, joint: JointConfig): void {
    const { kind, encoder, motor, gains, monitors = {}, positionMin, positionMax } = joint
    const key = (name: string) => `joints.${joint.name}.${name}`
    list.oneOf(key('kind'), kind, ['continuous', 'revolute'])
    list.above(key('velocityLimit'), joint.velocityLimit, 0, LARGE, 'rad/s')
    list.above(key('effortLimit'), joint.effortLimit, 0, 1, 'of full duty')
    for (const [name, value] of Object.entries({ positionMin, positionMax })) {
        if (value !== undefined) list.between(key(name), value, -LARGE, LARGE, 'rad')
    }
    if (positionMin !== undefined && positionMax !== undefined && !(positionMin < positionMax)) {
        list.add(key('positionMin'), positionMin, `below positionMax, which is ${positionMax} rad (swapped?)`)
    }
    list.oneOf(key('encoder.direction'), encoder.direction, [1, -1])
    list.between(key('encoder.zeroOffset'), encoder.zeroOffset, -LARGE, LARGE, 'rad')
    list.above(key('encoder.ratio'), encoder.ratio, 0, LARGE, "turns of the encoder for one of the joint's")
    list.above(key('encoder.observerBandwidth'), encoder.observerBandwidth, 0, LARGE, 'rad/s')
    const { countsPerRevolution } = encoder
    if (countsPerRevolution !== undefined) {
        list.above(key('encoder.countsPerRevolution'), countsPerRevolution, 0, 2 ** 32, 'counts')
    }
    list.oneOf(key('motor.direction'), motor.direction, [1, -1])
    const { rated } = motor
    if (rated) {
        list.above(key('motor.rated.voltage'), rated.voltage, 0, LARGE, 'V')
        list.above(key('motor.rated.freeSpeed'), rated.freeSpeed, 0, LARGE, 'rad/s')
        list.above(key('motor.rated.stallCurrent'), rated.stallCurrent, 0, LARGE, 'A')
        list.between(key('motor.rated.freeCurrent'), rated.freeCurrent, 0, rated.stallCurrent, 'A, its stallCurrent')
    }
    for (const [name, gain] of Object.entries(gains)) list.between(key(`gains.${name}`), gain, 0, LARGE, '')
    for (const [name, monitor] of Object.entries(monitors)) {
        monitorProblems(list, key(`monitors.${name}`), monitor as Monitor)
    }
    const { velocity } = monitors
    if (velocity && velocity.limit <= joint.velocityLimit) {
        list.add(
            key('monitors.velocity.limit'),
            velocity.limit,
            `above velocityLimit, which is ${joint.velocityLimit} rad/s: else what is asked for trips it`,
        )
    }
}

function monitorProblems(list: RangeList, key: string, monitor: Monitor): void {
    const { limit, delayMs, action = 'stop', loosest = {} } = monitor
    // What these two find always stops the robot.
    const actions = /(jump|supplyMonitor)$/.test(key) ? ['stop'] : ['stop', 'warn', 'off']
    list.oneOf(`${key}.action`, action, actions)
    list.between(`${key}.limit`, limit, 0, LARGE, '')
    list.between(`${key}.delayMs`, delayMs, 0, TIMEOUT_MAX_MS, 'ms')
    const least = key === 'supplyMonitor'
    if (loosest.limit !== undefined) {
        list.between(`${key}.loosest.limit`, loosest.limit, least ? 0 : limit, least ? limit : LARGE, '')
    }
    if (loosest.delayMs !== undefined) {
        list.between(`${key}.loosest.delayMs`, loosest.delayMs, delayMs, TIMEOUT_MAX_MS, 'ms')
    }
    if (loosest.action !== undefined) {
        list.oneOf(`${key}.loosest.action`, loosest.action, actions.slice(actions.indexOf(action)))
    }
}

function sensorProblems(list: RangeList, { imu, power, tickPeriodMs }: RobotConfig): void {
    if (imu) {
        const rate = 1000 / tickPeriodMs
        // Without a period there is no rate to hold against it, and the period's own line says so.
        if (rate > 0 && rate < Infinity) {
            list.between('imu.outputDataRate', imu.outputDataRate, rate, LARGE, 'Hz, a new sample for each tick')
        }
        list.oneOf('imu.accelerationRange', imu.accelerationRange, [2, 4, 8, 16])
        list.oneOf('imu.angularVelocityRange', imu.angularVelocityRange, [125, 250, 500, 1000, 2000])
        try {
            if (imu.mounting) new MountedAxes(imu.mounting)
        } catch (error) {
            list.add('imu.mounting', imu.mounting, `axes that a chip can have (${(error as Error).message})`)
        }
    }
    if (power) list.above('power.shunt', power.shunt, 0, 100, 'Ω')
}

function driveProblems(list: RangeList, { drive, balance, imu }: RobotConfig, names: string[]): void {
    if (drive) {
        list.oneOf('drive.left', drive.left, names)
        list.oneOf('drive.right', drive.right, names)
        if (drive.left === drive.right) list.add('drive.right', drive.right, 'another joint than drive.left')
        list.between('drive.wheelRadius', drive.wheelRadius, 1e-4, 100, 'm')
        list.between('drive.trackWidth', drive.trackWidth, 1e-4, 100, 'm')
    }
    if (!balance) return
    if (!drive) list.add('drive', drive, "the two wheels of a robot that has 'balance'")
    if (!imu) list.add('imu', imu, "the inertial sensor of a robot that has 'balance'")
    balanceProblems(list, balance)
}

function balanceProblems(list: RangeList, balance: BalanceConfig): void {
    list.above('balance.tiltLimit', balance.tiltLimit, 0, Math.PI / 2, 'rad')
    if (!(balance.armTilt > 0 && balance.armTilt < balance.tiltLimit)) {
        list.add(
            'balance.armTilt',
            balance.armTilt,
            `above 0 and below tiltLimit, which is ${balance.tiltLimit} rad (swapped?)`,
        )
    }
    for (const key of ['armRate', 'acceleration', 'travelLimit'] as const) {
        list.above(`balance.${key}`, balance[key], 0, LARGE, '')
    }
    list.between('balance.turnLimit', balance.turnLimit, 0, 1, 'of full duty')
    for (const [name, gain] of Object.entries(balance.gains)) {
        list.between(`balance.gains.${name}`, gain, 0, LARGE, '')
    }
}
