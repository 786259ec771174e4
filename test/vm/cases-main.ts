// Runs the portable cases of control and onboard on the DeviceScript VM. Those of the drivers are a program of their own: one
// program holds at most 64 KB of code.
import * as ds from '@devicescript/core'
import { controlCases } from '../portable/control-cases'
import { onboardCases } from '../portable/onboard-cases'
import { log } from './log-result'

async function pause(): Promise<void> {
    await ds.sleep(1)
}

async function main() {
    await controlCases(log, pause)
    await pause()
    await onboardCases(log, pause)
    log('end', 0)
}
main.start()
