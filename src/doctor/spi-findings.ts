import type { RobotState } from '../host/robot'
import type { RobotWiring, SpiPart } from '../onboard/robot-wiring'
import { error, type Finding, warning } from './finding'

/** Part of the samples that may be dropped before it is worth a word. */
const DROPPED = 0.01

/** A part on SPI, as the robot's own program finds it. */
export interface SpiState {
    readonly part: SpiPart
    /**
     * `answers`: its driver got back what it wrote to its registers, and its samples are good. `bad-samples`: some are not. `fails`:
     * none is. `not-started`: the program has stopped at a part before it. `unknown`: no sample came of its joint.
     */
    readonly state: 'answers' | 'bad-samples' | 'fails' | 'not-started' | 'unknown'
    /** Samples of the joint, and those of them that were dropped. */
    readonly samples: number
    readonly dropped: number
}

/**
 * What became of the SPI parts. Nothing acknowledges on SPI, and the host cannot look past the program that reads them each tick; but
 * their driver does: at start it writes their registers and reads them back, and it drops what cannot be (devices/encoders/ls7366r.ts).
 *
 * @param states of the robot, some seconds of them
 */
export function spiStates({ spi = [] }: RobotWiring, states: readonly RobotState[]): SpiState[] {
    const startup = states.at(-1)?.faults.includes('startup') ?? false
    let failed = false
    return spi.map(part => {
        const joints = states.flatMap(state => state.joints.filter(({ name }) => name === part.joint))
        const [samples, dropped] = [joints.length, joints.filter(({ valid }) => !valid).length]
        // A start goes through the parts in their order, and ends at the first that is not there: what comes later was not looked at.
        const state = startup && failed ? 'not-started' : stateOf(samples, dropped)
        failed ||= state === 'fails'
        return { part, state, samples, dropped }
    })
}

function stateOf(samples: number, dropped: number): SpiState['state'] {
    if (samples === 0) return 'unknown'
    if (dropped === samples) return 'fails'
    return dropped > DROPPED * samples ? 'bad-samples' : 'answers'
}

/** What of them is not as it should be, each with what to do. */
export function spiFindings(states: readonly SpiState[]): Finding[] {
    return states.flatMap(({ part: { name, part, select, joint }, state, samples, dropped }) => {
        const wires = `MISO, MOSI and SCK, and its select pin to ${select} (\`tendon wiring\`)`
        if (state === 'fails') {
            return error(
                'part-missing',
                `${name} (${part}, on SPI) does not answer: ${joint} has no valid sample`,
                `check its supply and ground, its ${wires}; the board's log says at its start what it read (tendon bridge, then reset the board)`,
            )
        }
        if (state === 'bad-samples') {
            return warning(
                'bad-samples',
                `${name} (${part}, on SPI) is heard wrongly now and then: ${dropped} of ${samples} samples of ${joint} were dropped`,
                `shorten its ${wires}, and keep them away from the motor leads`,
            )
        }
        return []
    })
}
