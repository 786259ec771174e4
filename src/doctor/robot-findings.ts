import type { RobotSession } from '../host/session'
import type { Scheduler } from '../host/scheduler'
import { error, type Finding, warning } from './finding'

/** How long a robot's telemetry and link are watched, ms. */
const WATCH_MS = 2000
/** From connecting to then, ms. */
const SETTLING_MS = 500
/** Part of the rated voltage below which the supply is low. */
const LOW_SUPPLY = 0.85
/** Half a round trip that a planner would feel, s: the median of a link over USB is 1 to 2 ms. */
const SLOW = 0.02
/** Part of the ticks that may be late while a host asks for this and that. */
const LATE = 0.02

/** What the robot's faults mean, and what to do about each (names: `src/protocol/state.ts`). */
const FAULTS: Readonly<Record<string, readonly [string, string]>> = {
    startup: ['a driver did not start', "see the parts below, or the board's log at its start (tendon bridge)"],
    encoder: [
        'an encoder gives no valid sample',
        'check its wires and, of a magnetic one, its magnet (centred, 0.5 to 3 mm away)',
    ],
    imu: ['the IMU gives no valid sample', 'check its wires and its supply'],
    motor: [
        'the motor controller does not acknowledge or reports an error',
        'check its wires; switch its supply off and on',
    ],
    estop: ['an emergency stop is latched', 'clear what caused it, then disarm the robot'],
    tilt: ['the robot leans too far to balance', 'hold it upright and still'],
}

/** Watches the robot for two seconds and says what is wrong with it, its supply, its link and its clock. */
export async function robotFindings(session: RobotSession, scheduler: Scheduler): Promise<Finding[]> {
    // What happened before the host paced the board is not the robot's.
    await wait(scheduler, SETTLING_MS)
    const before = session.statistics()
    await wait(scheduler, WATCH_MS)
    return [...stateFindings(session), ...linkFindings(session, before)]
}

function stateFindings({ state, description }: RobotSession): Finding[] {
    if (!state)
        return [
            error(
                'fault',
                'the robot answers, and sends no telemetry',
                'reset the board; if it stays so, flash it anew',
            ),
        ]
    const findings: Finding[] = []
    for (const name of state.faults) {
        if (name === 'supply') {
            findings.push(
                error(
                    'no-supply',
                    'the motor supply is missing or too low',
                    "switch it on; check its fuse, its polarity and the wires to the motor controller's VIN",
                ),
            )
        } else {
            const [what, remedy] = FAULTS[name] ?? ['a fault that this host does not know', 'update this checkout']
            findings.push(error('fault', `the robot reports the fault "${name}": ${what}`, remedy))
        }
    }
    const rated = Math.max(0, ...description.joints.map(joint => joint.rated?.voltage ?? 0))
    if (state.power && state.power.voltage < LOW_SUPPLY * rated) {
        findings.push(
            error(
                'low-supply',
                `the motor supply has ${state.power.voltage.toFixed(1)} V, the motors are rated for ${rated} V`,
                'charge or replace the battery, or set the supply to the rated voltage',
            ),
        )
    }
    return findings
}

function linkFindings(session: RobotSession, before: ReturnType<RobotSession['statistics']>): Finding[] {
    const now = session.statistics()
    const findings: Finding[] = []
    const broken = now.crcErrors + now.framingErrors - before.crcErrors - before.framingErrors
    const lost = now.samplesLost - before.samplesLost
    if (broken > 0 || lost > 0) {
        findings.push(
            warning(
                'noisy-link',
                `in ${WATCH_MS / 1000} s ${broken} frames arrived damaged and ${lost} samples were lost`,
                'use a shorter or better USB cable, no hub, and keep it away from the motor leads',
            ),
        )
    }
    if (now.latency > SLOW) {
        findings.push(
            warning(
                'slow-link',
                `an answer takes ${(2000 * now.latency).toFixed(0)} ms`,
                'end what else keeps this computer or its USB busy; an FTDI converter needs its latency timer at 1 ms (/sys/bus/usb-serial/devices/*/latency_timer)',
            ),
        )
    }
    if (!session.clockFit()) {
        findings.push(
            warning(
                'clock',
                "the board's clock does not answer: samples cannot be stamped in this computer's time",
                'reset the board; if it stays so, write the whole image anew: tendon flash <robot> --board <b>',
            ),
        )
    }
    const ticks = now.ticks - before.ticks
    const late = now.lateTicks - before.lateTicks
    if (ticks > 0 && late > LATE * ticks) {
        findings.push(
            warning(
                'late-ticks',
                `${late} of ${ticks} control ticks were late`,
                'this computer paces the board: end what keeps it busy. `tendon build` tells what the tick costs',
            ),
        )
    }
    return findings
}

function wait(scheduler: Scheduler, ms: number): Promise<void> {
    return new Promise(resolve => void scheduler.setTimeout(resolve, ms))
}
