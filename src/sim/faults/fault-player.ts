import { Drv8830 } from '../chips/drv8830'
import { Motoron } from '../chips/motoron'
import type { I2cSegment } from '../i2c/i2c-segment'
import type { Random } from '../random'
import type { RobotBody } from '../robot-body'
import type { SimulatedBoard } from '../simulated-board'
import type { SimulatedHost } from '../simulated-host'
import type { VirtualClock } from '../virtual-clock'
import type { Wire } from '../wire'
import type { BodyParts, ChipPart, I2cPart, SpiPart } from './body-parts'
import type { Fault } from './fault-plan'
import { linkDisturbance } from './link-disturbance'

/** What faults act on. */
export interface FaultScene {
    readonly clock: VirtualClock
    readonly board: SimulatedBoard
    readonly body: RobotBody
    readonly host: SimulatedHost
    readonly toBoard: Wire
    readonly toHost: Wire
    readonly random: Random
    /** Told of every beginning and end. */
    readonly onChange: (fault: Fault, active: boolean) => void
}

/**
 * Makes faults happen at their times, from outside of what they break. A pass of the board's main loop runs at once to its
 * end, so a fault that falls into one begins when it is over: a tick's length late at most.
 */
export class FaultPlayer {
    /** How many faults have a part out of order now. */
    private readonly counts = new Map<unknown, number>()
    /** Chances that a chip does not acknowledge, by its wire. */
    private readonly nacks = new Map<I2cSegment, { address: number; hits: () => boolean }[]>()
    private readonly sags: Fault[] = []

    constructor(private readonly scene: FaultScene) {}

    /** Has a fault happen at its time; at once when that is past. */
    add(fault: Fault): void {
        const { clock, random, onChange } = this.scene
        const begin = Math.max(clock.now, fault.at * 1e6)
        const end = this.prepare(fault, random.fork(`${fault.kind} ${fault.target ?? ''} ${fault.at}`))
        let finish: () => void = () => {}
        clock.at(begin, () => {
            onChange(fault, true)
            finish = end() ?? finish
        })
        if (fault.duration === Infinity || fault.duration === 0) return
        clock.at(begin + fault.duration * 1e6, () => {
            onChange(fault, false)
            finish()
        })
    }

    /** @returns what begins the fault, and returns what ends it */
    private prepare(fault: Fault, random: Random): () => (() => void) | void {
        const { board, host, toBoard, toHost, body } = this.scene
        switch (fault.kind) {
            case 'link-drop':
            case 'link-delay':
            case 'link-duplicate':
            case 'link-corrupt':
                return () => this.disturb(fault, random)
            case 'link-unplug':
                return () =>
                    this.during(
                        host,
                        () => host.unplug(),
                        () => host.plug(),
                    )
            case 'host-stall':
                return () =>
                    this.during(
                        host.stalls,
                        () => [toBoard, toHost, host].forEach(part => part.hold()),
                        () => [host, toHost, toBoard].forEach(part => part.release()),
                    )
            case 'board-stall':
                return () =>
                    this.during(
                        board,
                        () => [board, toBoard].forEach(part => part.hold()),
                        () => [board, toBoard].forEach(part => part.release()),
                    )
            case 'board-reset':
                return () => board.reset()
            case 'brown-out':
                return () => this.brownOut()
            case 'supply-sag':
                return () => this.sag(fault)
        }
        const parts = body.parts as BodyParts
        const target = fault.target as string
        switch (fault.kind) {
            case 'i2c-nack':
                return () => this.nack(parts.chips[target] as I2cPart, fault.numbers.probability, random)
            case 'spi-corrupt':
                return () => this.garble(parts.chips[target] as SpiPart, fault.numbers.probability, random)
            case 'chip-reset':
                return () => parts.chips[target].device.reset()
            case 'encoder-freeze':
                return () => this.freeze(parts.encoders[target])
            case 'encoder-jump':
                return () => {
                    parts.encoders[target].offset += fault.numbers.angle
                    return () => (parts.encoders[target].offset -= fault.numbers.angle)
                }
            case 'imu-failure': {
                const { chip, motion } = parts.imus[target]
                if (fault.choices.mode === 'silent') return () => this.cut(parts.chips[chip])
                if (fault.choices.mode === 'frozen') return () => this.freeze(motion)
                return () => parts.chips[chip].device.reset()
            }
            case 'robot-tilt': {
                const { motion } = parts.imus[target]
                return () => {
                    motion.tilt += fault.numbers.angle
                    return () => (motion.tilt -= fault.numbers.angle)
                }
            }
            case 'contact-open': {
                const contact = (parts.contacts ?? {})[target]
                return () =>
                    this.during(
                        contact,
                        () => (contact.open = true),
                        () => (contact.open = false),
                    )
            }
            case 'motor-jam': {
                const motor = parts.motors[target]
                return () =>
                    this.during(
                        motor,
                        () => (motor.jammed = true),
                        () => (motor.jammed = false),
                    )
            }
            case 'motor-drag': {
                const motor = parts.motors[target]
                return () => {
                    motor.drag += fault.numbers.torque
                    return () => (motor.drag -= fault.numbers.torque)
                }
            }
            case 'controller-hot': {
                const { device } = parts.chips[target]
                return () => {
                    if (device instanceof Motoron) device.injectMotorFault()
                    else if (device instanceof Drv8830) device.injectOverTemperature()
                }
            }
            case 'broken-wire': {
                const motor = parts.motors[target]
                if (!motor) return () => this.cut(parts.chips[target])
                const lead = `lead of ${target}`
                return () =>
                    this.during(
                        lead,
                        () => (motor.connected = false),
                        () => (motor.connected = true),
                    )
            }
        }
        throw new RangeError(`fault ${fault.kind} cannot be played`)
    }

    /** Overlapping faults of one part: the first begins, the last ends. */
    private during(part: unknown, begin: () => void, end: () => void): () => void {
        const count = this.counts.get(part) ?? 0
        this.counts.set(part, count + 1)
        if (count === 0) begin()
        return () => {
            const left = (this.counts.get(part) as number) - 1
            this.counts.set(part, left)
            if (left === 0) end()
        }
    }

    private disturb(fault: Fault, random: Random): () => void {
        const { toBoard, toHost } = this.scene
        const wires: [Wire, string][] = [
            [toBoard, 'to-board'],
            [toHost, 'to-host'],
        ]
        const ends = wires
            .filter(([, name]) => fault.choices.direction === 'both' || fault.choices.direction === name)
            .map(([wire, name]) => {
                const disturbance = linkDisturbance(fault, random.fork(name))
                wire.disturbances.push(disturbance)
                return () => wire.disturbances.splice(wire.disturbances.indexOf(disturbance), 1)
            })
        return () => ends.forEach(end => end())
    }

    private freeze(tap: { frozen: boolean }): () => void {
        return this.during(
            tap,
            () => (tap.frozen = true),
            () => (tap.frozen = false),
        )
    }

    private cut(chip: ChipPart): () => void {
        const [wires, place] = 'spi' in chip ? [chip.spi, chip.select] : [chip.segment, chip.address]
        return this.during(
            chip,
            () => wires.unplug(place),
            () => wires.plug(place),
        )
    }

    private garble({ spi, select }: SpiPart, probability: number, random: Random): () => void {
        return spi.disturb(select, byte =>
            random.uniform() < probability ? byte ^ (1 << Math.floor(random.uniform(0, 8))) : byte,
        )
    }

    private nack({ segment, address }: I2cPart, probability: number, random: Random): () => void {
        let chances = this.nacks.get(segment)
        if (!chances) {
            const list: { address: number; hits: () => boolean }[] = []
            this.nacks.set(segment, (chances = list))
            segment.refuse = asked => list.some(({ address, hits }) => address === asked && hits())
        }
        const list = chances
        const chance = { address, hits: () => random.uniform() < probability }
        list.push(chance)
        return () => list.splice(list.indexOf(chance), 1)
    }

    private sag(fault: Fault): () => void {
        const { body } = this.scene
        this.sags.push(fault)
        body.setSupply(fault.numbers.volts)
        return () => {
            this.sags.splice(this.sags.indexOf(fault), 1)
            body.setSupply(this.sags.at(-1)?.numbers.volts ?? (body.parts as BodyParts).supplyVolts)
        }
    }

    private brownOut(): () => void {
        const { board, body } = this.scene
        const chips = Object.values((body.parts as BodyParts).chips)
        const ends = chips.map(chip => this.cut(chip))
        for (const { device } of chips) device.reset()
        board.powerOff()
        return () => {
            for (const { device } of chips) device.reset()
            ends.forEach(end => end())
            board.reset()
        }
    }
}
