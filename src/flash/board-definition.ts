import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { PROJECT_ROOT } from './build'
import { type Chip, CHIPS } from './chips'
import { FlashError } from './flash-error'

/**
 * A board, as `boards/tendon_<id>.board.json` describes it. The file is DeviceScript's own form (its runtime reads the settings from
 * flash); keys that start with `$` are for this program and are not put into the flash.
 */
export interface BoardDefinition {
    readonly id: string
    readonly name: string
    readonly chip: Chip
    readonly i2c?: { readonly sda: number; readonly scl: number; readonly kHz: number }
    readonly led?: number
    /** Pins free for a robot, by the name that is printed on the board. */
    readonly pins: Readonly<Record<string, number>>
    /** Where on the board a GPIO, `3V3` and `GND` come out. */
    readonly terminals: Readonly<Record<string, string>>
    /** Through what the robot speaks with its host. */
    readonly host: string
    /** bit/s, where a UART is between the board and USB. */
    readonly baudRate?: number
    /** What goes into the flash: the file without its `$` keys. */
    readonly settings: Readonly<Record<string, unknown>>
}

/** DeviceScript's command line, which reads `boards/` too, has boards of its own by the short names. */
const PREFIX = 'tendon_'
const SUFFIX = '.board.json'
const DIRECTORY = path.join(PROJECT_ROOT, 'boards')

/** Name of a board's file in `boards/`. */
export function boardFile(id: string): string {
    return `${PREFIX}${id}${SUFFIX}`
}

/** Ids of all boards in `boards/`, sorted. */
export async function listBoards(directory = DIRECTORY): Promise<string[]> {
    const names = await readdir(directory)
    return names
        .filter(name => name.startsWith(PREFIX) && name.endsWith(SUFFIX))
        .map(name => name.slice(PREFIX.length, -SUFFIX.length))
        .sort()
}

/** @throws FlashError `board` naming the boards there are, or what is wrong with the file */
export async function loadBoard(id: string, directory = DIRECTORY): Promise<BoardDefinition> {
    const ids = await listBoards(directory)
    if (!ids.includes(id)) throw new FlashError('board', `board "${id}" is not known; there are: ${ids.join(', ')}`)
    const text = await readFile(path.join(directory, boardFile(id)), 'utf8')
    try {
        return parseBoard(id, JSON.parse(text))
    } catch (error) {
        throw new FlashError('board', `boards/${boardFile(id)}: ${(error as Error).message}`, { cause: error })
    }
}

type Json = Record<string, unknown>

/** @throws Error naming the key, its value and what is allowed */
export function parseBoard(id: string, file: unknown): BoardDefinition {
    if (!isObject(file)) throw new Error('the file must hold one JSON object')
    const chip = CHIPS[text(file, 'archId')]
    if (!chip) throw new Error(`archId is "${file.archId}"; allowed: ${Object.keys(CHIPS).join(', ')}`)
    if (!/^0x3[0-9a-f]{7}$/i.test(text(file, 'productId'))) {
        throw new Error(`productId is ${JSON.stringify(file.productId)}; allowed: "0x3" and seven hexadecimal digits`)
    }
    return {
        id,
        name: text(file, 'devName').replace(/, tendon wiring$/, ''),
        chip,
        i2c: parseI2c(file.i2c),
        led: isObject(file.led) ? pin(file.led, 'pin', 'led.pin') : undefined,
        pins: parsePins(file.pins),
        terminals: isObject(file.$terminals) ? (file.$terminals as Record<string, string>) : {},
        host: text(file, '$host'),
        baudRate: typeof file.$baudRate === 'number' ? file.$baudRate : undefined,
        settings: {
            ...Object.fromEntries(Object.entries(file).filter(([key]) => !key.startsWith('$'))),
            id: PREFIX + id,
        },
    }
}

function parseI2c(i2c: unknown): BoardDefinition['i2c'] {
    if (i2c === undefined) return undefined
    if (!isObject(i2c)) throw new Error('i2c must be an object with pinSDA, pinSCL and kHz')
    const { kHz = 100 } = i2c
    if (typeof kHz !== 'number' || !(kHz >= 10 && kHz <= 1000)) {
        throw new Error(`i2c.kHz is ${JSON.stringify(kHz)}; allowed: 10 to 1000`)
    }
    return { sda: pin(i2c, 'pinSDA', 'i2c.pinSDA'), scl: pin(i2c, 'pinSCL', 'i2c.pinSCL'), kHz }
}

function parsePins(pins: unknown): Record<string, number> {
    if (pins === undefined) return {}
    if (!isObject(pins)) throw new Error('pins must be an object of names and GPIO numbers')
    return Object.fromEntries(Object.keys(pins).map(name => [name, pin(pins, name, `pins.${name}`)]))
}

function pin(object: Json, key: string, name: string): number {
    const value = object[key]
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value
    throw new Error(`${name} is ${JSON.stringify(value) ?? 'missing'}; allowed: a GPIO number`)
}

function text(object: Json, key: string): string {
    const value = object[key]
    if (typeof value === 'string' && value !== '') return value
    throw new Error(`${key} is ${JSON.stringify(value) ?? 'missing'}; allowed: a text`)
}

function isObject(value: unknown): value is Json {
    return typeof value === 'object' && value !== null && !Array.isArray(value)
}
