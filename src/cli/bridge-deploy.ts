import type { FleetProgram, DeployHandler as FleetDeployHandler } from '../fleet/program'
import { BoardDeployer } from '../flash/board-deployer'
import { openDeployDoor } from '../flash/deploy-door'
import type { CommandLease, Commander } from '../host/lease'
import type { Robot } from '../host/robot'
import { systemScheduler } from '../host/scheduler'
import { RobotSession } from '../host/session'
import { note } from './output'

/** What a bridge does for its planners when its board's program is replaced. */
export interface BridgeOfBoard {
    /** The robot is another than before. */
    robotChanged(): Promise<void>
    /** A deploy has ended, whatever the board has now. */
    programWritten(): Promise<void>
}

/** The ways to another program on the board that a bridge holds; meanwhile nobody else commands the robot. */
export class BridgeDeploys {
    private readonly deployer: BoardDeployer
    private served: string

    constructor(
        robot: RobotSession,
        lease: CommandLease,
        private readonly bridge: BridgeOfBoard,
    ) {
        this.deployer = new BoardDeployer(robot, systemScheduler, lease)
        this.served = identity(robot)
        robot.onDescription = () => {
            if (identity(robot) === this.served) return
            this.served = identity(robot)
            bridge
                .robotChanged()
                .catch((error: Error) => note(`the doors for the new robot do not open: ${error.message}`))
        }
    }

    /** Undefined for a robot that has no board of its own. */
    static of(robot: Robot, lease: CommandLease, bridge: BridgeOfBoard): BridgeDeploys | undefined {
        return robot instanceof RobotSession ? new BridgeDeploys(robot, lease, bridge) : undefined
    }

    /** Lets `tendon deploy` of this user in, by the port's path. */
    openDoor(port: string): Promise<{ close(): Promise<void> }> {
        const who: Commander = { name: '`tendon deploy`', takenOver: () => undefined }
        return openDeployDoor(port, async (deployment, options) => {
            say(deployment)
            const command = `tendon deploy ${deployment.robot} --port ${port}`
            try {
                return await this.deployer.deploy(deployment, { ...options, command }, who)
            } finally {
                await this.bridge.programWritten()
            }
        })
    }

    /** Lets the fleet's planners in. They replace no program of a robot that is armed. */
    readonly fromFleet: FleetDeployHandler = (program, options) => {
        const who: Commander = { name: '`tendon fleet deploy`', takenOver: () => undefined }
        say(program)
        return this.deployer.deploy(program, { ...options, refuseArmed: true }, who)
    }
}

function say({ robot, sha256 }: Pick<FleetProgram, 'robot' | 'sha256'>): void {
    note(`deploying ${robot} (${sha256.slice(0, 8)})`)
}

function identity({ description }: Robot): string {
    return `${description.name} ${description.configHash}`
}
