import type { Command } from 'commander'
import type { Examination } from '../doctor/examine'
import type { Finding } from '../doctor/finding'
import type { SpiState } from '../doctor/spi-findings'
import { checkRobot, jsonOption } from './options'
import { note, print, printJson } from './output'

interface DoctorOptions {
    port?: string
    robot?: string
    board?: string
    drive?: string
    udevRule?: boolean
    json?: boolean
}

export function addDoctor(program: Command): void {
    program
        .command('doctor')
        .description('find what keeps a board from working, from the cable to its parts, and say what to do')
        .option('--port <path>', 'serial port of the board (default: the one that there is)')
        .option('--robot <name>', 'the robot that should be on the board')
        .option('--board <b>', 'the board of boards/ that it should be')
        .option('--drive <folder>', "an RP2040's boot drive, when it is mounted where it is not looked for")
        .option('--udev-rule', 'print the udev rule that lets this user open the ports of boards, and end')
        .addOption(jsonOption())
        .addHelpText(
            'after',
            '\nThe robot is never armed; its I2C bus is looked at only while it is disarmed.' +
                '\nExit code 1 when something keeps the robot from working.' +
                '\n\nExamples:\n  $ tendon doctor\n  $ tendon doctor --port /dev/ttyACM0 --robot rover --board pico',
        )
        .action(doctor)
}

async function doctor({ port, robot, board, drive, udevRule, json }: DoctorOptions): Promise<void> {
    if (udevRule) {
        const { UDEV_RULE } = await import('../doctor/host-findings')
        return void process.stdout.write(UDEV_RULE)
    }
    if (robot !== undefined) await checkRobot(robot)
    const { examine } = await import('../doctor/examine')
    const { checkout } = await import('./checkout')
    const here = await checkout({ robot, board })
    const onStep = json ? undefined : note
    const examination = await examine({ ...here, port, onStep, ...(drive !== undefined && { folders: [drive] }) })
    if (json) printJson(examination)
    else for (const line of lines(examination)) print(line)
    if (examination.findings.some(({ severity }) => severity === 'error')) process.exitCode = 1
}

function lines({ port, survey, bus, spi, findings }: Examination): string[] {
    const parts = bus?.found.map(({ address, behind, wired, identified }) => {
        const place = `0x${address.toString(16).padStart(2, '0')}${behind ? ` on channel ${behind.channel} of ${behind.part}` : ''}`
        return `  ${place}  ${wired ?? 'not in the wiring'}${identified === undefined ? '' : `, identified as ${identified}`}`
    })
    return [
        ...(port === null ? [] : [`port     ${port}`]),
        ...(survey
            ? [
                  `board    ${survey.description ?? 'of unknown kind'}, runtime ${survey.runtimeVersion ?? 'of unknown version'}`,
                  `program  ${survey.program ? `${survey.program.name}, ${survey.program.bytes} bytes, sha256 ${survey.program.sha256.slice(0, 12)}` : 'none'}`,
                  ...(survey.robot ? [`robot    ${survey.robot.name}, configuration ${survey.robot.configHash}`] : []),
              ]
            : []),
        ...(parts ? ['I2C bus', ...parts] : []),
        ...(spi.length > 0 ? ['SPI bus', ...spi.map(spiLine)] : []),
        ...(findings.length === 0 ? ['nothing found'] : findings.flatMap(findingLines)),
    ]
}

const SPI_STATES: Readonly<Record<SpiState['state'], string>> = {
    answers: 'registers hold what was written, samples good',
    'bad-samples': 'some samples were dropped',
    fails: 'does not answer',
    unknown: 'no sample came of its joint',
    'not-started': 'not started: the program stopped at a part before it',
}

function spiLine({ part, state }: SpiState): string {
    return `  ${part.select}  ${part.name} (${part.part}): ${SPI_STATES[state]}`
}

function findingLines({ code, severity, what, remedy }: Finding): string[] {
    return [`${severity} ${code}: ${what}`, `  -> ${remedy}`]
}
