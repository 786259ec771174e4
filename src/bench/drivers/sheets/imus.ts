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
    {
        part: 'ICM-20948',
        file: 'devices/imus/icm20948.ts',
        bus: 'I2C',
        does: 'measures acceleration, angular velocity and magnetic field',
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
            { name: 'magnetic field', unit: 'T', range: '±4.9 mT', resolution: '0.15 µT' },
        ],
        operations: [
            { name: 'Icm20948 sample', does: 'reads all six axes', eachTick: true },
            { name: 'Icm20948 sampleField', does: 'reads the magnetometer, 100 Hz at most', eachTick: false },
        ],
        chipRate: { most: 1125, why: 'its sample rate with the filter on; 225 Hz by default' },
        boardDies: GOES_ON,
        datasheet: { title: 'TDK InvenSense ICM-20948, DS-000189 Rev 1.3' },
    },
    {
        part: 'BNO055',
        file: 'devices/imus/bno055.ts',
        bus: 'I2C',
        does: 'measures orientation, acceleration and angular velocity by its own fusion',
        quantities: [
            { name: 'orientation', unit: 'quaternion', range: 'all', resolution: '1/16384' },
            { name: 'specific force', unit: 'm/s²', range: '±39.2 (4 g)', resolution: '10 mm/s²' },
            { name: 'angular velocity', unit: 'rad/s', range: '±34.9 (2000 °/s)', resolution: '1.1 mrad/s' },
        ],
        operations: [
            { name: 'Bno055 sample', does: 'reads all nine axes', eachTick: true },
            { name: 'Bno055 sampleOrientation', does: 'reads the quaternion', eachTick: false },
        ],
        chipRate: { most: 100, why: "its fusion's rate" },
        boardDies: GOES_ON,
        datasheet: { title: 'Bosch Sensortec BNO055, BST-BNO055-DS000-14 Rev 1.4' },
    },
]
