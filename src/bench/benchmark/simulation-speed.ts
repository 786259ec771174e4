import { fixedVelocity } from '../../cli/drive'
import { measureDrive } from '../../cli/measured-drive'
import { SETPOINT_MS } from '../../host/robot-drive'
import { encodeSetpoint } from '../../protocol/setpoint'
import { JointMode } from '../../protocol/state'
import { rover } from '../../robots/rover/robot'
import { PortableRover } from './portable-rover'
import { type Repeated, repeated } from './repeated'

/** Simulated time of each run, s. */
const VM_SECONDS = 60
const PORTABLE_SECONDS = 300
const REPETITIONS = 3

export interface SimulationSpeed {
    simulatedSeconds: { vm: number; portable: number }
    repetitions: number
    runs: { name: string; does: string; timesRealTime: Repeated }[]
}

/** How much faster than the robot the simulator is, in wall time, along the fixed drive. Starting up is not counted. */
export async function measureSimulation(): Promise<SimulationSpeed> {
    const vm: number[] = []
    const portable: number[] = []
    for (let repetition = 0; repetition < REPETITIONS; repetition++) {
        vm.push(await driveBytecode())
        portable.push(await drivePortable())
    }
    return {
        simulatedSeconds: { vm: VM_SECONDS, portable: PORTABLE_SECONDS },
        repetitions: REPETITIONS,
        runs: [
            {
                name: 'bytecode on the VM',
                does: 'rp2040 profile, inlined: VM, bus, chips, body, paced link, session, planner, trace hash',
                timesRealTime: repeated(vm),
            },
            {
                name: 'the same sources in Node',
                does: 'drivers, control, tick loop, telemetry, bus, chips, body; no VM, no link, no session, no hash',
                timesRealTime: repeated(portable),
            },
        ],
    }
}

/** What `tendon sim rover` runs. */
async function driveBytecode(): Promise<number> {
    const { realTimeFactor } = await measureDrive({
        robot: 'rover',
        board: 'rp2040',
        seed: 1,
        duration: VM_SECONDS,
        speed: 'max',
        pacing: true,
        inline: true,
    })
    return realTimeFactor
}

async function drivePortable(): Promise<number> {
    const { wheelRadius, trackWidth } = rover.drive!
    let sequence = 0
    let next = 0
    const portable = new PortableRover({
        seed: 1,
        command: (robot, millis) => {
            if (millis < next) return
            next = millis + SETPOINT_MS
            const { linear, angular } = fixedVelocity(millis / 1000)
            const side = (angular * trackWidth) / 2
            const wheels = [(linear - side) / wheelRadius, (linear + side) / wheelRadius]
            sequence = (sequence + 1) & 0xffff
            const entries = wheels.map((value, joint) => ({ joint, mode: JointMode.Velocity, value }))
            robot.setpoint(encodeSetpoint(sequence, 0, entries), millis)
        },
    })
    await portable.start()
    const start = performance.now()
    await portable.run(PORTABLE_SECONDS)
    const seconds = (performance.now() - start) / 1000
    if (portable.loop.ticks < (PORTABLE_SECONDS * 1000) / rover.tickPeriodMs - 10 || portable.loop.lateTicks > 0) {
        throw new Error(`the portable rover ticked ${portable.loop.ticks} times, ${portable.loop.lateTicks} late`)
    }
    return PORTABLE_SECONDS / seconds
}
