// Runs the portable cases of further actuators on the DeviceScript VM: a program of their own, as those of the other drivers.
import { actuatorCases } from '../portable/actuator-cases'
import { clock } from '../../src/firmware/board'
import { log } from './log-result'

async function main() {
    await actuatorCases(log, clock)
    log('end', 0)
}
main.start()
