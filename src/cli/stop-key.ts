import { readFileSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import type { Robot } from '../host/robot'
import { readKeys } from './monitor-keys'

/** What a command says once when its keys are read. */
export const STOP_KEY_HINT = 'space is an emergency stop, Ctrl-C ends'

/**
 * Makes the space bar an emergency stop, where somebody can press it: in the foreground of a terminal. It needs no lease, and
 * only a disarm takes it back.
 *
 * @param say told what came of it
 * @returns whether keys are read, and what leaves the terminal as it was
 */
export function readStopKey(
    robot: Pick<Robot, 'stop'>,
    say: (text: string, stopped: boolean) => void,
): { reads: boolean; release: () => void } {
    if (!process.stdin.isTTY || !inForeground()) return { reads: false, release: () => {} }
    const press = (key: string) => {
        if (key !== 'space') return
        robot.stop().then(
            () => say('EMERGENCY STOP: motors off until disarmed', true),
            (error: Error) => say(`emergency stop not confirmed: ${error.message}`, false),
        )
    }
    return { reads: true, release: readKeys(press, () => process.kill(process.pid, 'SIGINT')) }
}

/**
 * Whether this process is in the foreground of its terminal. One in the background that changes the terminal's settings is put to
 * sleep by the system, and with it the robot's link.
 */
function inForeground(): boolean {
    try {
        // proc(5): behind the command's name, in brackets, come state, ppid, pgrp, session, tty_nr, tpgid.
        const fields = readFileSync('/proc/self/stat', 'utf8')
            .replace(/^.*\) /s, '')
            .split(' ')
        return fields[2] === fields[5]
    } catch {
        // No Linux. ps(1) marks what is in the foreground by a plus.
        try {
            return execFileSync('ps', ['-o', 'stat=', '-p', String(process.pid)], { encoding: 'utf8' }).includes('+')
        } catch {
            return false
        }
    }
}
