import { packetServiceIndex, firstPacket, ServiceIndex } from '../protocol/frame'
import type { BoardProfile } from './board-profile'
import { mainLoopOf, type MainLoop } from './main-loop'
import type { VirtualClock } from './virtual-clock'
import { PowerCut, SimulatedFlash } from './simulated-flash'
import { DeviceScriptVm, RuntimePanic, RuntimeReset } from './vm/device-script-vm'

/** From power-on to the first pass of the main loop, µs. The runtime takes its time 0 from power-on. */
const BOOT_US = 100_000

/** What the board is wired to. */
export interface BoardWiring {
    /** One I2C transaction at `time` (s): result as `I2cBus.transfer`, and how long the bus was busy, s. */
    i2c(
        time: number,
        address: number,
        write: Uint8Array | undefined,
        read: Uint8Array | undefined,
    ): { result: number; duration: number }
    /** The program drives a pin at `time` (s), by its GPIO number. */
    setPin?(time: number, gpio: number, level: 0 | 1): void
    /** Level of an input, by its GPIO number; without it every input is pulled up. */
    pin?(gpio: number): 0 | 1
    /** The board's settings, in the runtime's form. */
    readonly settings?: Uint8Array
    /** The program configures the SPI bus. Pins are GPIO numbers, -1 for none. */
    spiConfigure?(miso: number, mosi: number, sck: number, mode: number, frequency: number): void
    /** One SPI transfer at `time` (s). @returns how long it takes, s */
    spi?(time: number, write: Uint8Array, read: Uint8Array): number
    /** A frame leaves the board for the host. The bytes are valid during the call only. */
    onFrame(frame: Uint8Array): void
    /** A line of the board's log. */
    onLog(line: string): void
    /** Uniform random number in [0, 1). */
    random(): number
    /** Where settings and program are; a new one by default. */
    readonly flash?: SimulatedFlash
}

/** What the board has executed, for cost reports. Times in µs of simulated time. */
export interface BoardWork {
    passes: number
    operations: number
    calls: number
    builtins: number
    transactions: number
    busUs: number
    /** SPI transfers; nobody waits for them but the fiber that asked. */
    transfers: number
    busyUs: number
    collections: number
    panics: number
}

/** What a fiber did between two waits, when it talked to the bus: one control tick, and start-up. */
export interface TickCost {
    /** When it began, µs. */
    startUs: number
    operations: number
    calls: number
    builtins: number
    transactions: number
    busUs: number
    collectionUs: number
    totalUs: number
}

/**
 * A board on the virtual clock: the DeviceScript runtime, the time its profile says it takes, and the main loop that
 * wakes it. A pass runs at its start time at once; what it does to the outside happens at the time it would: each bus
 * transaction at its own moment, frames when the pass ends.
 */
export class SimulatedBoard {
    readonly work: BoardWork = {
        passes: 0,
        operations: 0,
        calls: 0,
        builtins: 0,
        transactions: 0,
        busUs: 0,
        transfers: 0,
        busyUs: 0,
        collections: 0,
        panics: 0,
    }
    /** Called after each stretch of a fiber that talked to the bus. The object is reused. */
    onTick: ((cost: TickCost) => void) | undefined
    private readonly tick: TickCost = {
        startUs: 0,
        operations: 0,
        calls: 0,
        builtins: 0,
        transactions: 0,
        busUs: 0,
        collectionUs: 0,
        totalUs: 0,
    }
    /** The processor starts anew; what its USB side remembered is gone. */
    onReset: () => void = () => {}
    private vm: DeviceScriptVm
    private loop: MainLoop
    private deviceId = 0n
    /** What is in flash, when it is whole. */
    private program: Buffer | undefined
    private readonly flash: SimulatedFlash
    /** No pass is made. */
    private held = false
    private readonly inbox: Uint8Array[] = []
    private outbox: Uint8Array[] = []
    private alarm: ReturnType<VirtualClock['at']> | undefined
    private start = 0
    /** The runtime's time 0, µs. */
    private poweredAt = 0
    /** Counts power-downs: what an earlier life left to be done is not done. */
    private boots = 0
    private bootedAt = Infinity
    private inPass = false
    /** When the SPI transfer under way ends, µs; Infinity when the program has been told, or there is none. */
    private transferEnd = Infinity
    /** Time spent in this pass on what the runtime's counters do not tell, µs. */
    private otherUs = 0
    private operations = 0
    private calls = 0
    private builtins = 0
    /** Where the present fiber's stretch began: elapsed time and counters. */
    private readonly stretch = { elapsed: 0, operations: 0, calls: 0, builtins: 0, transactions: 0, busUs: 0 }

    constructor(
        private readonly clock: VirtualClock,
        readonly profile: BoardProfile,
        private readonly wiring: BoardWiring,
        private readonly options: { profile?: boolean } = {},
    ) {
        this.loop = mainLoopOf(profile, () => wiring.random())
        this.flash = wiring.flash ?? new SimulatedFlash()
        this.vm = this.makeVm()
    }

    private makeVm(): DeviceScriptVm {
        const { profile, wiring, options } = this
        return new DeviceScriptVm(
            {
                now: () => {
                    if (!this.inPass) return this.clock.now - this.poweredAt
                    this.otherUs += profile.timeReadUs
                    return this.start + this.elapsed() - this.poweredAt
                },
                onFrame: frame => this.outbox.push(frame.slice()),
                onLog: line => wiring.onLog(line),
                i2cTransfer: (address, write, read) => this.i2cTransfer(address, write, read),
                writePin: (gpio, level) => wiring.setPin?.(this.seconds(), gpio, level),
                readPin: gpio => wiring.pin?.(gpio) ?? 1,
                settings: wiring.settings,
                spiConfigure: (...settings) => wiring.spiConfigure?.(...settings),
                spiTransfer: (write, read) => this.spiTransfer(write, read),
                onYield: () => this.yielded(),
                onPanic: code => {
                    if (code !== 0) this.work.panics++
                },
                random: into => {
                    for (let i = 0; i < into.length; i++) into[i] = Math.floor(wiring.random() * 256)
                },
                loadFlash: () => this.flash.content,
                saveFlash: content => this.saveFlash(content),
            },
            options.profile,
        )
    }

    /** Writes `program` to flash and powers on. */
    powerOn(deviceId: bigint, program: Buffer): void {
        this.deviceId = deviceId
        this.boot(program)
    }

    /** The processor is reset, or has its power back: it boots, and its program starts from the beginning. */
    reset(): void {
        this.restart()
    }

    /** Nothing runs until {@link reset}. */
    powerOff(): void {
        if (this.alarm) this.clock.cancel(this.alarm)
        this.alarm = undefined
        this.inbox.length = 0
        this.outbox = []
        this.transferEnd = Infinity
        this.bootedAt = Infinity
        this.boots++
        this.onReset()
    }

    /** Whether it has power. */
    get powered(): boolean {
        return this.bootedAt !== Infinity
    }

    /** The runtime stands still until {@link release}: no pass is made, frames wait. */
    hold(): void {
        this.held = true
        if (this.alarm) this.clock.cancel(this.alarm)
    }

    release(): void {
        this.held = false
        if (this.powered) this.schedule(Math.max(this.loop.nextPass(), this.bootedAt, this.clock.now))
    }

    private boot(program: Buffer): void {
        this.bootedAt = this.clock.now + BOOT_US
        this.poweredAt = this.clock.now
        this.vm.start(this.deviceId)
        this.vm.deploy(program)
        this.schedule(this.bootedAt)
    }

    /**
     * Has its power back and starts with what its flash holds; nothing is written there. The runtime gives the bus a second
     * before it starts the program.
     */
    restart(): void {
        this.powerOff()
        this.loop = mainLoopOf(this.profile, () => this.wiring.random())
        this.vm = this.makeVm()
        this.bootedAt = this.clock.now + BOOT_US
        this.poweredAt = this.clock.now
        if (this.program) this.vm.load(this.program)
        try {
            this.vm.start(this.deviceId)
            this.schedule(this.bootedAt)
        } catch (error) {
            // A store that the runtime cannot mount, or that leads it out of its memory: at each start anew.
            if (!(error instanceof RuntimePanic || error instanceof WebAssembly.RuntimeError)) throw error
            this.bootedAt = Infinity
            this.work.panics++
        }
    }

    /** A frame from the host has arrived, whole and with a right check sum. It is lost while the board boots. */
    receiveFrame(frame: Uint8Array): void {
        if (this.clock.now < this.bootedAt) return
        this.inbox.push(frame)
        this.loop.frameArrived(this.clock.now)
        this.reschedule()
    }

    /** Free and used bytes and objects on the program's heap. */
    heapStatistics(): ReturnType<DeviceScriptVm['heapStatistics']> {
        return this.vm.heapStatistics()
    }

    /** Operations executed, by program counter, when asked for at construction. */
    operationProfile(): { pc: number; operations: number }[] {
        return this.vm.profile()
    }

    private pass(): void {
        const { profile, vm, work } = this
        const start = (this.start = this.clock.now)
        this.inPass = true
        this.otherUs = profile.passUs
        const { operations, calls, builtins } = vm
        this.operations = operations
        this.calls = calls
        this.builtins = builtins
        const framesUs = this.inbox.length * profile.frameInUs
        this.otherUs += framesUs
        let piped = false
        for (let i = 0; i < this.inbox.length; i++) {
            const frame = this.inbox[i]
            vm.receiveFrame(frame)
            piped ||= packetServiceIndex(frame, firstPacket(frame)) === ServiceIndex.Pipe
        }
        this.inbox.length = 0
        if (this.loop.looksBehindProgram === undefined) this.endTransfer(start)
        this.beginStretch()
        let sleep: number
        try {
            sleep = vm.process()
            // A program that comes in is programmed page by page and synchronised at its end only.
            if (piped) this.saveFlash(vm.flashContent().slice())
        } catch (error) {
            this.inPass = false
            if (error instanceof RuntimeReset) this.reset()
            else if (error instanceof PowerCut) this.powerOff()
            else throw error
            return
        }
        const elapsed = this.elapsed()
        this.inPass = false
        const end = start + elapsed

        work.passes++
        work.operations += (vm.operations - operations) >>> 0
        work.calls += (vm.calls - calls) >>> 0
        work.builtins += (vm.builtins - builtins) >>> 0
        work.busyUs += elapsed
        this.endTransfer(end + (this.loop.looksBehindProgram ?? 0))
        this.loop.passEnded(start, end, sleep)
        this.send(end)
        this.schedule(this.loop.nextPass())
    }

    private beginStretch(): void {
        const { stretch, vm, work } = this
        stretch.elapsed = this.elapsed()
        stretch.operations = vm.operations
        stretch.calls = vm.calls
        stretch.builtins = vm.builtins
        stretch.transactions = work.transactions
        stretch.busUs = work.busUs
    }

    private yielded(): void {
        const { stretch, vm, work, tick } = this
        const collectionUs = this.collectionUs()
        this.otherUs += collectionUs
        if (this.onTick && work.transactions > stretch.transactions) {
            tick.startUs = this.start + stretch.elapsed
            tick.operations = (vm.operations - stretch.operations) >>> 0
            tick.calls = (vm.calls - stretch.calls) >>> 0
            tick.builtins = (vm.builtins - stretch.builtins) >>> 0
            tick.transactions = work.transactions - stretch.transactions
            tick.busUs = work.busUs - stretch.busUs
            tick.collectionUs = collectionUs
            tick.totalUs = this.elapsed() - stretch.elapsed
            this.onTick(tick)
        }
        this.beginStretch()
    }

    /** Time since the pass began, µs. */
    private elapsed(): number {
        const { profile, vm } = this
        return (
            this.otherUs +
            ((vm.operations - this.operations) >>> 0) * profile.operationUs +
            ((vm.calls - this.calls) >>> 0) * profile.callUs +
            ((vm.builtins - this.builtins) >>> 0) * profile.builtinUs
        )
    }

    /** The runtime waits for its flash, with interrupts off. */
    private saveFlash(content: Uint8Array): void {
        const { flash } = this
        const { pagesProgrammed, sectorsErased } = flash
        flash.save(content)
        const program = flash.program()
        if (program && !this.program?.equals(program)) this.vm.load(program)
        this.program = program
        this.otherUs +=
            (flash.pagesProgrammed - pagesProgrammed) * this.profile.flashPageUs +
            (flash.sectorsErased - sectorsErased) * this.profile.flashSectorUs
    }

    private collectionUs(): number {
        const { collected } = this.vm.takeAllocations()
        if (!collected) return 0
        this.work.collections++
        const { collectionUs, collectionPerObjectUs } = this.profile
        if (collectionUs === 0) return 0
        return collectionUs + collectionPerObjectUs * (this.vm.heapStatistics()?.objects ?? 0)
    }

    private i2cTransfer(address: number, write: Uint8Array | undefined, read: Uint8Array | undefined): number {
        const { result, duration } = this.wiring.i2c(this.seconds(), address, write, read)
        const busUs = duration * 1e6
        this.otherUs += this.profile.i2cUs + busUs
        this.work.transactions++
        this.work.busUs += busUs
        return result
    }

    private spiTransfer(write: Uint8Array, read: Uint8Array): void {
        const time = this.start + this.elapsed()
        this.work.transfers++
        this.transferEnd = time + (this.wiring.spi?.(time / 1e6, write, read) ?? 0) * 1e6
        this.loop.transferEnds(this.transferEnd)
    }

    /** Tells the program of a transfer that has ended by `time`, µs. */
    private endTransfer(time: number): void {
        if (this.transferEnd > time) return
        this.transferEnd = Infinity
        this.vm.endSpiTransfer()
    }

    /** Simulated time within the pass, s. */
    private seconds(): number {
        return (this.start + this.elapsed()) / 1e6
    }

    /** What the pass put out leaves when it ends. */
    private send(end: number): void {
        if (this.outbox.length === 0) return
        const { boots, outbox: frames } = this
        this.outbox = []
        this.loop.frameSent(end)
        this.clock.at(end, () => {
            if (boots === this.boots) frames.forEach(frame => this.wiring.onFrame(frame))
        })
    }

    private schedule(time: number): void {
        this.alarm = time === Infinity || this.held ? undefined : this.clock.at(time, () => this.pass())
    }

    private reschedule(): void {
        if (this.alarm) this.clock.cancel(this.alarm)
        this.schedule(this.loop.nextPass())
    }
}
