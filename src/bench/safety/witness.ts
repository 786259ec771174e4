import type { RobotState } from '../../host/robot'
import { firstPacket, packetCommand } from '../../protocol/frame'
import { RobotCommand } from '../../protocol/service'
import { SETPOINT_HEADER_BYTES } from '../../protocol/setpoint'
import type { SimulatedRobot } from '../../sim/simulated-robot'

/** How much newer a report may be than what the motor controller does: a tick's command, and the controller's next step, s. */
const ON_ITS_WAY = 0.02

/** Outputs that were off for so long are driven anew, s. */
const ANEW = 0.2

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
    private readonly ticks: number[] = []
    private sequence: number | undefined
    /** When outputs were last driven anew, and what was known until then. */
    private anew: { began: number; lastDriven: number; setpointBefore: number; tickBefore: number } | undefined
    /** When telemetry first named this mode, or fault. */
    private readonly told = new Map<string, number>()

    /** @param watch sees each step of the plant, too; modes in which motors may be driven */
    constructor(
        private readonly robot: SimulatedRobot,
        private readonly drivenModes: readonly string[] = ['armed'],
        private readonly watch?: (time: number) => void,
    ) {
        robot.board.onTick = ({ startUs, totalUs }) => {
            this.lastTick = this.busyUntil = (startUs + totalUs) / 1e6
            this.ticks.push(this.lastTick)
        }
        const receive = robot.usb.onFrame
        robot.usb.onFrame = frame => {
            this.frame(frame)
            receive(frame)
        }
        robot.body.onStep = () => this.step()
    }

    /** Hears a report of the robot as its host does. */
    hear({ mode, faults = [] }: Pick<RobotState, 'mode'> & Partial<Pick<RobotState, 'faults'>>): void {
        const now = this.robot.clock.now / 1e6
        if (this.drivenModes.includes(mode)) this.saysOffSince = Infinity
        else this.saysOffSince = Math.min(this.saysOffSince, now)
        for (const name of [mode, ...faults]) if (!this.told.has(name)) this.told.set(name, now)
    }

    /** When telemetry first named this mode or fault, s; Infinity: never. */
    toldAt(name: string): number {
        return this.told.get(name) ?? Infinity
    }

    /** The first valid setpoint after which none came for so long, s. */
    lastSetpoint(quiet: number): number {
        const { setpoints } = this
        return setpoints.find((time, i) => !(setpoints[i + 1] - time <= quiet)) ?? 0
    }

    /** The end of the first tick that ended then or later, s: only a program that runs can act. Infinity: none. */
    tickFrom(time: number): number {
        return this.ticks.find(tick => tick >= time) ?? Infinity
    }

    /** Takes back that outputs were driven anew at the end, for no longer than this, s. @returns how long, s; 0: they were not */
    forgetPulse(longest: number): number {
        const { anew } = this
        const length = anew ? this.lastDriven - anew.began : 0
        if (!anew || length > longest) return 0
        this.lastDriven = anew.lastDriven
        this.setpointBefore = anew.setpointBefore
        this.tickBefore = anew.tickBefore
        return length
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
        body.writeState(this.state)
        const [time] = this.state
        this.watch?.(time)
        if ((body.pulses?.() ?? body.outputs()).every(output => output === 0)) return
        const { lastDriven, setpointBefore, tickBefore } = this
        if (lastDriven > 0 && time - lastDriven > ANEW)
            this.anew = { began: time, lastDriven, setpointBefore, tickBefore }
        this.lastDriven = time
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
