import type { RobotState } from '../../host/robot'
import { firstPacket, packetCommand } from '../../protocol/frame'
import { RobotCommand } from '../../protocol/service'
import { SETPOINT_HEADER_BYTES } from '../../protocol/setpoint'
import type { SimulatedRobot } from '../../sim/simulated-robot'

/** How much newer a report may be than what the motor controller does: a tick's command, and the controller's next step, s. */
const ON_ITS_WAY = 0.02

/**
 * Watches a simulated robot from outside of its firmware: when the motor controller's outputs drive, which setpoints arrive
 * intact, when ticks end. All times are simulated, s since power-on.
 */
export class Witness {
    /** When some output drove last. */
    lastDriven = 0
    /** The last valid setpoint, and the end of the last tick, before that. */
    setpointBefore = 0
    tickBefore = 0
    /** Since when telemetry says that the motors are off; Infinity while it says that they may run. */
    private saysOffSince = Infinity
    private readonly setpoints: number[] = []
    private readonly state = new Float64Array(64)
    private busyUntil = 0
    private lastTick = 0
    private sequence: number | undefined

    constructor(private readonly robot: SimulatedRobot) {
        robot.board.onTick = ({ startUs, totalUs }) => (this.lastTick = this.busyUntil = (startUs + totalUs) / 1e6)
        const receive = robot.usb.onFrame
        robot.usb.onFrame = frame => {
            this.frame(frame)
            receive(frame)
        }
        robot.body.onStep = () => this.step()
    }

    /** Hears a report of the robot as its host does. */
    hear({ mode }: Pick<RobotState, 'mode'>): void {
        if (mode === 'armed') this.saysOffSince = Infinity
        else this.saysOffSince = Math.min(this.saysOffSince, this.robot.clock.now / 1e6)
    }

    /** How long outputs were driven after telemetry said that they are off, beyond what was on its way, s. */
    contradicted(): number {
        return Math.max(0, this.lastDriven - this.saysOffSince - ON_ITS_WAY)
    }

    private frame(frame: Uint8Array): void {
        const newer = newerSequence(frame, this.sequence)
        if (newer === undefined) return
        this.sequence = newer
        this.setpoints.push(Math.max(this.robot.clock.now / 1e6, this.busyUntil))
    }

    private step(): void {
        const { body } = this.robot
        if (body.outputs().every(duty => duty === 0)) return
        body.writeState(this.state)
        this.lastDriven = this.state[0]
        this.tickBefore = Math.min(this.lastTick, this.lastDriven)
        const { setpoints } = this
        for (let i = setpoints.length; i-- > 0 && this.setpointBefore < setpoints[i];) {
            if (setpoints[i] <= this.lastDriven) this.setpointBefore = setpoints[i]
        }
    }
}

/** The sequence number of a setpoint command that is newer than `last`. */
function newerSequence(frame: Uint8Array, last: number | undefined): number | undefined {
    const at = firstPacket(frame)
    if (packetCommand(frame, at) !== RobotCommand.Setpoint || frame[at] < SETPOINT_HEADER_BYTES) return undefined
    const sequence = frame[at + 4] | (frame[at + 5] << 8)
    return last === undefined || ((sequence - last - 1) & 0xffff) < 0x7fff ? sequence : undefined
}
