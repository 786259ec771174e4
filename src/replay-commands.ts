import { connect } from './connect'
import { applyChanges } from './host/parameter-file'
import { hasParameters } from './host/parameters'
import type { Robot, RobotState, SentCommand } from './host/robot'
import { type Scheduler, systemScheduler } from './host/scheduler'
import type { RecordedFirmware } from './record/firmware-watch'
import { inForce } from './record/in-force'
import { RecordError } from './record/record-error'
import { recordedFirmware } from './record/recorded-firmware'
import { type RecordedParameters, recordedParameters } from './record/recorded-parameters'
import { Recorder } from './record/recorder'
import type { RecordingFile } from './record/recording-file'
import { carriedOut } from './record/replay/carried-out'
import { type Deviation, deviations } from './record/replay/deviation'
import { changesText, differences, type ParameterStep, parameterSteps } from './record/replay/parameter-steps'
import { playCommands, recordedCommands } from './record/replay/play-commands'
import { recordedDescription, recordedStates } from './record/replay/recorded-states'
import { connectSimulated, schedulerOf, settle, simulate } from './simulate'
import { PACKAGE_VERSION } from './version'

export interface ReplayToOptions {
    /** `sim`, a serial port, or `auto`. */
    to: string
    /** Board profile and seed of the simulation. */
    board?: string
    seed?: number
    /** A new MCAP file for what the robot does. */
    record?: string
    signal?: AbortSignal
    onNote?: (line: string) => void
}

export interface ReplayedCommands {
    robot: string
    commands: number
    /** From the first command to the last. */
    seconds: number
    deviations: Deviation[]
}

/** A robot to play to, and how to wait for host code of it. */
interface Target {
    robot: Robot
    scheduler: Scheduler
    simulation: boolean
    wait<T>(promise: Promise<T>): Promise<T>
}

/**
 * Sends the commands of a recording to a robot: a simulated one, on simulated time as fast as it goes, or one on a port, which
 * must have the configuration that was recorded.
 *
 * @throws RecordError `incomplete`, `other-robot`; what connecting and {@link playCommands} throw
 */
export async function replayTo(
    recording: RecordingFile,
    path: string,
    options: ReplayToOptions,
): Promise<ReplayedCommands> {
    const description = await recordedDescription(recording, path)
    const sent = await recordedCommands(recording, path)
    const recorded: RobotState[] = []
    for await (const { state } of recordedStates(recording)) recorded.push(state)
    const commands = carriedOut(sent, recorded)
    if (commands.length === 0) throw new RecordError('incomplete', `${path} has no command that its robot carried out`)
    if (commands.length < sent.length) {
        const refused = `${sent.length - commands.length} of ${sent.length} commands`
        options.onNote?.(`left out what the recorded robot refused: ${refused}`)
    }
    const target = await openTarget(description.name, options)
    const { robot, scheduler, wait } = target
    try {
        checkConfiguration(description.configHash, target, options.onNote)
        await compareFirmware(target, await recordedFirmware(recording), commands[0].hostTime, options.onNote)
        const changes = await takeParameters(
            target,
            await recordedParameters(recording),
            { first: commands[0].hostTime, end: endOf(commands) },
            options.onNote,
        )
        const states: RobotState[] = []
        let start = NaN
        robot.onState(state => states.push(state))
        const recorderOptions = { scheduler, hostVersion: PACKAGE_VERSION, simulation: target.simulation }
        const recorder =
            options.record === undefined ? undefined : await Recorder.start(robot, options.record, recorderOptions)
        const [{ hostTime: first, kind }] = commands
        // Of the samples before it, the last tells whether the robot was armed already. A report has one mode for all of its
        // samples: those from just before an arming may say armed, too.
        const before = recorded.filter(({ hostTime }) => hostTime < first).at(-1) ?? recorded[0]
        const armed = kind !== 'arm' && before?.mode === 'armed'
        const onStart = (time: number) => (start = time)
        try {
            await wait(playCommands(commands, robot, scheduler, { armed, changes, signal: options.signal, onStart }))
        } finally {
            await recorder?.close()
        }
        return {
            robot: description.name,
            commands: commands.length,
            seconds: commands.at(-1)!.hostTime - first,
            deviations: deviations(recorded, first, states, start),
        }
    } finally {
        await robot.close()
    }
}

async function openTarget(name: string, { to, board, seed }: ReplayToOptions): Promise<Target> {
    if (to !== 'sim') {
        const robot = await connect({ port: to })
        return { robot, scheduler: systemScheduler, simulation: false, wait: promise => promise }
    }
    const simulated = await simulate({ robot: name, board, seed })
    const robot = await connectSimulated(simulated)
    const scheduler = schedulerOf(simulated.host)
    return { robot, scheduler, simulation: true, wait: promise => settle(simulated, promise) }
}

function checkConfiguration(recorded: string, { robot, simulation }: Target, note?: (line: string) => void): void {
    const { configHash } = robot.description
    if (configHash === recorded) return
    const text = `the robot has another configuration (${configHash}) than the recorded one (${recorded})`
    if (simulation) note?.(text)
    else throw new RecordError('other-robot', `${text}: its commands may not be meant for it`)
}

/** Says which programs the recorded robot ran from the first command on, when they are not what this one runs. */
async function compareFirmware(
    { robot, wait }: Target,
    recorded: readonly RecordedFirmware[],
    first: number,
    note?: (line: string) => void,
): Promise<void> {
    const started = inForce(recorded, first)
    const changes = recorded.filter(({ time }) => time > first && time !== started?.time)
    const here = await wait(robot.firmwareHash?.() ?? Promise.resolve(undefined))
    if (started === undefined || (changes.length === 0 && started.sha256 === here)) return
    const name = (sha256: string | undefined) => sha256?.slice(0, 8) ?? 'an unknown one'
    const later = changes.map(({ time, sha256 }) => `, ${name(sha256)} from ${(time - first).toFixed(2)} s on`)
    note?.(`the recorded robot ran the program ${name(started.sha256)}${later.join('')}; this one runs ${name(here)}`)
}

/** When the last of them had come to its end, s since the Unix epoch. */
function endOf(commands: readonly SentCommand[]): number {
    const ends = commands.map(command =>
        command.kind === 'trajectory' ? command.hostTime + command.trajectory.points.at(-1)!.time : command.hostTime,
    )
    return ends.reduce((latest, end) => Math.max(latest, end))
}

/**
 * Gives a simulated robot the parameters that the recorded one had at the first command, and returns the changes that came later, for
 * when their time comes. Of a robot that is no simulation it says which differ and which changed: its gains are for people to set.
 */
async function takeParameters(
    { robot, simulation, wait }: Target,
    recorded: readonly RecordedParameters[],
    { first, end }: { first: number; end: number },
    note?: (line: string) => void,
): Promise<ParameterStep[]> {
    const started = inForce(recorded, first)
    if (started === undefined || !hasParameters(robot)) return []
    const here = await wait(robot.parameters())
    const changes = differences(started.values, here)
    if (changes.length > 0) {
        if (simulation) await wait(applyChanges(robot, changes))
        const whose = simulation ? 'with the recorded parameters' : 'the recorded robot had other parameters'
        note?.(`${whose}: ${changesText(changes)}`)
    }
    const then = here.map(parameter => ({ ...parameter, value: started.values[parameter.name] ?? parameter.value }))
    const steps = parameterSteps(recorded, Math.max(first, started.time), then).filter(({ time }) => time <= end)
    for (const step of steps) {
        const what = simulation ? 'as then' : 'the recorded robot was given other parameters'
        note?.(`${what}, ${(step.time - first).toFixed(2)} s after the first command: ${changesText(step.changes)}`)
    }
    return simulation ? steps : []
}
