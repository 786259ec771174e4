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
]
