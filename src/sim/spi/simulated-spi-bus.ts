import type { SpiDevice } from './spi-device'

/** How the program has configured the bus. Pins are GPIO numbers. */
export interface SpiSettings {
    readonly miso: number
    readonly mosi: number
    readonly sck: number
    readonly mode: number
    /** SCK, Hz */
    readonly frequency: number
}

/** What MISO reads while nobody drives it: pulled up. */
const IDLE = 0xff

interface Slot {
    readonly device: SpiDevice
    selected: boolean
    unplugged: boolean
    /** What becomes of its answers on the way. */
    readonly disturbances: ((byte: number) => number)[]
}

/**
 * The SPI bus of the simulated board: chips by the GPIO that selects them, active low. A transfer happens at one instant of
 * simulated time; the caller lets {@link duration} pass.
 */
export class SimulatedSpiBus {
    /** Undefined until the program configures it. */
    settings: SpiSettings | undefined
    /** Sees every transfer after it happened: the GPIO of the chip, -1 when none was selected. `time` in s. */
    onTransfer: ((gpio: number, write: Uint8Array, read: Uint8Array, time: number) => void) | undefined
    private readonly slots: (Slot | undefined)[] = []

    constructor(
        private readonly now: () => number,
        private readonly warn: (message: string) => void = () => {},
    ) {}

    /** @throws RangeError when another chip has this GPIO */
    attach(gpio: number, device: SpiDevice): void {
        if (this.slots[gpio] !== undefined) throw new RangeError(`GPIO ${gpio} selects another chip already`)
        this.slots[gpio] = { device, selected: false, unplugged: false, disturbances: [] }
    }

    /** Takes a chip off the bus, as if its wires were pulled, until {@link plug}. */
    unplug(gpio: number): void {
        this.slot(gpio).unplugged = true
    }

    plug(gpio: number): void {
        this.slot(gpio).unplugged = false
    }

    /** Has every byte that a chip answers pass through a function. @returns what ends that */
    disturb(gpio: number, change: (byte: number) => number): () => void {
        const { disturbances } = this.slot(gpio)
        disturbances.push(change)
        return () => disturbances.splice(disturbances.indexOf(change), 1)
    }

    configure(settings: SpiSettings): void {
        this.settings = settings
    }

    /** The program drives a pin; those that select nothing are ignored. */
    setPin(gpio: number, level: 0 | 1): void {
        const slot = this.slots[gpio]
        if (!slot || slot.selected === (level === 0)) return
        slot.selected = level === 0
        if (slot.unplugged) return
        if (slot.selected) slot.device.select()
        else slot.device.deselect()
    }

    /**
     * Exchanges as many bytes as `write` has.
     *
     * @throws RangeError when the program has not configured the bus, or the buffers differ in length: a board throws there
     */
    transfer(write: Uint8Array, read: Uint8Array): void {
        if (!this.settings) throw new RangeError('SPI transfer before spiConfigure: a board throws there')
        if (write.length !== read.length) {
            throw new RangeError(`SPI transfer of ${write.length} bytes into ${read.length}: a board throws there`)
        }
        const selected: Slot[] = []
        let first = -1
        for (let gpio = 0; gpio < this.slots.length; gpio++) {
            const slot = this.slots[gpio]
            if (!slot?.selected || slot.unplugged) continue
            if (first < 0) first = gpio
            selected.push(slot)
            this.check(gpio, slot.device, this.settings)
        }
        if (selected.length > 1) this.warn('SPI: two chips are selected at once and drive MISO against each other')
        for (let i = 0; i < write.length; i++) {
            let answer = IDLE
            for (const { device, disturbances } of selected) {
                answer &= disturbances.reduce((byte, change) => change(byte), device.exchange(write[i]))
            }
            read[i] = answer
        }
        this.onTransfer?.(first, write, read, this.now())
    }

    /** Eight bits a byte, without pauses between. @returns s */
    duration(bytes: number): number {
        return this.settings ? (8 * bytes) / this.settings.frequency : 0
    }

    private check(gpio: number, device: SpiDevice, { mode, frequency }: SpiSettings): void {
        if (!device.modes.includes(mode)) {
            this.warn(`SPI mode ${mode}, but the chip at GPIO ${gpio} speaks ${device.modes.join(', ')}`)
        }
        if (frequency > device.maxFrequency) {
            this.warn(`SPI at ${frequency} Hz, but the chip at GPIO ${gpio} takes at most ${device.maxFrequency} Hz`)
        }
    }

    private slot(gpio: number): Slot {
        const slot = this.slots[gpio]
        if (!slot) throw new RangeError(`GPIO ${gpio} selects no chip`)
        return slot
    }
}
