import { compileEntry } from '../../flash/build'
import { type BoardProfile, boardProfiles } from '../../sim/board-profile'
import { SimulatedI2cBus } from '../../sim/i2c/simulated-i2c-bus'
import { SimulatedSpiBus } from '../../sim/spi/simulated-spi-bus'
import { SimulatedBoard } from '../../sim/simulated-board'
import { VirtualClock } from '../../sim/virtual-clock'
import { attachChips } from './chips'

/** As in `firmware.ts`. */
const MARK_ADDRESS = 0x07
const SOURCES = [
    'devices',
    'src/hal',
    'src/control',
    'src/protocol',
    'src/onboard',
    'src/firmware',
    'src/bench/drivers/firmware.ts',
]
/** Simulated time after which the program must have ended, µs. */
const PATIENCE_US = 10e6

/** Board profiles and bus frequencies (Hz) that the page has a column for. */
export const PROFILES = ['rp2040', 'esp32'] as const
export const FREQUENCIES = [100_000, 400_000] as const

export type Profile = (typeof PROFILES)[number]
export type Frequency = (typeof FREQUENCIES)[number]

/** What an operation of a driver took on one board at one bus frequency. */
export interface Cost {
    /** Time on the bus, µs. */
    busUs: number
    /** All that the operation adds to a tick, the bus included, µs. */
    totalUs: number
    /** How many of what makes up the rest. */
    operations: number
    calls: number
    transactions: number
}

/** Costs by the operation's name, as `firmware.ts` marks it. */
export type Costs = Map<string, Cost>

/**
 * Runs every operation of every driver on a simulated board. Collections of the heap are left out: an operation in the tick
 * allocates nothing.
 *
 * @throws Error when the program fails or an operation does
 */
export async function measureDrivers(profile: Profile, frequency: Frequency): Promise<Costs> {
    const { bytecode } = await compileEntry('src/bench/drivers/firmware.ts', SOURCES, { inline: true })
    return run(bytecode, boardProfiles[profile], frequency)
}

function run(program: Buffer, profile: BoardProfile, frequency: number): Costs {
    const clock = new VirtualClock()
    const time = { now: 0 }
    const bus = new SimulatedI2cBus({ frequency, now: () => time.now })
    const spi = new SimulatedSpiBus(
        () => time.now,
        () => {},
    )
    attachChips(bus, spi, () => time.now)
    const log: string[] = []
    let name = ''
    let next = ''
    const costs: Costs = new Map()
    // No host paces this board, and when it wakes is of no interest here.
    const board = new SimulatedBoard(
        clock,
        { ...profile, wake: 'ideal' },
        {
            i2c: (now, address, write, read) => {
                time.now = Math.max(time.now, now)
                if (address !== MARK_ADDRESS) {
                    const result = bus.transfer(address, write, read)
                    return { result, duration: bus.duration(write?.length ?? 0, read?.length ?? 0) }
                }
                next = Buffer.from(write ?? []).toString()
                return { result: 0, duration: 0 }
            },
            setPin: (now, gpio, level) => {
                time.now = Math.max(time.now, now)
                spi.setPin(gpio, level)
            },
            spiConfigure: (miso, mosi, sck, mode, hz) => spi.configure({ miso, mosi, sck, mode, frequency: hz }),
            spi: (now, write, read) => {
                time.now = Math.max(time.now, now)
                spi.transfer(write, read)
                return spi.duration(write.length)
            },
            onFrame: () => {},
            onLog: line => log.push(line),
            random: () => 0.5,
        },
    )
    board.onTick = ({ busUs, totalUs, collectionUs, operations, calls, transactions }) => {
        if (name !== '') costs.set(name, { busUs, totalUs: totalUs - collectionUs, operations, calls, transactions })
        name = next
        next = ''
    }
    board.powerOn(0x1122_3344_5566_7788n, program)
    while (name !== 'end' && board.work.panics === 0 && clock.now < PATIENCE_US) clock.runUntil(clock.now + 1000)
    if (name !== 'end') throw new Error(`the drivers' program did not end:\n${log.join('\n')}`)
    return withoutMarking(costs)
}

/** Takes off what marking itself costs: the operation called `nothing`. */
function withoutMarking(costs: Costs): Costs {
    const nothing = costs.get('nothing')
    if (!nothing) throw new Error('the program did not measure "nothing"')
    costs.delete('nothing')
    for (const cost of costs.values()) {
        for (const key of Object.keys(nothing) as (keyof Cost)[]) cost[key] -= nothing[key]
    }
    return costs
}
