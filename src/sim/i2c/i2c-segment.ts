import type { I2cDevice, I2cRouter } from './i2c-device'

/**
 * A piece of wire with chips on it: the board's bus, or one channel behind a multiplexer. Open-drain lines are a wired
 * AND, so when several parts answer to one address an acknowledge by any of them is seen as an acknowledge, and the data
 * read is the AND of all theirs.
 */
export class I2cSegment {
    /** Fault injection: return true to have nobody acknowledge `address`. Asked at each half of a transaction. */
    refuse: ((address: number) => boolean) | undefined
    private readonly devices: (I2cDevice | undefined)[] = new Array(128).fill(undefined)
    private readonly unplugged: boolean[] = new Array(128).fill(false)
    private readonly stoppers: I2cDevice[] = []
    private readonly routers: I2cRouter[] = []
    private readonly routerAddresses: number[] = []
    private readonly scratch = new ScratchBuffer()
    /** Told of each stop condition: what is connected to the wires and has no address. */
    onStop: (() => void) | undefined

    /**
     * @param address 7-bit, 0 to 127
     * @throws RangeError when the address is out of range or taken on this segment
     */
    attach(address: number, device: I2cDevice): void {
        if (!(address >= 0 && address <= 127)) throw new RangeError(`I2C address ${address} is not 0 to 127`)
        if (this.devices[address] !== undefined) throw new RangeError(`I2C address ${address} is taken`)
        this.devices[address] = device
        if (device.stop !== undefined) this.stoppers.push(device)
    }

    /** Attaches a part that has registers of its own at `address` and sees the traffic for every other address. */
    attachRouter(address: number, router: I2cRouter & I2cDevice): void {
        this.attach(address, router)
        this.routers.push(router)
        this.routerAddresses.push(address)
    }

    /** Takes the part off the bus, as if its wires were pulled: nothing acknowledges, nothing passes until {@link plug}. */
    unplug(address: number): void {
        this.unplugged[address] = true
    }

    /** Puts an unplugged part back in the state it has. Call its `reset()` as well if it also lost power. */
    plug(address: number): void {
        this.unplugged[address] = false
    }

    /** @returns whether at least one part acknowledged everything */
    write(address: number, bytes: Uint8Array): boolean {
        if (this.refuse?.(address)) return false
        const device = this.devices[address]
        let acknowledged = device !== undefined && !this.unplugged[address] && device.write(bytes)
        for (let i = 0; i < this.routers.length; i++) {
            if (this.unplugged[this.routerAddresses[i]]) continue
            if (this.routers[i].routeWrite(address, bytes)) acknowledged = true
        }
        return acknowledged
    }

    /** @returns whether at least one part answered; `into` is filled then */
    read(address: number, into: Uint8Array): boolean {
        if (this.refuse?.(address)) return false
        const device = this.devices[address]
        let answered = device !== undefined && !this.unplugged[address] && device.read(into)
        for (let i = 0; i < this.routers.length; i++) {
            if (this.unplugged[this.routerAddresses[i]]) continue
            const target = answered ? this.scratch.ofLength(into.length) : into
            if (!this.routers[i].routeRead(address, target)) continue
            if (answered) wiredAnd(into, target)
            answered = true
        }
        return answered
    }

    /** Tells everything on this segment of a stop condition. */
    stop(): void {
        for (let i = 0; i < this.stoppers.length; i++) this.stoppers[i].stop!()
        this.onStop?.()
    }
}

/** A kept buffer that can be had in any length without allocating twice for the same length. */
export class ScratchBuffer {
    private readonly views: Uint8Array[] = []

    ofLength(length: number): Uint8Array {
        return (this.views[length] ??= new Uint8Array(length))
    }
}

/** What a controller reads when two parts drive the line at once: a 0 from either wins. */
export function wiredAnd(into: Uint8Array, other: Uint8Array): void {
    for (let i = 0; i < into.length; i++) into[i] &= other[i]
}
