/*
 * The settings of a board as DeviceScript's runtime reads them from flash ("DCFG"): a table of keys, sorted by their hash,
 * with a jump table over the hash's upper five bits. Layout: devs_dcfg.h of the runtime.
 */
const MAGIC = [0x4746_4344, 0xcab4_9b0a] as const
const JUMPS_OFFSET = 24
const JUMPS = 32
const JUMP_SHIFT = 11
const HEADER_BYTES = JUMPS_OFFSET + 2 * JUMPS
const ENTRY_BYTES = 24
const KEY_BYTES = 15
const TYPE_BITS = 2
/** Largest table taken for one, bytes. */
const MAX_BYTES = 0x10000

enum Type {
    U32 = 0,
    I32 = 1,
    STRING = 2,
    BLOB = 3,
}

export type SettingValue = number | string | Buffer

/**
 * Keys and values of a board's JSON: members joined by dots, array indices as one character from U+0080, `services` left out;
 * what starts with `$` or `#` is a remark. A text that is a number becomes one.
 */
export function flattenSettings(json: Readonly<Record<string, unknown>>): Record<string, SettingValue> {
    const result: Record<string, SettingValue> = {}
    const add = (key: string, value: unknown): void => {
        if (typeof value === 'boolean') result[key] = value ? 1 : 0
        else if (typeof value === 'number') result[key] = value
        else if (typeof value === 'string') result[key] = fromText(value)
        else if (Array.isArray(value)) {
            value.forEach((element, i) => {
                if (element != null) add(key + String.fromCharCode(0x80 + i), element)
            })
        } else if (typeof value === 'object' && value !== null) {
            for (const [name, member] of Object.entries(value)) {
                if (name.startsWith('$') || name.startsWith('#')) continue
                const part = key === '' && name === 'services' ? '' : name
                const dot = key !== '' && part !== '' && key.charCodeAt(key.length - 1) < 0x80 ? '.' : ''
                add(key + dot + part, member)
            }
        } else throw new RangeError(`board setting ${key} is ${value}; allowed: number, text, boolean, array, object`)
    }
    add('', json)
    return result
}

function fromText(text: string): SettingValue {
    if (/^-?(0x[0-9a-f]+|\d+)$/i.test(text)) return Number(text)
    if (/^hex:[0-9a-f ]+$/.test(text)) return Buffer.from(text.slice(4).replace(/ /g, ''), 'hex')
    return text
}

/** @throws RangeError naming the key that does not fit */
export function encodeDcfg(settings: Readonly<Record<string, SettingValue>>): Buffer {
    const table = encodeTable(settings)
    const visible = Object.fromEntries(Object.entries(settings).filter(([key]) => !key.startsWith('@')))
    // A change of this hash makes the runtime restart.
    if (Object.keys(visible).length === 0) {
        table.writeUInt32LE(1, 16)
    } else {
        const hashed = encodeTable(visible)
        table.writeUInt32LE(fnv1a(hashed), 16)
        table.writeUInt32LE(fnv1a(hashed.subarray(4)), 20)
    }
    return table
}

function encodeTable(settings: Readonly<Record<string, SettingValue>>): Buffer {
    const keys = Object.keys(settings)
    let end = HEADER_BYTES + (keys.length + 1) * ENTRY_BYTES
    const data: Buffer[] = []
    const entries = keys.map(key => {
        const { type, size, word, bytes } = encodeValue(key, settings[key], end)
        if (bytes) {
            data.push(bytes)
            end += bytes.length
        }
        return encodeEntry(key, type, size, word)
    })
    entries.sort((a, b) => hashOf(a) - hashOf(b))
    const last = Buffer.alloc(ENTRY_BYTES, 0xff)
    last[0] = 0
    entries.push(last)

    const header = Buffer.alloc(HEADER_BYTES)
    header.writeUInt32LE(MAGIC[0], 0)
    header.writeUInt32LE(MAGIC[1], 4)
    header.writeUInt32LE(end, 8)
    header.writeUInt16LE(keys.length, 12)
    for (let i = 0; i < JUMPS; i++) {
        const first = entries.findIndex(entry => hashOf(entry) >> JUMP_SHIFT >= i)
        header.writeUInt16LE(first, JUMPS_OFFSET + 2 * i)
    }
    return Buffer.concat([header, ...entries, ...data])
}

function encodeValue(key: string, value: SettingValue, offset: number) {
    if (typeof value === 'number') {
        if ((value | 0) === value) return { type: Type.I32, size: 0, word: value >>> 0 }
        if (value >>> 0 === value) return { type: Type.U32, size: 0, word: value }
        throw new RangeError(`board setting ${key} is ${value}; allowed: whole numbers of 32 bits`)
    }
    const bytes = typeof value === 'string' ? Buffer.from(value, 'utf8') : value
    const type = typeof value === 'string' ? Type.STRING : Type.BLOB
    return { type, size: bytes.length, word: offset, bytes: Buffer.concat([bytes, Buffer.alloc(1)]) }
}

function encodeEntry(key: string, type: Type, size: number, word: number): Buffer {
    const name = keyBytes(key)
    if (name.length > KEY_BYTES) {
        throw new RangeError(`board setting "${key}" has a name of ${name.length} bytes; allowed: ${KEY_BYTES}`)
    }
    const entry = Buffer.alloc(ENTRY_BYTES)
    name.copy(entry)
    const hash = fnv1a(name)
    entry.writeUInt16LE(((hash >>> 16) ^ hash) & 0xffff, KEY_BYTES + 1)
    entry.writeUInt16LE(type | (size << TYPE_BITS), KEY_BYTES + 3)
    entry.writeUInt32LE(word, KEY_BYTES + 5)
    return entry
}

/** One byte a character: array indices are characters from U+0080. */
function keyBytes(key: string): Buffer {
    return Buffer.from(key, 'latin1')
}

function hashOf(entry: Buffer): number {
    return entry.readUInt16LE(KEY_BYTES + 1)
}

/** The table that begins at `offset`: its values and its length in bytes; undefined when there is none. */
export function decodeDcfg(
    image: Buffer,
    offset = 0,
): { settings: Record<string, SettingValue>; bytes: number } | undefined {
    if (offset + HEADER_BYTES > image.length) return undefined
    if (image.readUInt32LE(offset) !== MAGIC[0] || image.readUInt32LE(offset + 4) !== MAGIC[1]) return undefined
    const bytes = image.readUInt32LE(offset + 8)
    const count = image.readUInt16LE(offset + 12)
    if (bytes > MAX_BYTES || offset + bytes > image.length) return undefined
    if (HEADER_BYTES + (count + 1) * ENTRY_BYTES > bytes) return undefined
    const table = image.subarray(offset, offset + bytes)
    const settings: Record<string, SettingValue> = {}
    for (let i = 0; i < count; i++) {
        const entry = table.subarray(HEADER_BYTES + i * ENTRY_BYTES, HEADER_BYTES + (i + 1) * ENTRY_BYTES)
        const key = entry.toString('latin1', 0, entry.indexOf(0))
        const kind = entry.readUInt16LE(KEY_BYTES + 3)
        const type = kind & ((1 << TYPE_BITS) - 1)
        const word = entry.readUInt32LE(KEY_BYTES + 5)
        const content = table.subarray(word, word + (kind >> TYPE_BITS))
        if (type === Type.I32) settings[key] = word | 0
        else if (type === Type.U32) settings[key] = word
        else settings[key] = type === Type.STRING ? content.toString('utf8') : Buffer.from(content)
    }
    return { settings, bytes }
}

/** FNV-1a, 32 bits. */
export function fnv1a(bytes: Uint8Array): number {
    let hash = 0x811c_9dc5
    for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x0100_0193)
    return hash >>> 0
}
