import type { RobotSession } from '../../host/session'
import type { RobotConfig } from '../../onboard/robot-config'
import { Random } from '../../sim/random'
import { connectSimulated, loadRobot, runFast, schedulerOf, settle, simulate } from '../../simulate'
import { BOUNDS } from './bounds'
import { PLANNING, type Scenario, WATCH } from './scenarios'
import { Witness } from './witness'

const SETPOINT_MS = 20

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
    /** What the bound allows beyond what was seen, s; negative: broken. */
    slack: number
    /** How long outputs were driven after telemetry said that they are off, beyond what is on its way, s. */
    contradicted: number
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
    await settle(robot, session.arm())
    const now = () => robot.clock.now / 1e6

    const witness = new Witness(robot)
    const faults = new Set<string>()
    session.onState(state => {
        witness.hear(state)
        for (const fault of state.faults) faults.add(fault)
    })
    const scheduler = schedulerOf(robot.host)
    let silent = false
    const plan = () => {
        if (silent) return
        if (scenario.plan) scenario.plan(session)
        else command(session, config)
        scheduler.setTimeout(plan, SETPOINT_MS)
    }
    plan()
    const until = (end: number) => runFast(robot, () => now() >= end, 5)
    const start = now() + random.uniform(0.3, 0.5)
    await until(start)
    const { fault, act } = scenario
    if (fault) robot.inject(...faultsFrom(start, fault(random)))
    else if (act) await settle(robot, act(session), 5)
    else silent = true
    await until(start + (scenario.planning ?? PLANNING))
    silent = true
    await until(start + (scenario.watch ?? WATCH))
    const mode = session.state?.mode ?? 'unknown'
    await session.close()

    const { lastDriven } = witness
    if (lastDriven < start - 0.02) throw new Error(`${scenario.name}, seed ${seed}: motors off before the fault`)
    const afterSetpoint = lastDriven - witness.setpointBefore
    const afterTick = lastDriven - witness.tickBefore
    const afterFault = Math.max(0, lastDriven - start)
    const measured = { setpoint: afterSetpoint, tick: afterTick, fault: afterFault }[scenario.bound.from]
    const bound = scenario.bound.seconds(config)
    const slack = bound - measured
    const contradicted = witness.contradicted()
    const failures: string[] = []
    if (slack < 0) failures.push(`motors driven ${ms(-slack)} longer than allowed`)
    const allowed = scenario.unheard && faults.has('motor') ? BOUNDS.chip.seconds(config) : 0
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
        afterSetpoint,
        afterTick,
        afterFault,
        measured,
        bound,
        slack,
        contradicted,
        mode,
        faults: [...faults],
        failures,
    }
}

/** Entries of a fault file, from their time after `start` on, s. */
function faultsFrom(start: number, fault: object | readonly object[]): object[] {
    const list: readonly object[] = Array.isArray(fault) ? fault : [fault]
    return list.map(entry => ({ ...entry, at: start + ((entry as { at?: number }).at ?? 0) }))
}

/** Slow motion of every joint: a curve where the robot has a drive. */
function command(session: RobotSession, { drive, joints }: RobotConfig): void {
    if (drive) session.drive({ linear: 0.2, angular: 0.3 })
    else for (const { name, velocityLimit } of joints) session.joint(name).setVelocity(velocityLimit / 5)
}

export function ms(seconds: number): string {
    return `${(seconds * 1000).toFixed(1)} ms`
}
