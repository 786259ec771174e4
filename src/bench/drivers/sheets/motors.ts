import type { DriverSheet } from './sheet'

const HOLDS_LAST =
    'Goes on with its last output for ever. Wire its output-enable pin so that it is LOW only while the board lives ' +
    '(docs/servos.md)'
const PCA9685 = {
    title: 'NXP PCA9685, product data sheet, Rev. 4, 16 April 2015',
    link: 'https://www.nxp.com/docs/en/data-sheet/PCA9685.pdf',
}

export const motorSheets: DriverSheet[] = [
    {
        part: 'Pololu Motoron M1T, M2T, M2S, M2H, M3S, M3H (550, 256 and larger)',
        file: 'devices/motors/motoron.ts',
        bus: 'I2C',
        does: 'drives one to three brushed motors and measures their supply',
        quantities: [
            { name: 'effort', unit: 'of the supply voltage', range: '-1 to 1', resolution: '1/800' },
            {
                name: 'motor supply',
                unit: 'V',
                range: '0 to 75.2, or 33.0 of the 550 class (with 3.3 V logic; what the model bears is less)',
                resolution: '0.072, or 0.031 of the 550 class',
            },
        ],
        operations: [
            { name: 'Motoron write', does: 'sets the efforts of two motors', eachTick: true },
            { name: 'Motoron readStatus', does: 'reads faults and motor supply', eachTick: false },
        ],
        chipRate: { most: 100, why: 'it takes a new speed each 10 ms (not found in a primary source)' },
        boardDies:
            'Stops its motors by itself when it heard nothing for its command timeout (4 ms to 65 s, 100 ms here)',
        stopsByItself: true,
        datasheet: {
            title: "Pololu Motoron Motor Controller User's Guide",
            link: 'https://www.pololu.com/docs/0J84',
        },
    },
    {
        part: 'Pololu Motoron M2S, M2H: current',
        file: 'devices/motors/motoron-current.ts',
        bus: 'I2C',
        does: "measures the currents of a high-power Motoron's two motors",
        quantities: [
            {
                name: 'current',
                unit: 'A',
                range: 'as the model bears; no sign of its own: that of the duty',
                resolution: '0.16 (18v18, 24v14) or 0.32 (18v20, 24v16) over the duty, with 3.3 V logic',
            },
        ],
        operations: [{ name: 'MotoronCurrent read', does: "reads one motor's current", eachTick: false }],
        chipRate: { most: 100, why: 'of the same updates as its speeds (not found in a primary source)' },
        boardDies: 'As the Motoron: it stops its motors by itself',
        stopsByItself: true,
        datasheet: {
            title: "Pololu Motoron Motor Controller User's Guide, and Pololu's library",
            link: 'https://github.com/pololu/motoron-arduino',
        },
    },
    {
        part: 'PCA9685 with hobby servos',
        file: 'devices/motors/pca9685.ts',
        bus: 'I2C',
        does: 'sends up to 16 servos to positions',
        quantities: [
            {
                name: 'position',
                unit: 'rad',
                range: 'as calibrated, pulses of 0.3 ms to 3 ms',
                resolution: '4.88 µs of pulse at 50 Hz: 8 mrad where 1 ms turns 90°',
            },
        ],
        operations: [
            { name: 'Pca9685Servos write', does: 'sends three servos to new positions', eachTick: true },
            { name: 'Pca9685Servos check', does: 'asks whether it is still configured', eachTick: false },
        ],
        chipRate: { most: 50, why: 'a new pulse is used from the next period on; 40 Hz to 333 Hz by configuration' },
        boardDies: HOLDS_LAST,
        stopsByItself: false,
        datasheet: PCA9685,
    },
    {
        part: 'PCA9685 with H-bridges (DRV8833, DRV8871, TB6612, …)',
        file: 'devices/motors/pca9685-bridges.ts',
        bus: 'I2C',
        does: 'drives one to three brushed motors',
        quantities: [
            {
                name: 'effort',
                unit: 'of the supply voltage',
                range: '-1 to 1',
                resolution: '1/4096, of 1 kHz by default',
            },
        ],
        operations: [
            { name: 'Pca9685Bridges write', does: 'sets the efforts of two motors', eachTick: true },
            { name: 'Pca9685Bridges readStatus', does: 'asks whether it is still configured', eachTick: false },
        ],
        chipRate: { most: 1000, why: 'a new duty is used from the next period on' },
        boardDies: HOLDS_LAST,
        stopsByItself: false,
        datasheet: PCA9685,
    },
    {
        part: 'PCA9685 with speed controllers (ESCs)',
        file: 'devices/motors/pca9685-escs.ts',
        bus: 'I2C',
        does: 'sets the throttle of one to three ESCs, after arming them',
        quantities: [
            {
                name: 'throttle',
                unit: 'of full speed',
                range: '-1 to 1, or 0 to 1 of an ESC that turns one way',
                resolution: '1/205 of 1 ms at 50 Hz, 1/1639 at 400 Hz',
            },
        ],
        operations: [
            { name: 'Pca9685Escs write', does: 'sets two throttles', eachTick: true },
            { name: 'Pca9685Escs readStatus', does: 'asks whether it is still configured', eachTick: false },
        ],
        chipRate: { most: 50, why: 'a new pulse is used from the next period on; 40 Hz to 400 Hz by configuration' },
        boardDies: HOLDS_LAST,
        stopsByItself: false,
        datasheet: PCA9685,
    },
    {
        part: 'DRV8830',
        file: 'devices/motors/drv8830.ts',
        bus: 'I2C',
        does: 'holds a voltage at one to three small brushed motors, whatever the battery gives',
        quantities: [
            {
                name: 'effort',
                unit: 'of `voltageMax`',
                range: '-1 to 1; nothing between 0 and ±0.48 V',
                resolution: '80 mV',
            },
        ],
        operations: [
            { name: 'Drv8830Motors write', does: 'sets the efforts of two motors', eachTick: true },
            { name: 'Drv8830Motors readStatus', does: 'reads the faults of two motors', eachTick: false },
        ],
        chipRate: { most: 1000, why: 'it takes a voltage with the write' },
        boardDies: 'Goes on with its last output for ever, and has no pin against that: cut its supply',
        stopsByItself: false,
        datasheet: {
            title: 'Texas Instruments DRV8830, SLVSAB2G, December 2015',
            link: 'https://www.ti.com/lit/ds/symlink/drv8830.pdf',
        },
    },
    {
        part: "the runtime's own motors (startMotor)",
        file: 'devices/motors/native-motors.ts',
        bus: 'pins',
        does: 'drives one to three brushed motors by H-bridges on pins of the board',
        quantities: [
            {
                name: 'effort',
                unit: 'of the supply voltage',
                range: '-1 to 1',
                resolution: '1/512, rising by a 32nd each 9 ms: 0.29 s to full',
            },
        ],
        operations: [{ name: 'NativeMotors write', does: 'says what two motors are to do', eachTick: true }],
        chipRate: {
            most: 15,
            why: 'with two motors: an update is a packet of the 50 a second that the runtime sends in all, telemetry and answers among them',
        },
        boardDies: 'Goes on with its last output for ever: put a watchdog in front of the enable pin',
        stopsByItself: false,
        datasheet: {
            title: 'jacdac-c, services/motor.c',
            link: 'https://github.com/microsoft/jacdac-c/blob/main/services/motor.c',
        },
    },
    {
        part: "the runtime's own servos (startServo)",
        file: 'devices/motors/native-servos.ts',
        bus: 'pins',
        does: 'sends hobby servos on pins of the board to positions',
        quantities: [
            {
                name: 'position',
                unit: 'rad',
                range: 'as calibrated, pulses up to 6 ms',
                resolution: '1 µs of pulse at 50 Hz: 1.6 mrad where 1 ms turns 90°',
            },
        ],
        operations: [{ name: 'NativeServos write', does: 'says where three servos are to go', eachTick: true }],
        chipRate: { most: 11, why: 'with three servos: an update is a packet, as with the motors' },
        boardDies: 'Goes on holding its last position',
        stopsByItself: false,
        datasheet: {
            title: 'jacdac-c, services/servo.c',
            link: 'https://github.com/microsoft/jacdac-c/blob/main/services/servo.c',
        },
    },
]
