import { beforeAll, expect, test } from 'vitest'
import { compileEntry } from '../../src/flash/build'
import { DeviceScriptVm } from '../../src/sim/vm/device-script-vm'
import { actuatorCases } from './actuator-cases'
import { controlCases } from './control-cases'
import { driverCases } from './driver-cases'
import { onboardCases } from './onboard-cases'

const SOURCES = ['devices', 'src/hal', 'src/control', 'src/protocol', 'src/onboard', 'src/firmware']
const RESULT_ADDRESS = 0x7f

/** A result: its name and the eight bytes of its number, least significant first. */
type Result = [name: string, bits: string]

/** The cases, in as many programs as it takes, in the order in which Node runs them. */
const PROGRAMS = ['test/vm/cases-main.ts', 'test/vm/driver-cases-main.ts', 'test/vm/actuator-cases-main.ts']

/** Everything that the DeviceScript runtime logs, up to `end`. */
async function onDeviceScript(entry: string): Promise<{ results: Result[]; panics: number[] }> {
    const program = await compileEntry(entry, [...SOURCES, 'test/vm', 'test/portable'])
    let now = 0
    const results: Result[] = []
    const panics: number[] = []
    const vm = new DeviceScriptVm({
        now: () => now,
        onFrame: () => {},
        onLog: () => {},
        i2cTransfer: (address, write) => {
            if (address !== RESULT_ADDRESS || !write) return -1
            const bytes = Buffer.from(write)
            results.push([bytes.toString('utf8', 8), bytes.toString('hex', 0, 8)])
            return 0
        },
        onPanic: code => panics.push(code),
        random: into => into.fill(7),
    })
    vm.start(1n)
    vm.deploy(program.bytecode)
    while (results.at(-1)?.[0] !== 'end' && panics.length === 0 && now < 10e6) {
        vm.process()
        now += 1000
    }
    return { results, panics }
}

/** The same in this process. */
async function inNode(): Promise<Result[]> {
    const results: Result[] = []
    const log = (name: string, value: number) => {
        const bytes = Buffer.alloc(8)
        bytes.writeDoubleLE(value)
        results.push([name, bytes.toString('hex')])
    }
    const pause = async () => {}
    await controlCases(log, pause)
    await onboardCases(log, pause)
    log('end', 0)
    await driverCases(log, { millis: () => 0, sleep: pause })
    log('end', 0)
    await actuatorCases(log, { millis: () => 0, sleep: pause })
    log('end', 0)
    return results
}

let board: { results: Result[]; panics: number[] }
let node: Result[]

beforeAll(async () => {
    board = { results: [], panics: [] }
    for (const entry of PROGRAMS) {
        const { results, panics } = await onDeviceScript(entry)
        board.results.push(...results)
        board.panics.push(...panics)
    }
    node = await inNode()
})

test('the cases run to their end on the DeviceScript VM', () => {
    expect(board.panics).toEqual([])
    expect(board.results.filter(([name]) => name === 'end')).toEqual(PROGRAMS.map(() => ['end', '0000000000000000']))
    expect(board.results.at(-1)![0]).toBe('end')
})

test('control, drivers and on-board code give the same numbers on both VMs, bit for bit', () => {
    expect(board.results).toEqual(node)
})

test('the cases are many, and hold numbers that only equal arithmetic gives', () => {
    // Otherwise equality would say little: an empty log equals an empty log.
    const odd = node.filter(([, bits]) => parseInt(bits.slice(0, 2), 16) % 2 === 1)
    expect(node.length).toBeGreaterThan(4000)
    expect(odd.length).toBeGreaterThan(1000)
})
