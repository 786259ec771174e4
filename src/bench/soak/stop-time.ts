import { firstPacket, packetCommand } from '../../protocol/frame'
import { RobotCommand } from '../../protocol/service'
import { SETPOINT_HEADER_BYTES } from '../../protocol/setpoint'
import { Random } from '../../sim/random'
import { connectSimulated, runFast, schedulerOf, settle, simulate } from '../../simulate'

/** The rover's deadline and period, and the Motoron's own timeout, s. */
const DEADLINE = 0.1
const TICK = 0.01
const CHIP_TIMEOUT = 0.1
/** Of the chip's timeout: a tick's command and the chip's own step, s. */
const CHIP_MARGIN = 0.004
const SETPOINT_MS = 20

/** Faults of the link, and of either end, that leave the board without valid setpoints. Those marked end the pacing too. */
const SCENARIOS: { name: string; endsPacing: boolean; fault?: (random: Random) => object }[] = [
    { name: 'planner falls silent', endsPacing: false },
    { name: 'link dropped both ways', endsPacing: true, fault: () => ({ kind: 'link-drop' }) },
    {
        name: 'link dropped to the board',
        endsPacing: true,
        fault: () => ({ kind: 'link-drop', direction: 'to-board' }),
    },
    {
        name: 'frames lost by chance',
        endsPacing: false,
        fault: random => ({ kind: 'link-drop', probability: random.uniform(0.1, 0.6), duration: 0.6 }),
    },
    {
        name: 'bytes lost by chance',
        endsPacing: false,
        fault: random => ({ kind: 'link-drop', unit: 'byte', probability: random.uniform(0.001, 0.05), duration: 0.6 }),
    },
    {
        name: 'bytes corrupted',
        endsPacing: false,
        fault: random => ({ kind: 'link-corrupt', probability: random.uniform(0.001, 0.05), duration: 0.6 }),
    },
    {
        name: 'link delayed',
        endsPacing: true,
        fault: random => ({ kind: 'link-delay', delay: random.uniform(0, 0.3), jitter: 0.05, duration: 0.6 }),
    },
    {
        name: 'frames duplicated',
        endsPacing: false,
        fault: random => ({ kind: 'link-duplicate', delay: random.uniform(0, 0.05), duration: 0.6 }),
    },
    { name: 'port unplugged', endsPacing: true, fault: () => ({ kind: 'link-unplug' }) },
    { name: 'host stalled', endsPacing: true, fault: () => ({ kind: 'host-stall', duration: 5 }) },
    { name: 'runtime stalled', endsPacing: true, fault: () => ({ kind: 'board-stall' }) },
]

/** One run: how long the motors were driven after the last valid setpoint, and after the last tick, s. */
export interface StopRun {
    seed: number
    scenario: string
    endsPacing: boolean
    afterSetpoint: number
    afterTick: number
    /** What the bound that applies allows beyond what was seen, s; negative: broken. */
    slack: number
}

/** Drives the rover into the fault that belongs to the seed, and reads from the motor controller's chip when it is off. */
export async function stopRun(seed: number, board = 'rp2040'): Promise<StopRun> {
    const random = new Random(seed).fork('scenario')
    const { name, endsPacing, fault } = SCENARIOS[seed % SCENARIOS.length]
    const robot = await simulate({ robot: 'rover', board, seed })
    const session = await connectSimulated(robot)
    await settle(robot, session.arm())
    const now = () => robot.clock.now / 1e6

    const setpoints: number[] = []
    let busyUntil = 0
    let lastTick = 0
    let lastDriven = 0
    let tickBefore = 0
    let setpointBefore = 0
    let sequence: number | undefined
    robot.board.onTick = ({ startUs, totalUs }) => (lastTick = busyUntil = (startUs + totalUs) / 1e6)
    const receive = robot.usb.onFrame
    robot.usb.onFrame = frame => {
        const newer = newerSequence(frame, sequence)
        if (newer !== undefined) {
            sequence = newer
            setpoints.push(Math.max(now(), busyUntil))
        }
        receive(frame)
    }
    const state = new Float64Array(64)
    robot.body.onStep = () => {
        if (robot.body.outputs().every(duty => duty === 0)) return
        robot.body.writeState(state)
        lastDriven = state[0]
        tickBefore = Math.min(lastTick, lastDriven)
        for (let i = setpoints.length; i-- > 0 && setpointBefore < setpoints[i];) {
            if (setpoints[i] <= lastDriven) setpointBefore = setpoints[i]
        }
    }
    const scheduler = schedulerOf(robot.host)
    let silent = false
    const plan = () => {
        if (silent) return
        session.drive({ linear: 0.2, angular: 0.3 })
        scheduler.setTimeout(plan, SETPOINT_MS)
    }
    plan()
    const until = (end: number) => runFast(robot, () => now() >= end, 5)
    const start = now() + random.uniform(0.3, 0.5)
    await until(start)
    if (fault) robot.inject({ at: start, ...fault(random) })
    else silent = true
    await until(start + 0.6)
    silent = true
    await until(start + 1.4)
    await session.close()
    if (lastDriven < start - 0.02) throw new Error(`seed ${seed}: the motors were off before the fault`)

    const afterSetpoint = lastDriven - setpointBefore
    const afterTick = lastDriven - tickBefore
    const slack = DEADLINE + TICK - afterSetpoint
    const chipSlack = CHIP_TIMEOUT + CHIP_MARGIN - afterTick
    return {
        seed,
        scenario: name,
        endsPacing,
        afterSetpoint,
        afterTick,
        slack: endsPacing ? chipSlack : slack,
    }
}

/** The sequence number of a setpoint command that is newer than `last`. */
function newerSequence(frame: Uint8Array, last: number | undefined): number | undefined {
    const at = firstPacket(frame)
    if (packetCommand(frame, at) !== RobotCommand.Setpoint || frame[at] < SETPOINT_HEADER_BYTES) return undefined
    const sequence = frame[at + 4] | (frame[at + 5] << 8)
    return last === undefined || ((sequence - last - 1) & 0xffff) < 0x7fff ? sequence : undefined
}
