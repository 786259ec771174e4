import type { Command } from 'commander'
import { type DeployReport, type Deployment } from '../flash/deploy'
import { checkRobot, inlineOption, jsonOption } from './options'
import { note, print, printJson } from './output'

interface DeployCommandOptions {
    port: string
    force?: boolean
    inline: boolean
    json?: boolean
}

export function addDeploy(program: Command): void {
    program
        .command('deploy')
        .description("replace a board's program over its link: the runtime stays (docs/deploy.md)")
        .argument('<robot>', 'a robot of src/robots')
        .requiredOption('--port <path>', 'serial port of the board, or auto to find it')
        .option('--force', 'also when the robot does not confirm that it is disarmed: cut the motor supply before')
        .addOption(inlineOption())
        .addOption(jsonOption())
        .addHelpText(
            'after',
            '\nThe robot is disarmed, and answers as the new one at the end; if it does not, it gets its former program back.' +
                '\n\nExample:\n  $ tendon deploy rover --port /dev/ttyACM0',
        )
        .action(deploy)
}

async function deploy(robot: string, options: DeployCommandOptions): Promise<void> {
    await checkRobot(robot)
    const { buildFirmware } = await import('../flash/build')
    const { bytecode, sha256 } = await buildFirmware(robot, { inline: options.inline })
    const report = await overPort({ robot, program: bytecode, sha256 }, options)
    if (options.json) printJson(report)
    else print(summary(report))
}

/** Deploys through the bridge that holds the port; where there is none, opens the port. */
async function overPort(deployment: Deployment, { port, force }: DeployCommandOptions): Promise<DeployReport> {
    const [{ deployProgram }, { deployThroughBridge }, { keepProgram, knownProgram }, { findPort }, { openSerial }] =
        await Promise.all([
            import('../flash/deploy'),
            import('../flash/deploy-door'),
            import('../flash/known-programs'),
            import('../host/ports'),
            import('../host/serial-stream'),
        ])
    const [{ Link }, { systemScheduler }, { RobotSession }] = await Promise.all([
        import('../host/link'),
        import('../host/scheduler'),
        import('../host/session'),
    ])
    await keepProgram(deployment.program)
    const path = port === 'auto' ? (await findPort()).path : port
    const watching = { force, onStep: note, onProgress: progress() }
    const through = await deployThroughBridge(path, deployment, watching)
    if (through) return through
    const link = new Link({ open: () => openSerial(path), scheduler: systemScheduler })
    const session = await RobotSession.openBoard(link, systemScheduler)
    try {
        return await deployProgram(session, systemScheduler, deployment, {
            known: knownProgram,
            command: `tendon deploy ${deployment.robot} --port ${port}`,
            ...watching,
        })
    } finally {
        await session.close()
    }
}

/** Notes each tenth of what is written. */
function progress(): (written: number, total: number) => void {
    let last = 0
    return (written, total) => {
        const percent = Math.floor((10 * written) / total) * 10
        if (percent < last) last = 0
        if (percent > last) note(`  ${(last = percent)} %`)
    }
}

function summary({ outcome, robot, sha256, before, bytes, attempts, seconds, runtime }: DeployReport): string {
    const hash = sha256.slice(0, 8)
    if (outcome === 'unchanged') return `${robot} (${hash}) is on the board already, and answers (runtime ${runtime})`
    const again = attempts > 1 ? ` in ${attempts} attempts` : ''
    return (
        `deployed ${robot} (${hash}, ${bytes} bytes) over ${before?.slice(0, 8) ?? 'no program'}${again}, and it answers ` +
        `(${seconds.toFixed(1)} s, runtime ${runtime})`
    )
}
