/** A number or a choice that a fault of some kind has beside its time. */
export type FaultField =
    | { readonly unit: string; readonly min: number; readonly max: number; readonly default?: number }
    | { readonly choices: readonly string[]; readonly default?: string }

/** What a fault breaks: named in the robot's `plant.ts`, or nothing that needs a name. */
export type FaultTarget = 'chip' | 'i2c' | 'spi' | 'encoder' | 'imu' | 'motor' | 'wire' | 'contact' | 'controller'

export interface FaultKind {
    /** For people. */
    readonly what: string
    /** Which of the body's parts `target` names; absent when there is nothing to name. */
    readonly target?: FaultTarget
    /** False for what happens at an instant. */
    readonly lasts: boolean
    readonly fields: Readonly<Record<string, FaultField>>
}

const direction: FaultField = { choices: ['both', 'to-board', 'to-host'], default: 'both' }
const probability: FaultField = { unit: '', min: 0, max: 1, default: 1 }

/** Every kind of fault that can be injected, by the name it has in a fault file. */
export const FAULT_KINDS: Readonly<Record<string, FaultKind>> = {
    'link-drop': {
        what: 'chunks of the byte stream are lost: `unit` frame loses what one end wrote at once, byte loses single bytes',
        lasts: true,
        fields: { direction, probability, unit: { choices: ['frame', 'byte'], default: 'frame' } },
    },
    'link-delay': {
        what: 'bytes arrive later, in order: `delay` s, and up to `jitter` s more',
        lasts: true,
        fields: {
            direction,
            delay: { unit: 's', min: 0, max: 10, default: 0.05 },
            jitter: { unit: 's', min: 0, max: 10, default: 0 },
        },
    },
    'link-duplicate': {
        what: 'chunks arrive twice, the copy `delay` s after the first',
        lasts: true,
        fields: { direction, probability, delay: { unit: 's', min: 0, max: 10, default: 0 } },
    },
    'link-corrupt': {
        what: 'each byte has one bit flipped with this probability',
        lasts: true,
        fields: { direction, probability: { unit: '', min: 0, max: 1, default: 0.01 } },
    },
    'link-unplug': {
        what: "the port goes away for the host; the board keeps its power and the host's attempts to open it fail",
        lasts: true,
        fields: {},
    },
    'host-stall': {
        what: 'the host program stands still: no timer fires, nothing is read or written',
        lasts: true,
        fields: {},
    },
    'board-stall': {
        what: "the board's runtime makes no pass; its frames wait, its chips go on by themselves",
        lasts: true,
        fields: {},
    },
    'board-reset': { what: 'the processor is reset; the chips are not', lasts: false, fields: {} },
    'brown-out': {
        what: 'board and chips lose their logic supply, and start anew when it is back',
        lasts: true,
        fields: {},
    },
    'i2c-nack': {
        what: 'the chip does not acknowledge, each half of a transaction with this probability',
        target: 'i2c',
        lasts: true,
        fields: { probability },
    },
    'spi-corrupt': {
        what: 'each byte that the chip answers has one bit flipped with this probability',
        target: 'spi',
        lasts: true,
        fields: { probability },
    },
    'chip-reset': {
        what: 'the chip alone is reset, as by a glitch of its supply',
        target: 'chip',
        lasts: false,
        fields: {},
    },
    'encoder-freeze': {
        what: 'the encoder goes on telling the angle it had',
        target: 'encoder',
        lasts: true,
        fields: {},
    },
    'encoder-jump': {
        what: 'the encoder tells an angle that is off by `angle`',
        target: 'encoder',
        lasts: true,
        fields: { angle: { unit: 'rad', min: -1000, max: 1000, default: 1 } },
    },
    'imu-failure': {
        what: '`mode` silent: it does not acknowledge; frozen: it tells its last motion; reset: it loses its settings',
        target: 'imu',
        lasts: true,
        fields: { mode: { choices: ['silent', 'frozen', 'reset'], default: 'silent' } },
    },
    'contact-open': {
        what: 'the contact at an input is open: its button is pressed, or its wire broken',
        target: 'contact',
        lasts: true,
        fields: {},
    },
    'robot-tilt': {
        what: 'the robot leans forward by `angle`: its IMU feels gravity from there',
        target: 'imu',
        lasts: true,
        fields: { angle: { unit: 'rad', min: -4, max: 4, default: 1 } },
    },
    'motor-jam': { what: 'the motor is locked', target: 'motor', lasts: true, fields: {} },
    'motor-drag': {
        what: 'something rubs on the shaft, with a friction of `torque`',
        target: 'motor',
        lasts: true,
        fields: { torque: { unit: 'N·m', min: 0, max: 1000 } },
    },
    'controller-hot': {
        what: 'a driver of the motor controller is too hot: its outputs are off, and it says so',
        target: 'controller',
        lasts: false,
        fields: {},
    },
    'broken-wire': {
        what: "a motor's lead or a chip's bus wire is open",
        target: 'wire',
        lasts: true,
        fields: {},
    },
    'supply-sag': {
        what: 'the motor supply has this voltage',
        lasts: true,
        fields: { volts: { unit: 'V', min: 0, max: 100 } },
    },
}
