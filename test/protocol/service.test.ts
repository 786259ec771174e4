import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { MAX_PAYLOAD, ROBOT_SERVICE_CLASS, RobotCommand, RobotRegister } from '../../src/protocol/service'

// The service's document, from which DeviceScript makes the board's side.
const document = readFileSync(new URL('../../services/robot.md', import.meta.url), 'utf8')
/** `set_parameter` as this project writes it: `SetParameter`. */
const capitalised = (name: string) => name.replace(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase())
const members = (numbers: object) =>
    Object.fromEntries(Object.entries(numbers).filter(([key]) => Number.isNaN(Number(key)))) as Record<string, number>

/** Name and code of every line of the document that defines one, for example `command arm @ 0x81`. */
function defined(pattern: RegExp): Record<string, number> {
    const found = [...document.matchAll(pattern)].map(([, name, code]) => [capitalised(name), Number(code)])
    return Object.fromEntries(found) as Record<string, number>
}

test('the service class is the one of the document', () => {
    expect(document).toMatch(new RegExp(`^\\s+identifier: 0x${ROBOT_SERVICE_CLASS.toString(16)}$`, 'm'))
    expect(ROBOT_SERVICE_CLASS).toBe(0x1bb5f0a3)
})

test('commands are those of the document, no more and no fewer', () => {
    const commands = defined(/^\s+command (\w+) @ (0x[0-9a-f]+)/gm)
    expect(commands).toEqual({
        Setpoint: 0x80,
        Arm: 0x81,
        Disarm: 0x82,
        Stop: 0x83,
        Describe: 0x84,
        Timing: 0x85,
        Faults: 0x86,
        Probe: 0x8e,
        Trajectory: 0x8f,
        Parameters: 0x90,
        SetParameter: 0x91,
        StoreParameters: 0x92,
        ResetParameters: 0x93,
    })
    expect(members(RobotCommand)).toEqual(commands)
})

test('registers are those of the document, no more and no fewer', () => {
    const registers = defined(/^\s+r[ow] (\w+): .* @ (0x[0-9a-f]+)/gm)
    expect(registers).toEqual({ Telemetry: 0x180 })
    expect(members(RobotRegister)).toEqual(registers)
})

test('every file that the document names for a layout exists', () => {
    const files = [...document.matchAll(/`(src\/protocol\/[\w-]+\.ts)`/g)].map(([, file]) => file)
    expect(files.length).toBeGreaterThan(3)
    for (const file of files) expect(readFileSync(new URL(`../../${file}`, import.meta.url)).length).toBeGreaterThan(0)
})

test('a packet carries 236 bytes at most', () => {
    expect(MAX_PAYLOAD).toBe(236)
})
