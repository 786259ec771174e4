import type { BoardProfile } from './board-profile'
import { partNames } from './faults/body-parts'
import { FaultPlayer } from './faults/fault-player'
import { checkFaultPlan, type Fault, parseFaultPlan } from './faults/fault-plan'
import { SimulatedI2cBus } from './i2c/simulated-i2c-bus'
import { Random } from './random'
import type { BodyOptions, MakeBody, RobotBody } from './robot-body'
import { SimulatedBoard } from './simulated-board'
import { SimulatedFlash } from './simulated-flash'
import { SimulatedHost } from './simulated-host'
import { SimulatedSpiBus } from './spi/simulated-spi-bus'
import { Trace } from './trace'
import { UsbBridge } from './usb-bridge'
import { VirtualClock } from './virtual-clock'
import { Wire } from './wire'

/** The plant runs at least this often, µs, also while the board does nothing. */
const PLANT_US = 10_000
const MAX_STATES = 64

export interface SimulatedRobotOptions {
    /** Bytecode of the firmware. */
    program: Buffer
    makeBody: MakeBody
    /** How the body differs from the nominal one. */
    body?: BodyOptions
    profile: BoardProfile
    /** Of the I2C bus, Hz. */
    busFrequency: number
    seed: number
    /** Whether to hash every bus transaction and plant state. */
    trace?: boolean
    /** What goes wrong and when: the text of a fault file (docs/faults.md). */
    faults?: string
    /** Whether to count operations by program counter. */
    profileOperations?: boolean
    /** The board's settings in the runtime's form (`encodeDcfg`), and the GPIO number of each pin that they name. */
    board?: { readonly settings: Uint8Array; readonly pins: Readonly<Record<string, number>> }
    /** The board's flash, for a robot that had power before; a new one by default. */
    flash?: SimulatedFlash
    /** A line of the board's log. */
    onLog?: (line: string) => void
    /** A chip was used in a way that its datasheet does not allow. */
    onWarning?: (message: string) => void
}

/**
 * A whole robot in this process: board, bus, chips and body on one virtual clock. To the outside it is a stream of bytes,
 * like any board on a serial port.
 */
export class SimulatedRobot {
    readonly clock = new VirtualClock()
    readonly board: SimulatedBoard
    readonly body: RobotBody
    readonly bus: SimulatedI2cBus
    readonly spi: SimulatedSpiBus
    readonly flash: SimulatedFlash
    readonly trace: Trace | undefined
    /** The two directions of the link. */
    readonly toBoard: Wire
    readonly toHost: Wire
    readonly host: SimulatedHost
    /** A fault has begun or ended. */
    onFault: (fault: Fault, active: boolean) => void = () => {}
    readonly usb = new UsbBridge()
    private readonly time = { now: 0 }
    private readonly random: Random
    private readonly delays: Random
    private readonly faults: FaultPlayer

    /** @throws FaultPlanError */
    constructor(private readonly options: SimulatedRobotOptions) {
        const { profile } = options
        this.toBoard = new Wire(this.clock, () => this.delay())
        this.toHost = new Wire(this.clock, () => this.delay())
        this.host = new SimulatedHost(this.clock)
        this.random = new Random(options.seed)
        this.flash = options.flash ?? new SimulatedFlash()
        this.delays = this.random.fork('link')
        this.bus = new SimulatedI2cBus({ frequency: options.busFrequency, now: () => this.time.now })
        this.spi = new SimulatedSpiBus(
            () => this.time.now,
            message => options.onWarning?.(message),
        )
        this.body = options.makeBody({
            time: this.time,
            bus: this.bus,
            spi: this.spi,
            pins: options.board?.pins ?? {},
            random: this.random.fork('body'),
            warn: message => options.onWarning?.(message),
            options: options.body,
        })
        if (options.trace) this.trace = this.makeTrace()
        const boardRandom = this.random.fork('board')
        this.board = new SimulatedBoard(
            this.clock,
            profile,
            {
                i2c: (time, address, write, read) => {
                    this.advance(time)
                    const result = this.bus.transfer(address, write, read)
                    return { result, duration: this.bus.duration(write?.length ?? 0, read?.length ?? 0) }
                },
                setPin: (time, gpio, level) => {
                    this.advance(time)
                    this.spi.setPin(gpio, level)
                },
                pin: gpio => this.level(gpio),
                settings: options.board?.settings,
                spiConfigure: (miso, mosi, sck, mode, frequency) =>
                    this.spi.configure({ miso, mosi, sck, mode, frequency }),
                spi: (time, write, read) => {
                    this.advance(time)
                    this.spi.transfer(write, read)
                    return this.spi.duration(write.length)
                },
                onFrame: frame => this.usb.sendFrame(frame),
                onLog: line => {
                    this.usb.log(`${line}\n`)
                    options.onLog?.(line)
                },
                random: () => boardRandom.uniform(),
                flash: this.flash,
            },
            { profile: options.profileOperations },
        )
        this.usb.onFrame = frame => this.board.receiveFrame(frame)
        this.usb.onBytes = chunk => this.toHost.write(chunk)
        this.usb.room = () => this.toHost.room
        this.toHost.onRoom = () => this.usb.flush()
        this.toBoard.onBytes = bytes => {
            if (this.board.powered) this.usb.receive(bytes)
        }
        this.board.onReset = () => this.usb.reset()
        this.faults = new FaultPlayer({
            clock: this.clock,
            board: this.board,
            body: this.body,
            host: this.host,
            toBoard: this.toBoard,
            toHost: this.toHost,
            random: this.random.fork('faults'),
            onChange: (fault, active) => {
                this.trace?.event(this.clock.now / 1e6, `${JSON.stringify(fault)} ${active}`)
                this.onFault(fault, active)
            },
        })
        const plan = options.faults === undefined ? [] : parseFaultPlan(options.faults, partNames(this.body.parts))
        for (const fault of plan) this.faults.add(fault)
        this.board.powerOn(BigInt(options.seed) * 0x1_0001_0001n + 0x1122_3344_5566n, options.program)
        this.keepPlantRunning()
    }

    /** Bytes for the host. The receiver may keep the chunk. */
    get onBytes(): (chunk: Uint8Array) => void {
        return this.toHost.onBytes
    }

    set onBytes(receiver: (chunk: Uint8Array) => void) {
        this.toHost.onBytes = receiver
    }

    /** Bytes from the host, written now. */
    write(bytes: Uint8Array): void {
        this.toBoard.write(bytes)
    }

    /**
     * Injects faults while the robot runs, as a fault file describes them. @throws FaultPlanError
     *
     * @param faults entries of a fault file's list; times are since power-on, those that are past begin at once
     */
    inject(...faults: unknown[]): void {
        for (const fault of checkFaultPlan({ faults }, partNames(this.body.parts))) this.faults.add(fault)
    }

    /** Lets simulated time pass, up to `seconds` since power-on. */
    runUntil(seconds: number): void {
        this.clock.runUntil(seconds * 1e6)
        this.advance(seconds)
    }

    /** The body may be ahead of the clock: a pass of the board's main loop runs to its end at once. */
    private advance(time: number): void {
        if (time > this.time.now) this.body.advanceTo(time)
    }

    /** Level of an input: contacts go to ground, and the input has a pull-up. */
    private level(gpio: number): 0 | 1 {
        const { pins = {} } = this.options.board ?? {}
        const contacts = Object.values(this.body.parts?.contacts ?? {})
        return contacts.some(({ pin, open }) => pins[pin] === gpio && !open) ? 0 : 1
    }

    private delay(): number {
        const [low, high] = this.options.profile.linkDelayUs
        return low === high ? low : this.delays.uniform(low, high)
    }

    private makeTrace(): Trace {
        const trace = new Trace()
        const states = new Float64Array(MAX_STATES)
        this.bus.onTransaction = (address, write, read, result, time) =>
            trace.transaction(time, address, write, read, result)
        this.spi.onTransfer = (gpio, write, read, time) => trace.transaction(time, -1 - gpio, write, read, 0)
        this.body.onStep = () => trace.doubles(states, this.body.writeState(states))
        return trace
    }

    private keepPlantRunning(): void {
        this.advance(this.clock.now / 1e6)
        this.clock.at(this.clock.now + PLANT_US, () => this.keepPlantRunning())
    }
}
