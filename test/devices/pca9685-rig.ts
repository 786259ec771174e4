import { expect } from 'vitest'
import type { OutputPin } from '../../src/hal/output-pin'
import { Pca9685 as Chip } from '../../src/sim/chips/pca9685'
import { SimulatedI2cBus } from '../../src/sim/i2c/simulated-i2c-bus'
import type { ScriptedBus } from './scripted-bus'

// Register numbers and values retyped from the data sheet, table 4 to 8.
const [MODE1, MODE2, SUBADR1, SUBADR2, SUBADR3, ALLCALLADR] = [0, 1, 2, 3, 4, 5]
const [ALL_LED_OFF_H, PRE_SCALE] = [0xfd, 0xfe]

/** Expects what the set-up of a chip sends after its power came on. */
export function chipStarted(bus: ScriptedBus, preScale: number): ScriptedBus {
    return bus
        .read([MODE1], [0x11])
        .read([SUBADR1], [0xe2])
        .read([SUBADR2], [0xe4])
        .read([SUBADR3], [0xe8])
        .read([ALLCALLADR], [0xe0])
        .write(MODE2, 0x04)
        .write(ALL_LED_OFF_H, 0x10)
        .write(MODE1, 0x30)
        .write(PRE_SCALE, preScale)
        .write(MODE1, 0x20)
        .read([MODE1], [0x20, 0x04])
        .read([PRE_SCALE], [preScale])
}

/** A simulated chip whose OE is wired to a pin of the board, with a pull-up: HIGH until the board drives it. */
export function simulatedChip() {
    const state = { time: 0 }
    const now = () => state.time
    const bus = new SimulatedI2cBus({ frequency: 400_000, now })
    const warnings: string[] = []
    const chip = new Chip({ now, warn: message => warnings.push(message) })
    chip.outputEnableHigh = true
    bus.attach(0x40, chip)
    const levels: number[] = []
    const outputEnable: OutputPin = {
        write: level => {
            levels.push(level)
            chip.outputEnableHigh = level === 1
        },
    }
    const clock = {
        millis: () => Math.floor(state.time * 1000),
        sleep: async (ms: number) => {
            expect(ms).toBeGreaterThanOrEqual(1)
            state.time += ms / 1000
        },
    }
    return { bus, chip, clock, levels, outputEnable, state, warnings }
}
