// What the simulated board is measured with. The program asks an I2C device what to do, so that one compiled program serves
// every test: it reads the scenario and a number from SCENARIO_ADDRESS.
import * as ds from '@devicescript/core'
import { i2c } from '../../src/firmware/board'

const SCENARIO_ADDRESS = 0x10
/** Written to at the points that a test wants to see. */
const MARK_ADDRESS = 0x11
const ECHO_ADDRESS = 0x12

const mark = Buffer.alloc(1)

/** Operations between two marks: three of a thousand turns each. */
function busy(turns: number): void {
    let sum = 0
    for (let i = 0; i < turns; i++) sum += i
    mark[0] = sum & 0xff
}

/** A control loop with nothing but cost: absolute deadlines, those that have passed are skipped. */
async function loop(periodMs: number, turns: number) {
    let deadline = ds.millis() + periodMs
    while (true) {
        const wait = deadline - ds.millis()
        await ds.sleep(wait > 0 ? wait : 1)
        const late = ds.millis() - deadline
        if (late >= periodMs) deadline += Math.floor(late / periodMs) * periodMs
        deadline += periodMs
        i2c.transfer(MARK_ADDRESS, mark, undefined)
        busy(turns)
        i2c.transfer(MARK_ADDRESS, mark, undefined)
    }
}

async function main() {
    const request = Buffer.alloc(4)
    i2c.transfer(SCENARIO_ADDRESS, undefined, request)
    const turns = request.getAt(2, 'u16')
    if (request[0] === 1) await loop(request[1], turns)
}
main.start()
