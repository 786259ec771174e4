import * as Layout from './layout'
import { asTableFunction, Counter, Meter } from './meter'
import { runtimeImage } from './runtime-image'

/** What the runtime asks of the machine around it. */
export interface VmHost {
    /** Time since power-on, µs. May grow while {@link DeviceScriptVm.process} runs. */
    now(): number
    /** A frame goes out. The bytes are valid during the call only. */
    onFrame(frame: Uint8Array): void
    /** A line of the runtime's log; the program's `console.log` lines start with `> `. */
    onLog(line: string): void
    /** One I2C transaction: as {@link I2cBus.transfer}. The buffers are the program's own. */
    i2cTransfer(address: number, write: Uint8Array | undefined, read: Uint8Array | undefined): number
    /** The program drives a pin, by its GPIO number. */
    writePin?(gpio: number, level: 0 | 1): void
    /** Level of an input, by its GPIO number; without it every input is high, as by its pull-up. */
    readPin?(gpio: number): 0 | 1
    /** The board's settings in the runtime's form, names of pins among them; without it those of the published simulator. */
    readonly settings?: Uint8Array
    /** The program configures the SPI bus; pins are GPIO numbers, -1 for none. */
    spiConfigure?(miso: number, mosi: number, sck: number, mode: number, frequency: number): void
    /** One SPI transfer begins. The fiber waits until {@link DeviceScriptVm.endSpiTransfer}. */
    spiTransfer?(write: Uint8Array, read: Uint8Array): void
    /** The program ended: 0 when it asked for a restart, else the panic code. The runtime starts it again. */
    onPanic(code: number): void
    /** A fiber of the program has stopped running: it sleeps, waits or is over. */
    onYield?(): void
    /** Fills with random bytes. */
    random(into: Uint8Array): void
    /** Content of the settings flash at power-on, if any. */
    loadFlash?(): Uint8Array | undefined
    /** The settings flash was written: its whole content. */
    saveFlash?(content: Uint8Array): void
}

interface RuntimeExports {
    memory: WebAssembly.Memory
    __indirect_function_table: WebAssembly.Table
    __wasm_call_ctors(): void
    malloc(size: number): number
    free(address: number): void
    jd_em_set_device_id_2x_i32(high: number, low: number): void
    jd_em_init(): void
    jd_em_process(): number
    jd_em_frame_received(address: number): number
    jd_em_devs_deploy(address: number, length: number): number
}

const FLASH_BYTES = 128 * 1024
/** What the runtime's model of a flash holds where it was never written (flash.c of its posix port). */
const FLASH_FILL = 0x37
const MAX_FRAME = 260

/**
 * The stock DeviceScript runtime, one board's worth: the published WebAssembly module with this process as its machine.
 * All its time comes from {@link VmHost.now}, all its randomness from {@link VmHost.random}. The runtime of the
 * simulator has no I2C of its own; its `_i2cTransaction` is put to {@link VmHost.i2cTransfer} here, so that the same
 * bytecode makes the same blocking call as on a board.
 */
export class DeviceScriptVm {
    private readonly runtime: RuntimeExports
    private readonly bytes: Uint8Array
    private readonly words: Uint32Array
    private readonly meter: Meter
    private readonly frameAddress: number
    private readonly counterIndex: number
    /** Address of the byte that a fiber waits for during an SPI transfer. */
    private readonly spiDone: number
    private flashAddress = 0
    private allocationsSeen = 0
    private allocatedSeen = 0

    /** @param profile whether to count operations by program counter, for {@link profile} */
    constructor(
        private readonly host: VmHost,
        profile = false,
    ) {
        const instance = new WebAssembly.Instance(runtimeImage(), this.imports())
        this.runtime = instance.exports as unknown as RuntimeExports
        this.bytes = new Uint8Array(this.runtime.memory.buffer)
        this.words = new Uint32Array(this.runtime.memory.buffer)
        this.runtime.__wasm_call_ctors()
        // There is hardware, though a simulated one: DeviceScript's own drivers would not talk to it otherwise.
        this.bytes.set(Buffer.from('chip'), Layout.ARCH_ID)
        const malloc = (size: number) => this.runtime.malloc(size)
        this.meter = new Meter(
            this.runtime.memory,
            this.runtime.__indirect_function_table,
            malloc,
            () => host.onYield?.(),
            profile,
        )
        this.counterIndex = this.meter.counters >> 2
        this.frameAddress = this.runtime.malloc(MAX_FRAME)
        this.spiDone = this.runtime.malloc(1)
        const table = this.runtime.__indirect_function_table
        const replace = (index: number, handler: (context: number) => void) =>
            table.set(index, asTableFunction(handler))
        replace(Layout.I2C_TRANSACTION, context => this.i2cTransaction(context))
        replace(Layout.GPIO_SET_MODE, context => this.setPinMode(context))
        table.set(
            Layout.GPIO_VALUE,
            asTableFunction((result, context, self) => this.pinValue(result, context, self), 3),
        )
        replace(Layout.SPI_CONFIGURE, context => this.spiConfigure(context))
        replace(Layout.SPI_TRANSFER, context => this.spiTransfer(context))
    }

    /** Powers on: the runtime starts, and with it the program it holds in flash, if any. */
    start(deviceId: bigint): void {
        this.runtime.jd_em_set_device_id_2x_i32(Number(deviceId >> 32n) | 0, Number(deviceId & 0xffffffffn) | 0)
        const { settings } = this.host
        // Before the runtime takes memory for the program's store, so that they lie below it, as on the RP2040. Settings at most 1.5 MB
        // above an erased store make the runtime search them for ever when it starts no program.
        const address = settings && this.runtime.malloc(settings.length)
        this.runtime.jd_em_init()
        if (address === undefined) return
        if (address > this.flashAddress)
            throw new Error(`the runtime's store, at ${this.flashAddress}, is below its settings`)
        this.bytes.set(settings as Uint8Array, address)
        this.words[Layout.BOARD_SETTINGS >> 2] = address
    }

    /** The program that is in flash already and will run. */
    load(program: Buffer): void {
        this.meter.load(program)
    }

    /** Writes a program to flash and runs it. @throws Error when the runtime refuses it */
    deploy(program: Buffer): void {
        this.meter.load(program)
        const address = this.runtime.malloc(program.length)
        this.bytes.set(program, address)
        const result = this.runtime.jd_em_devs_deploy(address, program.length)
        this.runtime.free(address)
        if (result !== 0) throw new Error(`the DeviceScript runtime refused the program (${result})`)
    }

    /**
     * What the flash holds now, written or not yet synchronised: as long as what {@link VmHost.saveFlash} is given. The bytes
     * are the runtime's own.
     */
    flashContent(): Uint8Array {
        const flash = this.bytes.subarray(this.flashAddress, this.flashAddress + FLASH_BYTES)
        let last = FLASH_BYTES - 1
        while (last > 0 && flash[last] === FLASH_FILL) last--
        return flash.subarray(0, last)
    }

    /** One pass of the runtime's main loop. Returns how long it would sleep, µs (0 to 10,000). */
    process(): number {
        return this.runtime.jd_em_process()
    }

    /** A frame comes in; the next pass handles it. Returns false when its check sum is wrong or the queue is full. */
    receiveFrame(frame: Uint8Array): boolean {
        this.bytes.set(frame, this.frameAddress)
        return this.runtime.jd_em_frame_received(this.frameAddress) === 0
    }

    /** Bytecode operations executed so far (wraps at 2^32). */
    get operations(): number {
        return this.words[this.counterIndex + Counter.operations]
    }

    /** Calls of the program's own functions so far. */
    get calls(): number {
        return this.words[this.counterIndex + Counter.calls]
    }

    /** Calls of functions of the runtime so far. */
    get builtins(): number {
        return this.words[this.counterIndex + Counter.builtins]
    }

    /** Heap objects allocated since the last call of this function, and whether the collector ran meanwhile. */
    takeAllocations(): { count: number; collected: boolean } {
        const gc = this.heap()
        if (gc === 0) return { count: 0, collected: false }
        const allocations = this.words[(gc + Layout.Gc.allocations) >> 2]
        const allocated = this.words[(gc + Layout.Gc.allocated) >> 2]
        const result = {
            count: allocations >= this.allocationsSeen ? allocations - this.allocationsSeen : allocations,
            collected: allocated < this.allocatedSeen && allocations >= this.allocationsSeen,
        }
        this.allocationsSeen = allocations
        this.allocatedSeen = allocated
        return result
    }

    /** Objects and free bytes on the program's heap now; undefined before the program has called anything. */
    heapStatistics(): { objects: number; freeBytes: number; usedBytes: number } | undefined {
        const gc = this.heap()
        if (gc === 0) return undefined
        const result = { objects: 0, freeBytes: 0, usedBytes: 0 }
        const word = (address: number) => this.words[address >> 2]
        for (let chunk = word(gc + Layout.Gc.firstChunk); chunk !== 0; chunk = word(chunk + Layout.Chunk.next)) {
            const end = word(chunk + Layout.Chunk.end)
            for (let block = chunk + Layout.Chunk.start; block < end;) {
                const header = word(block)
                const size = (header & Layout.Block.sizeMask) * 4
                if (((header >>> Layout.Block.tagShift) & Layout.Block.tagMask) === Layout.Block.free) {
                    result.freeBytes += size
                } else {
                    result.usedBytes += size
                    result.objects++
                }
                block += size
            }
        }
        return result
    }

    /** Operations executed, by program counter. @throws Error unless asked for in the constructor */
    profile(): { pc: number; operations: number }[] {
        return this.meter.profile()
    }

    private heap(): number {
        const context = this.words[this.counterIndex + Counter.context]
        return context === 0 ? 0 : this.words[(context + Layout.Context.gc) >> 2]
    }

    /** Address of the state of the pin whose object is the value at `self`. */
    private pinState(context: number, self: number): number {
        const { words } = this
        const first = words[(context + Layout.Context.pinState) >> 2]
        for (let i = 0; i < this.bytes[context + Layout.PIN_COUNT]; i++) {
            const state = first + i * Layout.PinState.size
            if (words[state >> 2] === words[self >> 2] && words[(state >> 2) + 1] === words[(self >> 2) + 1])
                return state
        }
        throw new TypeError('a pin that the board does not have: a board throws there')
    }

    private setPinMode(context: number): void {
        const self = context + Layout.Context.stack
        const state = this.pinState(context, self)
        const mode = this.words[(self + 8) >> 2]
        this.bytes[state + Layout.PinState.mode] = mode
        if ((mode & Layout.PinMode.base) === Layout.PinMode.output) {
            const level = (mode & Layout.PinMode.high) !== 0 ? 1 : 0
            this.host.writePin?.(this.bytes[state + Layout.PinState.gpio], level)
        }
    }

    private pinValue(result: number, context: number, self: number): void {
        const state = this.pinState(context, self)
        const isInput = (this.bytes[state + Layout.PinState.mode] & Layout.PinMode.base) === Layout.PinMode.input
        const gpio = this.bytes[state + Layout.PinState.gpio]
        this.words[result >> 2] = isInput ? (this.host.readPin?.(gpio) ?? 1) : 0
        this.words[(result >> 2) + 1] = isInput ? Layout.Value.int : Layout.Value.none
    }

    private spiConfigure(context: number): void {
        const first = (context + Layout.Context.stack + 8) >> 2
        const [miso, mosi, sck, mode, frequency] = [0, 1, 2, 3, 4].map(i => this.words[first + 2 * i] | 0)
        this.host.spiConfigure?.(miso, mosi, sck, mode, frequency)
    }

    /** As on a board, the fiber that asked is put aside (`devs_fiber_await`) until the transfer's end sets its flag. */
    private spiTransfer(context: number): void {
        const { words, bytes } = this
        const argument = (context + Layout.Context.stack + 8) >> 2
        const write = this.constant(context, argument) ?? this.buffer(argument)
        const read = this.buffer(argument + 2)
        if (!write || !read) {
            throw new TypeError('SPI transfer with one buffer: on a Pico it never ends, or spoils the next')
        }
        this.host.spiTransfer?.(write, read)
        const fiber = words[(context + Layout.Context.currentFiber) >> 2]
        bytes[this.spiDone] = 0
        words[(fiber + Layout.FiberWait.flag) >> 2] = this.spiDone
        bytes[fiber + Layout.FiberWait.kind] = (bytes[fiber + Layout.FiberWait.kind] & 0xf0) | Layout.FiberWait.awaiting
        words[(fiber + Layout.FiberWait.wakeTime) >> 2] = 0
        words[(context + Layout.Context.currentFunction) >> 2] = 0
        words[(context + Layout.Context.currentFiber) >> 2] = 0
    }

    /** The SPI transfer is over: its fiber runs on in the next pass. */
    endSpiTransfer(): void {
        this.bytes[this.spiDone] = 1
    }

    private i2cTransaction(context: number): void {
        const { words } = this
        const argument = (context + Layout.Context.stack + 8) >> 2
        const address = words[argument]
        if (words[argument + 1] !== Layout.Value.int || address < 1 || address > 0x7f) {
            throw new RangeError(`I2C address ${address} in the program, allowed 1 to 127: a board throws there`)
        }
        const write = this.constant(context, argument + 2) ?? this.buffer(argument + 2)
        const result = this.host.i2cTransfer(address, write, this.buffer(argument + 4))
        const fiber = words[(context + Layout.Context.currentFiber) >> 2]
        words[(fiber + Layout.FIBER_RETURN_VALUE) >> 2] = result
        words[(fiber + Layout.FIBER_RETURN_VALUE + 4) >> 2] = Layout.Value.int
    }

    /** The bytes of a buffer argument; undefined for null, undefined and an empty buffer. */
    private buffer(argument: number): Uint8Array | undefined {
        const kind = this.words[argument + 1]
        if (kind === Layout.Value.none) return undefined
        if (kind !== Layout.Value.object) throw new TypeError('I2C transaction without a buffer: a board throws there')
        const address = this.words[argument]
        const length = this.words[(address + Layout.HeapBuffer.length) >> 2] & 0xffff
        if (length === 0) return undefined
        const start = address + Layout.HeapBuffer.data
        return this.bytes.subarray(start, start + length)
    }

    /** The bytes of a constant buffer of the program (hex`…`), which can be written to the bus; undefined for all else. */
    private constant(context: number, argument: number): Uint8Array | undefined {
        const { words } = this
        const index = words[argument]
        if (words[argument + 1] !== Layout.Value.constant || index >> Layout.CONSTANT_INDEX_BITS !== 0) return undefined
        const image = words[(context + Layout.Context.image) >> 2]
        const section = (image + words[(image + Layout.Image.buffers) >> 2] + index * Layout.Image.bufferSize) >> 2
        const start = image + words[(image + Layout.Image.stringData) >> 2] + words[section]
        return this.bytes.subarray(start, start + words[section + 1])
    }

    private text(address: number): string {
        const end = this.bytes.indexOf(0, address)
        return Buffer.from(this.bytes.subarray(address, end)).toString('utf8')
    }

    private imports(): WebAssembly.Imports {
        const notPossible = () => -1
        return {
            env: {
                em_time_now: () => this.host.now() / 1000,
                em_send_frame: (address: number) =>
                    this.host.onFrame(this.bytes.subarray(address, address + 12 + this.bytes[address + 2])),
                em_send_large_frame: () => undefined,
                em_print_dmesg: (address: number) => this.host.onLog(this.text(address)),
                em_jd_crypto_get_random: (address: number, length: number) =>
                    this.host.random(this.bytes.subarray(address, address + length)),
                em_deploy_handler: () => undefined,
                _devs_panic_handler: (code: number) => this.host.onPanic(code),
                em_flash_size: () => FLASH_BYTES,
                em_flash_load: (address: number, length: number) => {
                    this.flashAddress = address
                    const content = this.host.loadFlash?.()
                    if (content) this.bytes.set(content.subarray(0, length), address)
                },
                em_flash_save: (address: number, length: number) =>
                    this.host.saveFlash?.(this.bytes.slice(address, address + length)),
                emscripten_memcpy_big: (to: number, from: number, length: number) =>
                    void this.bytes.copyWithin(to, from, from + length),
                emscripten_resize_heap: () => 0,
                abort: () => {
                    throw new RuntimePanic()
                },
                exit: (code: number) => {
                    throw new RuntimeReset(code)
                },
                _jd_tcpsock_new: notPossible,
                _jd_tcpsock_write: notPossible,
                _jd_tcpsock_close: notPossible,
                _jd_tcpsock_is_available: () => 0,
            },
            wasi_snapshot_preview1: { fd_close: () => 0, fd_write: () => 0, fd_seek: () => 0 },
        }
    }
}

/** The runtime asked for a reset of the whole board (`target_reset`). */
export class RuntimeReset extends Error {
    constructor(readonly code: number) {
        super(`the DeviceScript runtime reset the board (${code})`)
        this.name = 'RuntimeReset'
    }
}

/** The runtime found itself in a state that it takes for impossible (`JD_PANIC`). A board then starts anew, and so on for ever. */
export class RuntimePanic extends Error {
    override name = 'RuntimePanic'
    constructor() {
        super('the DeviceScript runtime aborted')
    }
}
