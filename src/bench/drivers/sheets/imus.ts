import type { DriverSheet } from './sheet'

const GOES_ON = 'Goes on measuring; nothing moves by it'

export const imuSheets: DriverSheet[] = [
    {
        part: 'LSM6DSOX',
        file: 'devices/imus/lsm6dsox.ts',
        bus: 'I2C',
        does: 'measures acceleration and angular velocity',
        quantities: [
            {
                name: 'specific force',
                unit: 'm/s²',
                range: '±19.6 to ±157 (2 g to 16 g)',
                resolution: '0.6 mm/s² at 2 g',
            },
            {
                name: 'angular velocity',
                unit: 'rad/s',
                range: '±2.18 to ±34.9 (125 °/s to 2000 °/s)',
                resolution: '76 µrad/s at 125 °/s',
            },
        ],
        operations: [{ name: 'Lsm6dsox sample', does: 'reads all six axes', eachTick: true }],
        chipRate: { most: 6664, why: 'its fastest output data rate; 208 Hz by default' },
        boardDies: GOES_ON,
        datasheet: {
            title: 'STMicroelectronics LSM6DSOX, datasheet DS12814',
            link: 'https://www.st.com/resource/en/datasheet/lsm6dsox.pdf',
        },
    },
    {
        part: 'MPU-6050',
        file: 'devices/imus/mpu6050.ts',
        bus: 'I2C',
        does: 'measures acceleration and angular velocity',
        quantities: [
            {
                name: 'specific force',
                unit: 'm/s²',
                range: '±19.6 to ±157 (2 g to 16 g)',
                resolution: '0.6 mm/s² at 2 g',
            },
            {
                name: 'angular velocity',
                unit: 'rad/s',
                range: '±4.36 to ±34.9 (250 °/s to 2000 °/s)',
                resolution: '133 µrad/s at 250 °/s',
            },
        ],
        operations: [{ name: 'Mpu6050 sample', does: 'reads all six axes', eachTick: true }],
        chipRate: { most: 1000, why: 'its sample rate with the filter on; 167 Hz by default' },
        boardDies: GOES_ON,
        datasheet: { title: 'InvenSense MPU-6000/MPU-6050, product specification Rev 3.4, register map Rev 4.2' },
    },
]
