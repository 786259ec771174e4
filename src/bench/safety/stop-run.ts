import { armWhenReady } from '../../host/robot-drive'
import type { RobotSession } from '../../host/session'
import type { RobotConfig } from '../../onboard/robot-config'
import { Random } from '../../sim/random'
import { connectSimulated, loadRobot, runFast, schedulerOf, settle, simulate } from '../../simulate'
import { BOUNDS } from './bounds'
import { drivenAfterDeadline, REST_WATCH, RestRecord } from './rest'
import { PLANNING, type Scenario, WATCH } from './scenarios'
import { Witness } from './witness'

const SETPOINT_MS = 20
/** From to to fro, s. */
const FRO = 0.5
/** A program that makes no tick for so long stands still, s. */
const STANDS_STILL = 0.05
/** Of the estimate of a robot that falls, rad. */
const TILT_ERROR = (2 * Math.PI) / 180
const HELD = 'at rest for good, within the deadline + one tick, the way of its stop action, and 0.3 s'
const STAND = 'stands for good, within the deadline + one tick and 2.5 s'

/** One run: how long the motors were driven after what the bounds count from, s. */
export interface StopRun {
    seed: number
    scenario: string
    afterSetpoint: number
    afterTick: number
    afterFault: number
    /** Of these, the one that the scenario's bound is about, and the bound. */
    measured: number
    bound: number
    /** What the bound is about, for people. */
    must: string
    /** What the bound allows beyond what was seen, s; negative: broken. */
    slack: number
    /** How long outputs were driven after telemetry said that they are off, beyond what is on its way, s. */
    contradicted: number
    /** How long the outputs were driven once more when the program started anew, s. */
    restartPulse: number
    /** As telemetry told them last, and every fault that it told. */
    mode: string
    faults: string[]
    /** What is not as it must be, in words; none: passed. */
    failures: string[]
}

/** Drives a robot into a fault, and reads from the motor controller's chip when it is off. */
export async function stopRun(name: string, scenario: Scenario, seed: number, board = 'rp2040'): Promise<StopRun> {
    const random = new Random(seed).fork('scenario')
    const { config } = await loadRobot(name)
    const robot = await simulate({ robot: name, board, seed })
    const session = await connectSimulated(robot)
    const scheduler = schedulerOf(robot.host)
    await settle(robot, armWhenReady(session, scheduler))
    const now = () => robot.clock.now / 1e6

    const drivesOn = drivenAfterDeadline(config).some(driven => driven)
    const record =
        drivesOn || scenario.outlives
            ? new RestRecord(robot.body, config, scenario.outlives ? config.joints.map(() => true) : undefined)
            : undefined
    const witness = new Witness(robot, drivesOn ? ['armed', 'timeout'] : ['armed'], time => record?.step(time))
    const faults = new Set<string>()
    session.onState(state => {
        witness.hear(state)
        for (const fault of state.faults) faults.add(fault)
    })
    let start = Infinity
    let silent = false
    const plan = () => {
        if (silent) return
        if (scenario.plan) scenario.plan(session, now() - start)
        else command(session, config, now())
        scheduler.setTimeout(plan, SETPOINT_MS)
    }
    plan()
    const until = (end: number) => runFast(robot, () => now() >= end, 5)
    start = now() + random.uniform(0.3, 0.5) + (scenario.settles ?? 0)
    await until(start)
    const { fault, act } = scenario
    if (fault) robot.inject(...faultsFrom(start, fault(random)))
    else if (act) await settle(robot, act(session), 5)
    else silent = true
    await until(start + (scenario.planning ?? PLANNING))
    silent = true
    const restWatch = drivesOn ? PLANNING + (config.balance ? REST_WATCH.balancing : REST_WATCH.held) : 0
    await until(start + Math.max(scenario.watch ?? WATCH, restWatch))
    const mode = session.state?.mode ?? 'unknown'
    await session.close()

    const pulse = scenario.restartPulse ? witness.forgetPulse(scenario.restartPulse) : 0
    const { lastDriven } = witness
    if (lastDriven < start - 0.02) throw new Error(`${scenario.name}, seed ${seed}: motors off before the fault`)
    const selfStop = (session.description.motors?.selfStopMs ?? 0) / 1000
    const { measured, bound, must, failures } = judge({ scenario, config, witness, record, start, selfStop, mode })
    const slack = bound - measured
    const contradicted = witness.contradicted()
    if (!(slack >= 0)) failures.unshift(`${ms(-slack)} longer than allowed: ${must}`)
    const unheardFor = scenario.outlives ? Infinity : (scenario.unheardFor ?? BOUNDS.chip.seconds(config, selfStop))
    const allowed = scenario.unheard && faults.has('motor') ? unheardFor : 0
    if (contradicted > allowed) {
        failures.push(`motors driven ${ms(contradicted)} after telemetry said that they are off`)
    }
    if (scenario.ends && !scenario.ends.includes(mode)) {
        failures.push(`mode is ${mode} at the end, must be ${scenario.ends.join(' or ')}`)
    }
    const { names, alone } = scenario
    const others = [...faults].filter(name => !names?.includes(name))
    if (alone && others.length > 0) failures.push(`telemetry named ${others.join(', ')} beside`)
    if (names && !names.some(name => faults.has(name))) failures.push(`telemetry did not name ${names.join(' or ')}`)
    return {
        seed,
        scenario: scenario.name,
        afterSetpoint: lastDriven - witness.setpointBefore,
        afterTick: lastDriven - witness.tickBefore,
        afterFault: Math.max(0, lastDriven - start),
        measured,
        bound,
        must,
        slack,
        contradicted,
        restartPulse: pulse,
        mode,
        faults: [...faults],
        failures,
    }
}

interface Seen {
    scenario: Scenario
    config: RobotConfig
    witness: Witness
    /** Of a robot that may come to rest with its motors driven. */
    record: RestRecord | undefined
    /** Of the fault, s. */
    start: number
    /** As the board tells it of its motor controller, s. */
    selfStop: number
    mode: string
}

/** What the run is measured by: when the motors were off, or the robot at rest where its motors may be driven on. */
function judge(seen: Seen): Pick<StopRun, 'measured' | 'bound' | 'must' | 'failures'> {
    const { scenario, config, witness, record, start, selfStop, mode } = seen
    const { lastDriven } = witness
    if (record && scenario.outlives) return judgeOutliving(seen, record)
    const deadline = BOUNDS.deadline.seconds(config)
    // A robot that stands on takes no setpoint: later ones do not count.
    const last = Math.min(witness.lastSetpoint(deadline), witness.toldAt('timeout') - deadline)
    // A deadline that passes while the program stands still is seen when it goes on.
    const tick = witness.tickFrom(last + deadline)
    const acts = tick - last - deadline < STANDS_STILL ? last + deadline : tick
    const drivesOn = drivenAfterDeadline(config).some(driven => driven)
    const mayStand = drivesOn && (!scenario.ends || scenario.ends.includes('timeout'))
    if (!record || !mayStand || lastDriven <= acts) {
        const since = { setpoint: witness.setpointBefore, tick: witness.tickBefore, fault: Math.min(start, lastDriven) }
        return {
            measured: lastDriven - since[scenario.bound.from],
            bound: scenario.bound.seconds(config, selfStop),
            must: `motors off within ${scenario.bound.text}`,
            failures: [],
        }
    }
    if (config.balance && mode === 'fault') {
        return {
            measured: Math.max(0, lastDriven - record.leantAt(config.balance.tiltLimit + TILT_ERROR)),
            bound: BOUNDS.fall.seconds(config),
            must: `falls, and motors are off within ${BOUNDS.fall.text}`,
            failures: [],
        }
    }
    const { moved, allowed, failures } = record.judge(last, acts, lastDriven)
    // Only a program that runs may hold it.
    const afterTick = lastDriven - witness.tickBefore
    const allowedDead = BOUNDS.chip.seconds(config, selfStop)
    if (afterTick > allowedDead) {
        failures.push(`driven ${ms(afterTick)} after the last tick, allowed are ${ms(allowedDead)}`)
    }
    const bound = acts - last + allowed
    return { measured: Math.max(0, moved - last), bound, must: config.balance ? STAND : HELD, failures }
}

/** The controller heard no command any more: telemetry must have said so, and nothing may move. */
function judgeOutliving({ scenario, config, witness, start }: Seen, record: RestRecord): ReturnType<typeof judge> {
    const { moved, allowed, failures } = record.judge(start - 0.1, start)
    if (moved > start + allowed) failures.push(`it moved for ${ms(moved - start)}, allowed are ${ms(allowed)}`)
    return {
        measured: witness.toldAt('motor') - start,
        bound: scenario.bound.seconds(config),
        must: `told within ${scenario.bound.text}; outputs go on as they were told last`,
        failures,
    }
}

/** Entries of a fault file, from their time after `start` on, s. */
function faultsFrom(start: number, fault: object | readonly object[]): object[] {
    const list: readonly object[] = Array.isArray(fault) ? fault : [fault]
    return list.map(entry => ({ ...entry, at: start + ((entry as { at?: number }).at ?? 0) }))
}

/** Slow motion of every joint: a curve where the robot has a drive, to and fro where a joint has a range. */
function command(session: RobotSession, { drive, joints }: RobotConfig, time: number): void {
    if (drive) return session.drive({ linear: 0.2, angular: 0.3 })
    for (const { name, velocityLimit, positionMin, positionMax } of joints) {
        const turns = positionMin !== undefined || positionMax !== undefined
        const sign = turns && time % (2 * FRO) < FRO ? -1 : 1
        session.joint(name).setVelocity((sign * velocityLimit) / 5)
    }
}

export function ms(seconds: number): string {
    return `${(seconds * 1000).toFixed(1)} ms`
}
