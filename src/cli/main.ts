import { Command } from 'commander'
import { addBench } from './bench'
import { addBridge } from './bridge'
import { addBuild } from './build'
import { addCalibrate } from './calibrate'
import { addDeploy } from './deploy'
import { addDoctor } from './doctor'
import { addExport } from './export'
import { reportFailure } from './failure'
import { addFleet } from './fleet'
import { addFlash } from './flash'
import { addLayout } from './layout'
import { addMonitor } from './monitor'
import { addNew } from './new'
import { addParam } from './param'
import { addPorts } from './ports'
import { addRecord } from './record'
import { addRecover } from './recover'
import { addReplay } from './replay'
import { addSim } from './sim'
import { addStart } from './start'
import { addTopic } from './topic'
import { addTypes } from './types'
import { addVerifySafety } from './verify-safety'
import { addWiring } from './wiring'

/** The command line: `tendon <command> …`. Sets the process's exit code. */
export async function main(argv: string[]): Promise<void> {
    // Whoever reads the output may go away, as `head` does; that is no failure.
    process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))
    try {
        await makeProgram().parseAsync(argv, { from: 'user' })
    } catch (error) {
        process.exitCode = reportFailure(error)
    }
}

function makeProgram(): Command {
    const program = new Command('tendon')
        .description(
            'Firmware for robot microcontrollers in TypeScript: build it, simulate it, connect planners to it.',
        )
        .exitOverride()
        // A command sees its arguments in the order in which they were given.
        .enablePositionalOptions()
        .showHelpAfterError('See: tendon --help')
    const commands = [
        addStart,
        addSim,
        addBridge,
        addMonitor,
        addRecord,
        addRecover,
        addExport,
        addReplay,
        addTopic,
        addLayout,
        addBuild,
        addFlash,
        addDeploy,
        addPorts,
        addDoctor,
        addNew,
        addWiring,
        addBench,
        addFleet,
        addTypes,
        addVerifySafety,
        addParam,
        addCalibrate,
    ]
    for (const add of commands) add(program)
    hint(program)
    return program
}

/** Every error of usage names the help to look at. */
function hint(parent: Command, path = 'tendon'): void {
    for (const command of parent.commands) {
        const name = `${path} ${command.name()}`
        command.showHelpAfterError(`See: ${name} --help`)
        hint(command, name)
    }
}
