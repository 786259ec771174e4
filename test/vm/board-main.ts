// What the simulated board is measured with. The program asks an I2C device what to do, so that one compiled program serves
// every test: SCENARIO_ADDRESS answers with the scenario (u8), a period in ms (u8) and a count (u16). Test side:
// test/sim/board-program.ts.
import * as ds from '@devicescript/core'
import { i2c } from '../../src/firmware/board'

const SCENARIO_ADDRESS = 0x10
/** Written to at the points that a test wants to see. */
const MARK_ADDRESS = 0x11
/** Gets results: i32 each. */
const RESULT_ADDRESS = 0x12
const ECHO_ADDRESS = 0x13

enum Scenario {
    Loop = 1,
    Echo = 2,
    Clock = 3,
    Garbage = 4,
    Endless = 5,
    Log = 6,
}

const mark = Buffer.alloc(1)

/** Thirteen operations a turn. */
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

function result(value: number): void {
    const bytes = Buffer.alloc(4)
    bytes.setAt(0, 'i32', value)
    i2c.transfer(RESULT_ADDRESS, bytes, undefined)
}

/** Every kind of transaction. What was read is written back. */
function echo(): void {
    const read = Buffer.alloc(4)
    result(i2c.transfer(ECHO_ADDRESS, hex`0102fe`, read))
    i2c.transfer(RESULT_ADDRESS, read, undefined)
    result(i2c.transfer(ECHO_ADDRESS, undefined, read))
    i2c.transfer(RESULT_ADDRESS, read, undefined)
    result(i2c.transfer(ECHO_ADDRESS, read, undefined))
    result(i2c.transfer(ECHO_ADDRESS, Buffer.alloc(0), Buffer.alloc(0)))
    result(i2c.transfer(ECHO_ADDRESS + 1, read, read))
    result(i2c.transfer(ECHO_ADDRESS + 2, read, read))
}

/** The program's clock before and after work, and after each kind of sleep. */
async function clock(turns: number) {
    await ds.sleep(5)
    result(ds.millis())
    busy(turns)
    result(ds.millis())
    await ds.sleep(0)
    result(ds.millis())
    await ds.sleep(1)
    result(ds.millis())
}

/** Keeps a buffer, drops a buffer, and then makes garbage, a kilobyte at each tick. */
async function garbage(count: number) {
    await ds.sleep(1)
    i2c.transfer(MARK_ADDRESS, mark, undefined)
    const kept = Buffer.alloc(1000)
    i2c.transfer(MARK_ADDRESS, mark, undefined)
    for (let i = 0; i < count; i++) {
        await ds.sleep(1)
        kept[0] = Buffer.alloc(1000).length
    }
    i2c.transfer(MARK_ADDRESS, kept.slice(0, 1), undefined)
}

async function log(count: number) {
    for (let i = 0; i < count; i++) console.log('line ' + i)
    console.log('done')
}

async function main() {
    const request = Buffer.alloc(4)
    i2c.transfer(SCENARIO_ADDRESS, undefined, request)
    const count = request.getAt(2, 'u16')
    const scenario = request[0]
    if (scenario === Scenario.Loop) await loop(request[1], count)
    if (scenario === Scenario.Echo) echo()
    if (scenario === Scenario.Clock) await clock(count)
    if (scenario === Scenario.Garbage) await garbage(count)
    if (scenario === Scenario.Endless) while (true) mark[0] = 0
    if (scenario === Scenario.Log) await log(count)
}
main.start()
