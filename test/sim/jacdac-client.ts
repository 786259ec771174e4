import { createRequire } from 'node:module'
import type { SimulatedBoard } from '../../src/sim/simulated-board'
import type { VirtualClock } from '../../src/sim/virtual-clock'

/** What is used here of jacdac-ts, Jacdac's own library; its package names no type declarations. */
interface JacdacTs {
    JDBus: new (transports: unknown[], options: object) => JacdacBus
    Transport: new (type: string) => { readonly id: string }
}
export interface JacdacBus {
    connect(): Promise<void>
    services(filter: { serviceClass: number }): JacdacService[]
    processFrame(frame: Uint8Array, sender: string): void
    dispose(): void
}
export interface JacdacService {
    readonly name: string
    register(code: number): JacdacRegister
}
export interface JacdacRegister {
    /** The last report, decoded by the service's specification; undefined before the first. */
    readonly unpackedValue: unknown[] | undefined
    refresh(skipIfValue?: boolean): Promise<void>
    on(event: string, listener: () => void): void
    sendSetPackedAsync(values: unknown[], autoRefresh?: boolean): Promise<void>
}
const { JDBus, Transport } = createRequire(import.meta.url)('jacdac-ts') as JacdacTs

/** Between writing a frame and its arrival, µs. */
const LINK_US = 300

/** The library's time is the simulated board's. */
function schedulerOf(clock: VirtualClock): object {
    type Timer = { alarm: ReturnType<VirtualClock['at']> }
    type Handler = (...values: unknown[]) => void
    const after = (timer: Timer, handler: () => void, ms: number) => {
        timer.alarm = clock.at(clock.now + Math.max(ms, 0) * 1000, handler)
        return timer
    }
    const clear = (timer: Timer | undefined) => {
        if (timer) clock.cancel(timer.alarm)
    }
    return {
        get timestamp() {
            return clock.now / 1000
        },
        resetTime: () => {},
        setTimeout: (handler: Handler, ms: number, ...values: unknown[]) =>
            after({} as Timer, () => handler(...values), ms),
        clearTimeout: clear,
        setInterval: (handler: Handler, ms: number, ...values: unknown[]) => {
            const timer = {} as Timer
            const turn = () => {
                after(timer, turn, ms)
                handler(...values)
            }
            return after(timer, turn, ms)
        },
        clearInterval: clear,
    }
}

/** Jacdac's own library on the bus of a simulated board: what Jacdac's tools see. */
export async function jacdacClient(
    clock: VirtualClock,
    board: () => SimulatedBoard,
): Promise<{ bus: JacdacBus; onFrame(frame: Uint8Array): void }> {
    class Cable extends Transport {
        description() {
            return 'simulated board'
        }

        protected async transportSendPacketAsync(frame: Uint8Array) {
            const bytes = Uint8Array.from(frame)
            clock.at(clock.now + LINK_US, () => board().receiveFrame(bytes))
        }

        protected async transportConnectAsync() {}
        protected async transportDisconnectAsync() {}
    }
    const cable = new Cable('test')
    const bus = new JDBus([cable], { scheduler: schedulerOf(clock), disableRoleManager: true })
    await bus.connect()
    return { bus, onFrame: frame => bus.processFrame(Uint8Array.from(frame), cable.id) }
}
