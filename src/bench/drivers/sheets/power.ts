import type { DriverSheet } from './sheet'

const GOES_ON = 'Goes on measuring; nothing moves by it'

export const powerSheets: DriverSheet[] = [
    {
        part: 'INA219',
        file: 'devices/power/ina219.ts',
        bus: 'I2C',
        does: "measures a supply line's voltage and current",
        quantities: [
            { name: 'current', unit: 'A', range: '±3.2 with 0.1 Ω', resolution: '0.1 mA with 0.1 Ω (10 µV)' },
            { name: 'voltage', unit: 'V', range: '0 to 26', resolution: '4 mV' },
        ],
        operations: [{ name: 'Ina219 sample', does: 'reads current and voltage', eachTick: true }],
        chipRate: { most: 550, why: 'one value of each in at most 1.8 ms, as configured' },
        boardDies: GOES_ON,
        datasheet: {
            title: 'Texas Instruments INA219, SBOS448G, December 2015',
            link: 'https://www.ti.com/lit/ds/symlink/ina219.pdf',
        },
    },
    {
        part: 'INA226',
        file: 'devices/power/ina226.ts',
        bus: 'I2C',
        does: "measures a supply line's voltage and current",
        quantities: [
            { name: 'current', unit: 'A', range: '±8.19 with 10 mΩ', resolution: '0.25 mA with 10 mΩ (2.5 µV)' },
            { name: 'voltage', unit: 'V', range: '0 to 36', resolution: '1.25 mV' },
        ],
        operations: [{ name: 'Ina226 sample', does: 'reads current and voltage', eachTick: true }],
        chipRate: { most: 700, why: 'one value of each in 1.43 ms, as configured' },
        boardDies: GOES_ON,
        datasheet: {
            title: 'Texas Instruments INA226, SBOS547A, August 2015',
            link: 'https://www.ti.com/lit/ds/symlink/ina226.pdf',
        },
    },
]
