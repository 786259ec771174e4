import { PROBE_LOOKS, type ProbeBehind, type ProbeLook } from '../protocol/bus-probe'
import type { RobotWiring, WiredPart } from '../onboard/robot-wiring'
import { identify, KNOWN_PARTS, knownPart, type KnownPart } from './parts'

/** Looks at the robot's bus: `RobotSession.probe`. */
export type Probe = (looks: readonly ProbeLook[], behind?: ProbeBehind) => Promise<(Buffer | undefined)[] | undefined>

/** Addresses that a part may have (UM10204, 3.1.12: the rest is reserved). */
const FIRST_ADDRESS = 0x08
const LAST_ADDRESS = 0x77

/** Something that answers at an address. */
export interface FoundPart {
    readonly address: number
    /** Channel of the multiplexer it is behind, and that part's name in the wiring. */
    readonly behind?: { readonly part: string; readonly channel: number }
    /** What its identity registers tell; undefined when they tell nothing known, or it has none. */
    readonly identified?: string
    /** Contents of the identity registers that were read, as `0x75: 0x70`. */
    readonly registers?: string
    /** The part of the wiring that belongs here. */
    readonly wired?: string
}

/** What became of a part of the wiring. */
export interface WiredState {
    readonly part: WiredPart
    readonly state: 'found' | 'missing' | 'wrong' | 'elsewhere' | 'unreachable'
    /** Where it is, when elsewhere; what it is, when wrong; the multiplexer, when unreachable. */
    readonly detail?: string
}

export interface BusScan {
    readonly found: readonly FoundPart[]
    readonly wired: readonly WiredState[]
}

/**
 * Looks at every address of the bus, behind a multiplexer at the channels that the wiring names, and compares. Undefined when the
 * robot does not look.
 */
export async function scanBus(probe: Probe, wiring: RobotWiring): Promise<BusScan | undefined> {
    const scan = new Scan(probe, wiring)
    return (await scan.run()) ? { found: scan.found, wired: scan.wired } : undefined
}

class Scan {
    readonly found: FoundPart[] = []
    readonly wired: WiredState[] = []
    /** Multiplexers that answer, by their name in the wiring. */
    private readonly open = new Map<string, number>()

    constructor(
        private readonly probe: Probe,
        private readonly wiring: RobotWiring,
    ) {}

    async run(): Promise<boolean> {
        const { parts } = this.wiring
        const muxes = parts.filter(({ name }) => parts.some(({ behind }) => behind?.part === name))
        // A channel that is connected shows its parts on the bus before it: first ask for the multiplexers, then shut them.
        for (const mux of muxes) {
            const answer = await this.probe([{ address: mux.address, bytes: 1 }])
            if (!answer) return false
            if (answer[0]) this.open.set(mux.name, mux.address)
        }
        const [shut] = this.open.values()
        const addresses = Array.from({ length: LAST_ADDRESS - FIRST_ADDRESS + 1 }, (_, i) => FIRST_ADDRESS + i)
        const present = await this.present(addresses, shut === undefined ? undefined : { address: shut })
        if (!present) return false
        const direct = parts.filter(({ behind }) => !behind)
        for (const part of direct) await this.compare(part, present.includes(part.address), present)
        for (const address of present) {
            if (!direct.some(part => part.address === address)) await this.unexpected(address)
        }
        for (const part of parts) if (part.behind) await this.compareBehind(part, part.behind)
        return true
    }

    private async compareBehind(
        part: WiredPart,
        { part: mux, channel }: { part: string; channel: number },
    ): Promise<void> {
        const address = this.open.get(mux)
        if (address === undefined) {
            this.wired.push({ part, state: 'unreachable', detail: mux })
            return
        }
        const there = await this.present([part.address], { address, channel })
        if (there?.length === 1) return this.compare(part, true, [])
        for (let other = 0; other < 8; other++) {
            const taken = this.wiring.parts.some(
                ({ behind, address: at }) => behind?.part === mux && behind.channel === other && at === part.address,
            )
            if (other === channel || taken) continue
            if ((await this.present([part.address], { address, channel: other }))?.length === 1) {
                this.wired.push({ part, state: 'elsewhere', detail: `channel ${other} of ${mux}` })
                return
            }
        }
        this.wired.push({ part, state: 'missing' })
    }

    /** A part of the wiring at its place: there, another one there, or at another of its addresses. */
    private async compare(part: WiredPart, there: boolean, present: readonly number[]): Promise<void> {
        const known = knownPart(part.part)
        if (there) {
            const { identified, registers, matches } = await this.identity(known, part)
            this.found.push({
                address: part.address,
                ...(part.behind && { behind: part.behind }),
                ...(identified !== undefined && { identified }),
                ...(registers !== undefined && { registers }),
                ...(matches && { wired: part.name }),
            })
            if (matches) this.wired.push({ part, state: 'found' })
            else
                this.wired.push({
                    part,
                    state: 'wrong',
                    detail: `${identified ?? 'another part'} (register ${registers})`,
                })
            return
        }
        const others = known?.addresses.filter(
            address => present.includes(address) && !this.wiring.parts.some(other => other.address === address),
        )
        for (const address of others ?? []) {
            // Without a register to tell it by, any part could be the one at the other address.
            if (!known?.identity || !(await this.identity(known, { ...part, address })).matches) continue
            this.wired.push({ part, state: 'elsewhere', detail: hex(address) })
            return
        }
        this.wired.push({ part, state: 'missing' })
    }

    /** Something that the wiring does not know of: what it may be is told by the registers of all that can be there. */
    private async unexpected(address: number): Promise<void> {
        for (const known of KNOWN_PARTS.filter(({ addresses, identity }) => identity && addresses.includes(address))) {
            const { identified, registers } = await this.identity(known, { address })
            if (identified !== undefined) {
                this.found.push({ address, identified, registers })
                return
            }
        }
        this.found.push({ address })
    }

    private async identity(known: KnownPart | undefined, at: Pick<WiredPart, 'address' | 'behind'>) {
        const registers = known?.identity
        if (!known || !registers) return { matches: true }
        const mux = at.behind && this.open.get(at.behind.part)
        const looks = registers.map(({ register, bytes }) => ({ address: at.address, register, bytes }))
        const behind = mux === undefined ? undefined : { address: mux, channel: at.behind?.channel }
        const answers = (await this.probe(looks, behind)) ?? []
        const values = registers.map((_, i) => answers[i]?.reduce((value, byte) => value * 256 + byte, 0))
        const identified = identify(known, values)
        const text = registers.map(
            ({ register }, i) => `${hex(register)}: ${values[i] === undefined ? 'no answer' : hex(values[i])}`,
        )
        return { identified, registers: text.join(', '), matches: identified === known.name }
    }

    /** Those of the addresses that answer; undefined when the robot does not look. */
    private async present(addresses: readonly number[], behind?: ProbeBehind): Promise<number[] | undefined> {
        const found: number[] = []
        for (let i = 0; i < addresses.length; i += PROBE_LOOKS) {
            const looks = addresses.slice(i, i + PROBE_LOOKS).map(lookAt)
            const answers = await this.probe(looks, behind)
            if (!answers) return undefined
            looks.forEach(({ address }, j) => answers[j] && found.push(address))
        }
        return found
    }
}

function lookAt(address: number): ProbeLook {
    const careful = KNOWN_PARTS.find(({ look, addresses }) => look && addresses.includes(address))?.look
    return { address, ...(careful ?? { bytes: 1 }) }
}

/** `0x6a` */
export function hex(value: number): string {
    return `0x${value.toString(16).padStart(2, '0')}`
}
