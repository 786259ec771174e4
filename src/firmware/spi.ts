import * as ds from '@devicescript/core'
import { type ChipSelect, DESELECTED, type SpiBus } from '../hal/spi-bus'

interface RuntimeSpi {
    spiConfigure(miso: number, mosi: number, sck: number, mode: number, hz: number): void
    spiXfer(write: Buffer, read: Buffer): Promise<void>
}
const runtime = ds as unknown as RuntimeSpi

/** A pin of the runtime, of which its type definitions, without a board's own, know nothing. */
interface Pin extends ChipSelect {
    readonly gpio: number
}

/**
 * All pins by name: those of the board's definition, and those that the program configures (`configureHardware`).
 *
 * @devsNative GPIO
 */
declare const pins: { [name: string]: Pin }

/**
 * The board's SPI bus. `transfer` is the runtime's own function, for the same reason as that of I2C. On a Pico the runtime
 * receives from SPI0 only (`src/spi.c` of devicescript-pico), so the pins must be its.
 *
 * @param pins GPIO numbers
 * @param mode CPOL · 2 + CPHA
 * @param frequency SCK, Hz. The shorter a transfer, the surer it ends in the pass that began it (docs/spi.md)
 */
export function openSpi(
    pins: { readonly miso: number; readonly mosi: number; readonly sck: number },
    mode: number,
    frequency: number,
): SpiBus {
    runtime.spiConfigure(pins.miso, pins.mosi, pins.sck, mode, frequency)
    return { transfer: runtime.spiXfer }
}

/**
 * The board's SPI bus on the pins that its definition names `MISO`, `MOSI` and `SCK`: {@link openSpi}.
 *
 * @throws Error naming the pin, when the board has none of this name
 */
export function boardSpi(mode: number, frequency: number): SpiBus {
    const miso = pin('MISO').gpio
    const mosi = pin('MOSI').gpio
    const sck = pin('SCK').gpio
    return openSpi({ miso, mosi, sck }, mode, frequency)
}

/**
 * A chip's select pin, deselected, by the name that the board's definition or `configureHardware` gave it.
 *
 * @throws Error naming the pin, when the board has none of this name
 */
export function chipSelect(name: string): ChipSelect {
    const select = pin(name)
    select.setMode(DESELECTED)
    return select
}

function pin(name: string): Pin {
    const found = pins[name]
    if (found) return found
    throw new Error(
        'no pin ' +
            name +
            ' on this board: its definition (boards/), or configureHardware({ pins: … }) in main.ts, names it',
    )
}
