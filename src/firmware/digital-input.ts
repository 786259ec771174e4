import * as ds from '@devicescript/core'
import '@devicescript/gpio'

/**
 * All pins by name: those of the board's definition, and those that the program configures (`configureHardware`).
 *
 * @devsNative GPIO
 */
declare const pins: { [name: string]: ds.InputPin }

/**
 * A digital input with pull-up, by the name that `configureHardware` gave it. Its `value` is 0 or 1.
 *
 * @throws Error naming the pin, when the board has none of this name
 */
export function digitalInput(name: string): ds.InputPin {
    const pin = pins[name]
    if (!pin) throw new Error('no pin ' + name + ' on this board: configureHardware({ pins: … }) in main.ts names it')
    pin.setMode(ds.GPIOMode.InputPullUp)
    return pin
}
