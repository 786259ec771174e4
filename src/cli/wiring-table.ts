import type { BoardDefinition } from '../flash/board-definition'
import { FlashError } from '../flash/flash-error'
import { type RobotWiring, SPI_PINS, type SpiPart, type WiredPart } from '../onboard/robot-wiring'

/** One terminal of a part, and what it is connected to. */
export interface Connection {
    readonly part: string
    readonly terminal: string
    readonly to: string
    /** Wires of the same net are joined. Absent when it leads to something that is not a part of the table. */
    readonly net?: string
}

/** A robot wired to a board. */
export interface WiringTable {
    readonly board: { readonly id: string; readonly name: string }
    /** The board first, then the parts in the order of the robot's wiring. */
    readonly parts: readonly { readonly name: string; readonly part: string; readonly address?: number }[]
    readonly connections: readonly Connection[]
}

const BOARD = 'board'

/**
 * Every connection of a robot on a board, from the board's definition and the robot's wiring.
 *
 * @throws FlashError `wiring` naming what cannot be so
 */
export function wiringTable(board: BoardDefinition, wiring: RobotWiring): WiringTable {
    const problems = wiringProblems(wiring)
    if (problems.length > 0) throw new FlashError('wiring', `the robot's wiring.ts: ${problems.join('; ')}`)
    const { parts, pins = [], spi = [] } = wiring
    return {
        board: { id: board.id, name: board.name },
        parts: [
            { name: BOARD, part: board.name },
            ...parts.map(({ name, part, address }) => ({ name, part, address })),
            ...spi.map(({ name, part }) => ({ name, part })),
        ],
        connections: [
            ...boardConnections(board),
            ...spiOfBoard(board, spi),
            ...pins.map(({ pin, name, to }) => ({
                part: BOARD,
                terminal: terminalOf(board, board.pins[pin]),
                to: `${name}: ${to}`,
            })),
            ...parts.flatMap(part => partConnections(board, wiring, part)),
            ...spi.flatMap(part => spiConnections(board, part)),
        ],
    }
}

function boardConnections(board: BoardDefinition): Connection[] {
    const bus = board.i2c
    const i2c = bus
        ? [
              { part: BOARD, terminal: terminalOf(board, bus.sda), to: `SDA, ${bus.kHz} kHz`, net: 'SDA' },
              { part: BOARD, terminal: terminalOf(board, bus.scl), to: `SCL, ${bus.kHz} kHz`, net: 'SCL' },
          ]
        : []
    const supply = { part: BOARD, terminal: terminalOf(board, '3V3'), to: 'logic supply, 3.3 V', net: '3V3' }
    return [supply, { part: BOARD, terminal: terminalOf(board, 'GND'), to: 'ground', net: 'GND' }, ...i2c]
}

function spiOfBoard(board: BoardDefinition, spi: readonly SpiPart[]): Connection[] {
    if (spi.length === 0) return []
    const terminal = (pin: string) => terminalOf(board, board.pins[pin] ?? pin)
    return [
        ...SPI_PINS.map(pin => ({ part: BOARD, terminal: terminal(pin), to: `SPI, ${pin}`, net: pin })),
        ...spi.map(({ name, select }) => ({ part: BOARD, terminal: terminal(select), to: `${name}, SS`, net: select })),
    ]
}

function spiConnections(board: BoardDefinition, { name, select, terminals }: SpiPart): Connection[] {
    const own = { part: name }
    const wire = (terminal: string, pin: string) => ({
        ...own,
        terminal,
        to: `board, ${terminalOf(board, board.pins[pin] ?? pin)}`,
        net: pin,
    })
    return [
        ...supplies(board, name),
        ...SPI_PINS.map(pin => wire(pin, pin)),
        wire('SS', select),
        ...terminals.map(({ terminal, to }) => ({ ...own, terminal, to })),
    ]
}

function supplies(board: BoardDefinition, part: string): Connection[] {
    return [
        { part, terminal: 'logic supply', to: `board, ${terminalOf(board, '3V3')}`, net: '3V3' },
        { part, terminal: 'ground', to: `board, ${terminalOf(board, 'GND')}`, net: 'GND' },
    ]
}

function partConnections(board: BoardDefinition, { parts }: RobotWiring, part: WiredPart): Connection[] {
    const { name, behind } = part
    const own = { part: name }
    const line = (terminal: 'SDA' | 'SCL', gpio?: number): Connection => {
        if (!behind) return { ...own, terminal, to: `board, ${terminalOf(board, gpio)}`, net: terminal }
        const channel = channelTerminal(terminal, behind.channel)
        return { ...own, terminal, to: `${behind.part}, ${channel}`, net: `${behind.part} ${channel}` }
    }
    const channels = parts.flatMap(other => {
        if (other.behind?.part !== name) return []
        return (['SDA', 'SCL'] as const).map(end => {
            const terminal = channelTerminal(end, other.behind!.channel)
            return { ...own, terminal, to: `${other.name}, ${end}`, net: `${name} ${terminal}` }
        })
    })
    return [
        ...supplies(board, name),
        line('SDA', board.i2c?.sda),
        line('SCL', board.i2c?.scl),
        ...channels,
        ...part.terminals.map(({ terminal, to }) => ({ ...own, terminal, to })),
    ]
}

/** TCA9548A datasheet, "Pin Configuration and Functions": SD0 and SC0 to SD7 and SC7. */
function channelTerminal(end: 'SDA' | 'SCL', channel: number): string {
    return `${end === 'SDA' ? 'SD' : 'SC'}${channel}`
}

/** Where a GPIO or a supply comes out, as it is printed on the board. */
function terminalOf(board: BoardDefinition, end: number | string | undefined): string {
    const terminal = end === undefined ? undefined : board.terminals[end]
    if (terminal !== undefined) return terminal
    throw new FlashError(
        'wiring',
        `board "${board.id}": $terminals does not say where ${end ?? 'its I2C bus'} comes out; it has: ` +
            Object.keys(board.terminals).join(', '),
    )
}

function wiringProblems({ parts }: RobotWiring): string[] {
    const problems: string[] = []
    const names = [BOARD]
    const taken = new Map<string, string>()
    const shared = new Map(parts.filter(part => !part.behind).map(({ address, name }) => [address, name]))
    for (const { name, address, behind } of parts) {
        if (names.includes(name)) problems.push(`the name "${name}" is used twice`)
        names.push(name)
        if (behind && !parts.some(part => part.name === behind.part && !part.behind)) {
            problems.push(`"${name}" is behind "${behind.part}", which is not a part on the board's bus`)
        }
        // Behind a multiplexer a part also sees what is said on the bus before it.
        const segment = `${behind ? `${behind.part} ${behind.channel}` : ''} ${address}`
        const other = taken.get(segment) ?? (behind ? shared.get(address) : undefined)
        if (other !== undefined) problems.push(`"${name}" and "${other}" have the same address, ${hex(address)}`)
        taken.set(segment, name)
    }
    return problems
}

/** A 7-bit address as it is written. */
export function hex(address: number): string {
    return `0x${address.toString(16).padStart(2, '0')}`
}
