import * as ds from '@devicescript/core'
import type { DigitalInput } from '../onboard/parts'

/** What the runtime has and its type definitions, without a board's own, leave out. */
interface Pin extends DigitalInput {
    setMode(mode: ds.GPIOMode): void
}

/**
 * All pins by name: those of the board's definition, and those that the program configures (`configureHardware`).
 *
 * @devsNative GPIO
 */
declare const pins: { [name: string]: Pin }

/** A digital input with pull-up, by the board's name of its pin. Undefined when the board has none of this name. */
export function digitalInput(name: string): DigitalInput | undefined {
    const pin = pins[name]
    if (pin) pin.setMode(ds.GPIOMode.InputPullUp)
    return pin
}
