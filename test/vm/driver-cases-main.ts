// Runs the portable cases of the drivers on the DeviceScript VM.
import { driverCases } from '../portable/driver-cases'
import { clock } from '../../src/firmware/board'
import { log } from './log-result'

async function main() {
    await driverCases(log, clock)
    log('end', 0)
}
main.start()
