import type { CommandLease, Commander } from '../host/lease'
import type { Robot } from '../host/robot'
import { deployProgram } from '../flash/deploy'
import { openDeployDoor } from '../flash/deploy-door'
import { keepProgram, knownProgram } from '../flash/known-programs'
import { systemScheduler } from '../host/scheduler'
import { RobotSession } from '../host/session'
import { note } from './output'

/**
 * Lets `tendon deploy` through a bridge to the board whose port the bridge holds. Meanwhile nobody else commands the robot.
 *
 * @param changed called when the robot is another than before
 */
export async function letDeploysIn(
    port: string,
    robot: Robot,
    lease: CommandLease,
    changed: () => Promise<void>,
): Promise<{ close(): Promise<void> }> {
    if (!(robot instanceof RobotSession)) return { close: async () => undefined }
    let served = identity(robot)
    robot.onDescription = () => {
        if (identity(robot) === served) return
        served = identity(robot)
        changed().catch((error: Error) => note(`the doors for the new robot do not open: ${error.message}`))
    }
    const commander: Commander = { name: '`tendon deploy`', takenOver: () => undefined }
    return openDeployDoor(port, async (deployment, options) => {
        await keepProgram(deployment.program)
        await lease.takeOver(commander)
        note(`deploying ${deployment.robot} (${deployment.sha256.slice(0, 8)})`)
        try {
            return await deployProgram(robot, systemScheduler, deployment, {
                ...options,
                known: knownProgram,
                command: `tendon deploy ${deployment.robot} --port ${port}`,
            })
        } finally {
            lease.release(commander)
        }
    })
}

function identity({ description }: Robot): string {
    return `${description.name} ${description.configHash}`
}
