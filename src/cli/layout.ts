import type { Command } from 'commander'
import { checkRobot } from './options'
import { print } from './output'

export function addLayout(program: Command): void {
    program
        .command('layout')
        .description("print a Foxglove layout with a robot's plots, parameters and diagnostics")
        .argument('<robot>', 'a robot of src/robots')
        .addHelpText(
            'after',
            '\nExample:\n  $ tendon layout rover > rover.json\n\nIn Foxglove: Layouts, Import from file, then open the connection ws://127.0.0.1:8765.',
        )
        .action(layout)
}

async function layout(robot: string): Promise<void> {
    await checkRobot(robot)
    const { loadRobot } = await import('../simulate')
    const { describe } = await import('../onboard/describe')
    const { foxgloveLayout } = await import('../bridge/foxglove-layout')
    const { config } = await loadRobot(robot)
    // What a count means changes no plot.
    const imu = config.imu && { accelerationPerCount: 1, angularVelocityPerCount: 1 }
    const power = config.power && { amperePerCount: 1, voltPerCount: 1 }
    print(JSON.stringify(foxgloveLayout(describe(config, imu, power)), undefined, 2))
}
