// Runs the portable cases on the DeviceScript VM. Each result leaves as a write to an I2C address where the test listens:
// the number's eight bytes, then its name. The runtime's log would lose lines: it holds 4 KiB between two passes.
import * as ds from '@devicescript/core'
import { controlCases } from '../portable/control-cases'
import { driverCases } from '../portable/driver-cases'
import { onboardCases } from '../portable/onboard-cases'
import { clock, i2c } from '../../src/firmware/board'

const RESULT_ADDRESS = 0x7f

function log(name: string, value: number): void {
    const text = Buffer.from(name)
    const bytes = Buffer.alloc(8 + text.length)
    bytes.setAt(0, 'f64', value)
    bytes.blitAt(8, text, 0, text.length)
    i2c.transfer(RESULT_ADDRESS, bytes, undefined)
}

async function pause(): Promise<void> {
    await ds.sleep(1)
}

async function main() {
    await controlCases(log, pause)
    await pause()
    await driverCases(log, clock)
    await pause()
    await onboardCases(log, pause)
    log('end', 0)
}
main.start()
