import type { RobotState, SentCommand } from '../../host/robot'

/** A robot that is armed has said so by then, s. */
const TOLD_WITHIN = 0.3

/**
 * Leaves out what the recorded robot refused, as its mode tells: arming that did not arm it, trajectories while it was not armed.
 * A recording has every command that was sent.
 */
export function carriedOut(commands: readonly SentCommand[], states: readonly RobotState[]): SentCommand[] {
    return commands.filter(({ kind, hostTime }) => {
        if (kind !== 'arm' && kind !== 'trajectory') return true
        const told = states.filter(state => state.hostTime > hostTime && state.hostTime < hostTime + TOLD_WITHIN)
        return told.length === 0 || told.some(({ mode }) => mode === 'armed')
    })
}
