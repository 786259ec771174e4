/** What is known of a chip before its driver is written. */
export interface NewDriver {
    /** As in file names: `bme280`. */
    chip: string
    /** Directory of `devices/`. */
    group: string
    /** 7-bit I2C address. */
    address?: number
    /** Register that says which part it is, and what it holds. */
    idRegister?: number
    id?: number
}

/** Stand for what was not told: the lowest address that is free for parts, and an identity that few parts have by chance. */
const PLACEHOLDER = { address: 0x08, idRegister: 0x00, id: 0xa5 }

/** Driver, simulated chip and test, which identify the part and no more. Texts by path. */
export function driverFiles(driver: NewDriver): Map<string, string> {
    const { chip, group } = driver
    return new Map([
        [`devices/${group}/${chip}.ts`, driverText(driver)],
        [`src/sim/chips/${chip}.ts`, chipText(driver)],
        [`test/devices/${chip}.test.ts`, testText(driver)],
    ])
}

/** `bme280` as a class (`Bme280`), as a constant and as the part is printed (`BME280`). */
function spellings(chip: string): { type: string; part: string } {
    return { type: chip[0].toUpperCase() + chip.slice(1), part: chip.toUpperCase() }
}

function facts(driver: NewDriver): { address: string; idRegister: string; id: string } {
    const of = (key: keyof typeof PLACEHOLDER) => hex(driver[key] ?? PLACEHOLDER[key])
    return { address: of('address'), idRegister: of('idRegister'), id: of('id') }
}

const hex = (value: number) => `0x${value.toString(16).padStart(2, '0')}`

/** A doc comment for a number: where it must come from. */
function source(told: number | undefined, what: string): string {
    return told === undefined ? `Placeholder: ${what}, with the datasheet's section.` : `${what}; name the section.`
}

function driverText(driver: NewDriver): string {
    const { type, part } = spellings(driver.chip)
    const { address, idRegister, id } = facts(driver)
    return `// ${part}: name the datasheet, its revision and date here. Every number below cites a section or table of it.
import { DriverError, type DriverErrorCode } from '../../src/hal/driver-error'
import type { I2cBus } from '../../src/hal/i2c-bus'

/** Register map, in the datasheet's spelling. */
export enum Register {
    /** ${source(driver.idRegister, 'which part it is')} */
    ID = ${idRegister},
}

/** ${source(driver.address, '7-bit address')} */
export const ${part}_ADDRESS = ${address}
/** ${source(driver.id, 'what ID holds')} */
const ID = ${id}

/** Says in one sentence what it measures or drives. */
export class ${type} {
    /** @param address 7-bit */
    constructor(
        private readonly bus: I2cBus,
        private readonly address = ${part}_ADDRESS,
    ) {}

    /**
     * Identifies the part.
     *
     * @throws DriverError
     */
    async init(): Promise<void> {
        if (this.read(Register.ID, 'not-found') !== ID) {
            this.fail('wrong-part', 'ID is not 0x' + Buffer.from([ID]).toString('hex'))
        }
    }

    private read(register: Register, code: DriverErrorCode): number {
        const pointer = Buffer.alloc(1)
        pointer[0] = register
        const bytes = Buffer.alloc(1)
        if (this.bus.transfer(this.address, pointer, bytes) !== 0) this.fail(code, 'no acknowledge')
        return bytes[0]
    }

    private fail(code: DriverErrorCode, detail: string): never {
        throw new DriverError('${part}@0x' + Buffer.from([this.address]).toString('hex'), code, detail)
    }
}
`
}

function chipText(driver: NewDriver): string {
    const { type, part } = spellings(driver.chip)
    const { address, idRegister, id } = facts(driver)
    return `// ${part}: name the datasheet, its revision and date here. Written from it, not from the driver.
import type { I2cDevice } from '../i2c/i2c-device'

/** Register map, in the datasheet's spelling. */
enum Register {
    ID = ${idRegister},
}

const ID = ${id}

export interface ${type}Options {
    /** Told of accesses to registers that there are not. */
    warn?: (message: string) => void
}

/** Answers who it is. Not modelled: everything else. */
export class ${type} implements I2cDevice {
    static readonly ADDRESS = ${address}

    private pointer = 0

    constructor(private readonly options: ${type}Options = {}) {}

    /** Power-on. */
    reset(): void {
        this.pointer = 0
    }

    /** The first byte sets the pointer. No register can be written. */
    write(bytes: Uint8Array): boolean {
        if (bytes.length > 0) this.pointer = bytes[0]
        if (bytes.length > 1) this.complain('writes')
        return true
    }

    read(into: Uint8Array): boolean {
        for (let i = 0; i < into.length; i++) {
            into[i] = this.register()
            this.pointer = (this.pointer + 1) & 0xff
        }
        return true
    }

    private register(): number {
        if (this.pointer === Register.ID) return ID
        this.complain('reads')
        return 0
    }

    private complain(verb: string): void {
        this.options.warn?.(\`${part}@${address}: the program \${verb} register 0x\${this.pointer.toString(16).padStart(2, '0')}\`)
    }
}
`
}

function testText(driver: NewDriver): string {
    const { type, part } = spellings(driver.chip)
    const { address, idRegister, id } = facts(driver)
    const { group, chip } = driver
    return `import { describe, expect, it } from 'vitest'
import { ${type} } from '../../devices/${group}/${chip}'
import { ${type} as Chip } from '../../src/sim/chips/${chip}'
import { SimulatedI2cBus } from '../../src/sim/i2c/simulated-i2c-bus'
import { refusal, ScriptedBus } from './scripted-bus'

// Register numbers and values retyped from the datasheet.
const ADDRESS = ${address}
const ID_REGISTER = ${idRegister}
const ID = ${id}

describe('${part}', () => {
    it('identifies the part', async () => {
        const bus = new ScriptedBus(ADDRESS).read([ID_REGISTER], [ID])
        await new ${type}(bus).init()
        bus.finish()
    })

    it('refuses another part', async () => {
        const bus = new ScriptedBus(ADDRESS).read([ID_REGISTER], [ID ^ 0x01])
        expect(await refusal(new ${type}(bus).init())).toMatchObject({ code: 'wrong-part' })
        bus.finish()
    })

    it('says when nothing answers', async () => {
        const bus = new ScriptedBus(ADDRESS).nackWrite([ID_REGISTER], 1)
        expect(await refusal(new ${type}(bus).init())).toMatchObject({ code: 'not-found' })
        bus.finish()
    })

    it('finds the simulated chip, and uses it as its datasheet allows', async () => {
        const warnings: string[] = []
        const bus = new SimulatedI2cBus({ frequency: 400_000, now: () => 0 })
        bus.attach(Chip.ADDRESS, new Chip({ warn: message => warnings.push(message) }))
        await new ${type}(bus).init()
        expect(warnings).toEqual([])
    })
})
`
}
