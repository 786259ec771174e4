import type { RobotWiring, WiredPart } from '../onboard/robot-wiring'
import { type BusScan, hex, type WiredState } from './bus-scan'
import { error, type Finding, warning } from './finding'
import { knownPart } from './parts'

/** The wires of the bus at the board's end, as `GPIO 4 (SDA) and 5 (SCL)`; what to say when the board is not known. */
export type BusWires = string

/** What of the bus is not as the wiring says, each with what to do. */
export function busFindings(scan: BusScan, wiring: RobotWiring, wires: BusWires): Finding[] {
    if (scan.found.length === 0) {
        return [
            error(
                'bus-dead',
                'nothing answers on the I2C bus',
                `measure 3.3 V between the parts' supply pins; check that SDA and SCL go to ${wires} and are not exchanged, that ` +
                    'both have a pull-up (most breakout boards bring one), and that every part shares the ground',
            ),
        ]
    }
    return [
        ...scan.wired.flatMap(state => wiredFinding(state, wires)),
        ...scan.found
            .filter(({ wired, address, behind }) => wired === undefined && !isWired(wiring, address, behind))
            // A part that was found at another of its addresses is told of already.
            .filter(
                ({ address }) =>
                    !scan.wired.some(({ state, detail }) => state === 'elsewhere' && detail === hex(address)),
            )
            .map(({ address, identified }) =>
                warning(
                    'part-unknown',
                    `${identified ?? 'something'} answers at ${hex(address)}, which the robot's wiring does not know`,
                    "take it off the bus, or add it to the robot's wiring.ts",
                ),
            ),
    ]
}

function isWired(wiring: RobotWiring, address: number, behind: WiredPart['behind']): boolean {
    return wiring.parts.some(
        part =>
            part.behind?.channel === behind?.channel &&
            (part.address === address || knownPart(part.part)?.brings?.includes(address)),
    )
}

function wiredFinding({ part, state, detail }: WiredState, wires: BusWires): Finding[] {
    const { name, part: type, address, behind } = part
    const place = `${hex(address)}${behind ? ` behind channel ${behind.channel} of ${behind.part}` : ''}`
    const what = `${name} (${type})`
    switch (state) {
        case 'missing':
            return [
                error(
                    'part-missing',
                    `${what} does not answer at ${place}`,
                    `check its supply and ground, and its SDA and SCL ${behind ? `to channel ${behind.channel} (SD${behind.channel}, SC${behind.channel}) of ${behind.part}` : `to ${wires}`}`,
                ),
            ]
        case 'wrong':
            return [
                error(
                    'part-wrong',
                    `at ${place} is ${detail}, not the ${name} (${type})`,
                    `put a ${knownPart(type)?.name ?? type} there, or change the robot's main.ts and wiring.ts to the part that is there`,
                ),
            ]
        case 'elsewhere':
            return [
                error(
                    'part-elsewhere',
                    `${what} answers at ${detail}, not at ${place}`,
                    behind
                        ? "plug it into the right channel, or change the channel in the robot's channels.ts"
                        : `its address is set by ${knownPart(type)?.addressedBy}: wire that as the table of \`tendon wiring\` says, or change the address in the robot's main.ts and wiring.ts`,
                ),
            ]
        case 'unreachable':
        case 'found':
            return []
    }
}
