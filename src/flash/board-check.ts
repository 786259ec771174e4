import { type BoardDefinition, boardFile } from './board-definition'
import { type RobotWiring, SPI_PINS, type WiredPin } from '../onboard/robot-wiring'
import { rp2040I2c } from './chips'
import { FlashError } from './flash-error'

/** What a robot asks of its board. */
export interface RobotNeeds {
    readonly robot: string
    /** Of its I2C bus, Hz; absent when it has none. */
    readonly i2cFrequency?: number
    /** Named pins that it uses beside the bus. */
    readonly pins?: readonly Pick<WiredPin, 'name' | 'use' | 'pin'>[]
}

/** The named pins that a robot's wiring takes: its own, and those of SPI. */
export function boardPins({ pins = [], spi }: RobotWiring): Pick<WiredPin, 'name' | 'use' | 'pin'>[] {
    if (!spi) return [...pins]
    const bus = SPI_PINS.map(
        pin => ({ name: `the SPI bus's ${pin}`, use: pin === 'MISO' ? 'input' : 'output', pin }) as const,
    )
    return [
        ...pins,
        ...bus,
        ...spi.map(({ name, select }) => ({ name: `${name}'s select`, use: 'output', pin: select }) as const),
    ]
}

/** @throws FlashError `wiring` naming every problem at once */
export function checkBoard(board: BoardDefinition, needs?: RobotNeeds): void {
    const problems = [...boardProblems(board), ...(needs ? robotProblems(board, needs) : [])]
    if (problems.length === 0) return
    const what = needs ? `${needs.robot} on board ${board.id}` : `board ${board.id}`
    throw new FlashError('wiring', `${what}: ${problems.join('; ')} (boards/${boardFile(board.id)})`)
}

/** One use of a pin, for the check that no pin has two. */
interface Use {
    /** As the user wrote it, for example `i2c.pinSDA`. */
    readonly by: string
    readonly pin: number
    readonly output: boolean
}

function boardProblems(board: BoardDefinition): string[] {
    const { i2c, led, pins } = board
    const uses: Use[] = []
    if (i2c) {
        uses.push({ by: 'i2c.pinSDA', pin: i2c.sda, output: true }, { by: 'i2c.pinSCL', pin: i2c.scl, output: true })
    }
    if (led !== undefined) uses.push({ by: 'led.pin', pin: led, output: true })
    for (const [name, pin] of Object.entries(pins)) uses.push({ by: `pins.${name}`, pin, output: false })
    return [...uses.flatMap(use => pinProblems(board, use)), ...usedTwice(uses), ...i2cProblems(board)]
}

function pinProblems({ chip }: BoardDefinition, { by, pin, output }: Use): string[] {
    const { gpio, inputOnly, reserved, source } = chip.pins
    if (!gpio.includes(pin)) return [`${by} is GPIO ${pin}, which the ${chip.name} does not have (${source})`]
    if (reserved[pin]) return [`${by} is GPIO ${pin}, which belongs to ${reserved[pin]} (${source})`]
    if (output && inputOnly.includes(pin)) {
        return [`${by} is GPIO ${pin}, which on the ${chip.name} is an input only (${source})`]
    }
    return []
}

function usedTwice(uses: Use[]): string[] {
    const seen = new Map<number, string>()
    return uses.flatMap(({ by, pin }) => {
        const other = seen.get(pin)
        if (other === undefined) seen.set(pin, by)
        return other === undefined ? [] : [`GPIO ${pin} is used twice, by ${other} and ${by}`]
    })
}

function i2cProblems({ chip, i2c }: BoardDefinition): string[] {
    if (!i2c || chip.format !== 'uf2') return []
    const sda = rp2040I2c(i2c.sda)
    const scl = rp2040I2c(i2c.scl)
    const problems = []
    if (sda.role !== 'SDA') problems.push(`i2c.pinSDA is GPIO ${i2c.sda}, which can only be SCL of I2C${sda.bus}`)
    if (scl.role !== 'SCL') problems.push(`i2c.pinSCL is GPIO ${i2c.scl}, which can only be SDA of I2C${scl.bus}`)
    if (sda.bus !== scl.bus) {
        problems.push(`GPIO ${i2c.sda} and ${i2c.scl} are on different peripherals, I2C${sda.bus} and I2C${scl.bus}`)
    }
    return problems
}

function robotProblems(board: BoardDefinition, needs: RobotNeeds): string[] {
    const problems: string[] = []
    if (needs.i2cFrequency !== undefined) {
        if (!board.i2c) problems.push('the robot needs an I2C bus, and the board defines none (i2c.pinSDA, i2c.pinSCL)')
        else if (board.i2c.kHz * 1000 !== needs.i2cFrequency) {
            problems.push(
                `the robot's bus runs at ${needs.i2cFrequency / 1000} kHz (robot.ts, i2c.frequency), the board's at ` +
                    `${board.i2c.kHz} kHz (i2c.kHz): make them the same`,
            )
        }
    }
    const uses: Use[] = []
    for (const { name, use, pin } of needs.pins ?? []) {
        const number = board.pins[pin]
        if (number === undefined) {
            problems.push(`${name} is on pin "${pin}"; the board has: ${Object.keys(board.pins).join(', ')}`)
        } else {
            uses.push({ by: name, pin: number, output: use === 'output' })
        }
    }
    const cannot = uses.filter(use => use.output).flatMap(use => pinProblems(board, use))
    return [...problems, ...cannot, ...usedTwice(uses)]
}
