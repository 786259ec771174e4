import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { loadWiring } from '../../src/cli/robot-board'
import { wiringSvg } from '../../src/cli/wiring-svg'
import { type WiringTable, wiringTable } from '../../src/cli/wiring-table'
import { listBoards, loadBoard } from '../../src/flash/board-definition'
import { listRobots } from '../../src/flash/build'
import type { RobotWiring, WiredPart } from '../../src/onboard/robot-wiring'
import { Random } from '../../src/sim/random'
import { SimulatedI2cBus } from '../../src/sim/i2c/simulated-i2c-bus'
import { SimulatedSpiBus } from '../../src/sim/spi/simulated-spi-bus'
import { boardWith, loadRobot } from '../../src/simulate'
import { tendon } from './tendon'

const encoder: WiredPart = { name: 'encoder', part: 'AS5600', address: 0x36, terminals: [] }

/** How often something is in a text. */
const count = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].length

/** The ends of each net: what must be wired together. */
function endsByNet({ connections }: WiringTable): Map<string, number> {
    const ends = new Map<string, number>()
    for (const { net } of connections) if (net !== undefined) ends.set(net, (ends.get(net) ?? 0) + 1)
    return ends
}

describe('tendon wiring', () => {
    it('prints what is connected to what, and writes the diagram of the same', async () => {
        const directory = await mkdtemp(path.join(tmpdir(), 'tendon-wiring-'))
        onTestFinished(() => rm(directory, { recursive: true, force: true }))
        const file = path.join(directory, 'rover.svg')
        const { code, stdout, stderr } = await tendon('wiring', 'rover', '--board', 'pico', '--svg', file)
        expect({ code, stderr }).toEqual({ code: 0, stderr: `wrote ${file}\n` })
        // Pin 6 of a Pico is GP4, 7 is GP5 ("Raspberry Pi Pico Datasheet", figure 2).
        expect(stdout).toMatch(/^ {2}motors +0x10 +SDA +board, pin 6 \(GP4\)$/m)
        expect(stdout).toMatch(/^ {2}imu +0x6a +SCL +board, pin 7 \(GP5\)$/m)
        expect(stdout).toMatch(/^ {2}right encoder +0x36 +SDA +mux, SD1$/m)
        expect(stdout).toMatch(/^ {2}mux +0x70 +SC1 +right encoder, SCL$/m)
        expect(stdout).toMatch(/^ {2}motors +0x10 +M1A, M1B +left wheel/m)
        const svg = await readFile(file, 'utf8')
        expect(svg).toMatch(/<title>rover on Raspberry Pi Pico<\/title>/)
    })

    it('prints JSON of the same', async () => {
        const { code, stdout } = await tendon('wiring', 'actuator', '--board', 'esp32_devkit_c', '--json')
        expect(code).toBe(0)
        const { robot, board, connections } = JSON.parse(stdout) as WiringTable & { robot: string }
        expect({ robot, id: board.id }).toEqual({ robot: 'actuator', id: 'esp32_devkit_c' })
        expect(connections).toContainEqual({ part: 'encoder', terminal: 'SDA', to: 'board, 21', net: 'SDA' })
        expect(connections).toContainEqual({ part: 'encoder', terminal: 'DIR', to: 'GND' })
    })

    it.each([
        ['wiring rover', 2, /--board <id>/],
        ['wiring hexapod --board pico', 2, /robot "hexapod" does not exist; there are: .*rover/],
        ['wiring rover --board uno', 1, /board "uno" is not known; there are: .*pico/],
        ['wiring rover --board pico --svg /nowhere/a.svg', 1, /--svg \/nowhere\/a\.svg cannot be written: ENOENT/],
    ])('%s', async (line, code, says) => {
        const outcome = await tendon(...line.split(' '))
        expect(outcome).toMatchObject({ code, stdout: '' })
        expect(outcome.stderr).toMatch(says)
    })

    it('knows every robot on every board: each net has its two ends or more, and the diagram all of them', async () => {
        let seen = 0
        for (const robot of await listRobots()) {
            const wiring = await loadWiring(robot)
            if (!wiring) continue
            for (const id of await listBoards()) {
                const board = await loadBoard(id)
                // Too small for SPI: refused by its pins' names.
                if (wiring.spi && board.pins.MISO === undefined) continue
                const table = wiringTable(board, wiring)
                const svg = wiringSvg(robot, table)
                const ends = endsByNet(table)
                for (const [net, number] of ends) {
                    expect(number, `${robot} on ${id}: ${net}`).toBeGreaterThanOrEqual(2)
                    expect(count(svg, new RegExp(`class="wire"[^>]*data-net="${net}"`, 'g'))).toBe(number)
                    expect(count(svg, new RegExp(`class="rail"[^>]*data-net="${net}"`, 'g'))).toBe(1)
                }
                // Every part of the bus is on it, or behind a multiplexer that is.
                const shared = wiring.parts.filter(part => !part.behind).length
                for (const net of ['3V3', 'GND']) expect(ends.get(net)).toBe(table.parts.length)
                for (const net of ['SDA', 'SCL']) expect(ends.get(net)).toBe(shared + 1)
                for (const { select } of wiring.spi ?? []) expect(ends.get(select)).toBe(2)
                if (wiring.spi) expect(ends.get('MISO')).toBe(wiring.spi.length + 1)
                expect(count(svg, /<rect /g)).toBe(table.parts.length + 1)
                seen++
            }
        }
        expect(seen).toBeGreaterThanOrEqual(21)
    })

    it('names the parts of the simulated body, which the firmware finds: the same addresses, as often', async () => {
        for (const robot of await listRobots()) {
            const wiring = await loadWiring(robot)
            if (!wiring) continue
            const { makeBody, config } = await loadRobot(robot)
            const time = { now: 0 }
            const bus = new SimulatedI2cBus({ frequency: config.i2c.frequency, now: () => time.now })
            const spi = new SimulatedSpiBus(() => time.now)
            const { pins } = boardWith(config)
            const body = makeBody({ time, bus, spi, pins, random: new Random(1), warn: () => {} })
            const chips = Object.values(body.parts?.chips ?? {})
            const addresses = chips.flatMap(chip => ('spi' in chip ? [] : [chip.address]))
            expect(wiring.parts.map(part => part.address).sort(), robot).toEqual(addresses.sort())
            const selects = chips.flatMap(chip => ('spi' in chip ? [chip.select] : []))
            expect(wiring.spi?.map(({ select }) => pins[select]) ?? [], robot).toEqual(selects)
        }
    })

    it('wires chips on SPI by their select pins, and refuses a board that has none of its names', async () => {
        const { stdout } = await tendon('wiring', 'courier', '--board', 'pico')
        // Pins 21, 22, 24 and 25 of a Pico are GP16 to GP19, of SPI0 ("Raspberry Pi Pico Datasheet", figure 2).
        expect(stdout).toMatch(/^ {2}left counter +MISO +board, pin 21 \(GP16\)$/m)
        expect(stdout).toMatch(/^ {2}left counter +SS +board, pin 22 \(GP17\)$/m)
        expect(stdout).toMatch(/^ {2}right counter +SCK +board, pin 24 \(GP18\)$/m)
        expect(stdout).toMatch(/^ {2}right counter +A +yellow wire/m)
        const { code, stderr } = await tendon('wiring', 'courier', '--board', 'esp32c3_xiao')
        expect(code).toBe(1)
        expect(stderr).toContain(`left counter's select is on pin "CS0"; the board has: A1_D1, A2_D2, ESTOP`)
    })

    const second = { ...encoder, name: 'second' }
    const mux: WiredPart = { name: 'mux', part: 'TCA9548A', address: 0x70, terminals: [] }
    const WRONG: [string, WiredPart[], RegExp][] = [
        ['two parts at one address', [encoder, second], /"second" and "encoder" have the same address, 0x36/],
        [
            'two at one address of one channel',
            [
                mux,
                { ...encoder, behind: { part: 'mux', channel: 2 } },
                { ...second, behind: { part: 'mux', channel: 2 } },
            ],
            /"second" and "encoder" have the same address/,
        ],
        [
            'one behind a multiplexer that answers on the bus, too',
            [mux, encoder, { ...second, behind: { part: 'mux', channel: 0 } }],
            /"second" and "encoder" have the same address/,
        ],
        ['a name twice', [encoder, { ...encoder, address: 0x37 }], /the name "encoder" is used twice/],
        [
            'no such multiplexer',
            [{ ...encoder, behind: { part: 'mux', channel: 0 } }],
            /"encoder" is behind "mux", which/,
        ],
    ]
    it.each(WRONG)('refuses %s', async (_, parts, says) => {
        const board = await loadBoard('pico')
        expect(() => wiringTable(board, { parts })).toThrow(says)
    })

    it('shows a pin of the robot by what is printed on the board, and keeps marks of XML apart', async () => {
        const pins: RobotWiring['pins'] = [{ name: 'stop <in>', use: 'input', pin: 'GP15', to: 'a & b' }]
        const table = wiringTable(await loadBoard('pico'), { parts: [encoder], pins })
        expect(table.connections).toContainEqual({ part: 'board', terminal: 'pin 20 (GP15)', to: 'stop <in>: a & b' })
        expect(wiringSvg('r', table)).toContain('stop &lt;in&gt;: a &amp; b')
    })
})
