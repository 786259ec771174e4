import { type RobotWiring, SPI_SELECTS, type WiredPart } from '../onboard/robot-wiring'
import { RangeList } from './range-list'

/** I2C's 7-bit addresses without the reserved ones (NXP UM10204, 3.1.12). */
const ADDRESS_MIN = 0x08
const ADDRESS_MAX = 0x77
/** Of a TCA9548A. */
const CHANNEL_MAX = 7

/** What is wrong with a robot's wiring by itself: key, value and what is allowed, one line each. */
export function wiringProblems({ parts, spi = [] }: RobotWiring): string[] {
    const list = new RangeList()
    parts.forEach((part, i) => {
        const { name, address, behind } = part
        const before = parts.slice(0, i)
        if (before.some(other => other.name === name)) {
            list.add(`parts[${i}].name`, name, 'a name that no other part has')
        }
        if (!(Number.isInteger(address) && address >= ADDRESS_MIN && address <= ADDRESS_MAX)) {
            list.add(key(part, 'address'), address, `a whole number, ${hex(ADDRESS_MIN)} to ${hex(ADDRESS_MAX)}`)
        }
        if (behind) {
            const others = parts.filter(other => other !== part).map(other => other.name)
            list.oneOf(key(part, 'behind.part'), behind.part, others)
            list.whole(key(part, 'behind.channel'), behind.channel, 0, CHANNEL_MAX, 'of the multiplexer')
        }
        const rival = before.find(other => other.address === address && areTogether(other, part))
        if (rival) list.problems.push(`${key(part, 'address')} is ${hex(address)}; allowed: ${freeFor(part, rival)}`)
    })
    spi.forEach(({ name, select }, i) => {
        const before = spi.slice(0, i)
        if ([...parts, ...before].some(other => other.name === name)) {
            list.add(`spi[${i}].name`, name, 'a name that no other part has')
        }
        const taken = before.map(other => other.select)
        const free = SPI_SELECTS.filter(pin => !taken.includes(pin))
        if (free.length > 0) list.oneOf(`spi.${name}.select`, select, free)
        else list.add(`spi.${name}`, select, `${SPI_SELECTS.length} parts, for boards select no more`)
    })
    return list.problems
}

/**
 * Whether both are ever connected at the same time. What is on the bus itself hears everything that goes to a multiplexer's
 * channels; two channels of one multiplexer are never connected together.
 */
function areTogether(one: WiredPart, other: WiredPart): boolean {
    if (!one.behind || !other.behind) return true
    return one.behind.part !== other.behind.part || one.behind.channel === other.behind.channel
}

function freeFor({ behind }: WiredPart, rival: WiredPart): string {
    const where = rival.behind ? `, behind channel ${rival.behind.channel} of "${rival.behind.part}"` : ''
    const taken = `${hex(ADDRESS_MIN)} to ${hex(ADDRESS_MAX)} without ${hex(rival.address)}, which "${rival.name}" has${where}`
    if (!behind && !rival.behind) return `${taken}; or each behind a channel of its own of a TCA9548A`
    return behind?.part === rival.behind?.part ? `${taken}; or another channel` : taken
}

function key({ name }: WiredPart, rest: string): string {
    return `parts.${name}.${rest}`
}

function hex(value: number): string {
    return `0x${value.toString(16)}`
}
