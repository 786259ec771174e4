import type { DriverSheet } from './sheet'

export const busSheets: DriverSheet[] = [
    {
        part: 'TCA9548A',
        file: 'devices/buses/tca9548a.ts',
        bus: 'I2C',
        does: 'connects one of eight buses, so that parts may share an address',
        quantities: [{ name: 'channel', unit: 'number', range: '0 to 7, or none', resolution: '1' }],
        operations: [{ name: 'Tca9548a select', does: 'connects another channel', eachTick: true }],
        chipRate: { most: Infinity, why: 'a channel connects with the stop condition' },
        boardDies: 'Keeps its channel; nothing moves by it',
        datasheet: {
            title: 'Texas Instruments TCA9548A, SCPS207F, November 2016',
            link: 'https://www.ti.com/lit/ds/symlink/tca9548a.pdf',
        },
    },
]
