import type { DriverSheet } from './sheet'

const AS5600 = { title: 'ams AS5600, datasheet [v1-06], 20 June 2018' }
const ANGLE_12_BITS = { name: 'angle', unit: 'rad', range: '0 to 2π, absolute', resolution: '1.53 mrad (12 bits)' }
const SLOW_FILTER = { most: 450, why: 'its filter settles in 2.2 ms at most' }

export const encoderSheets: DriverSheet[] = [
    {
        part: 'AS5600',
        file: 'devices/encoders/as5600.ts',
        bus: 'I2C',
        does: "measures a shaft's angle by a magnet",
        quantities: [ANGLE_12_BITS],
        operations: [{ name: 'As5600 sample', does: 'reads the angle', eachTick: true }],
        chipRate: SLOW_FILTER,
        boardDies: 'Goes on measuring; nothing moves by it',
        datasheet: AS5600,
    },
    {
        part: 'several AS5600 behind a TCA9548A',
        file: 'devices/encoders/as5600-bank.ts',
        bus: 'I2C',
        does: "measures several shafts' angles",
        quantities: [ANGLE_12_BITS],
        operations: [
            { name: 'As5600Bank sample', does: 'reads two angles', eachTick: true },
            { name: 'As5600Bank check', does: 'asks one encoder for its magnet', eachTick: false },
        ],
        chipRate: SLOW_FILTER,
        boardDies: 'Goes on measuring; nothing moves by it',
        datasheet: AS5600,
    },
    {
        part: 'AS5048B',
        file: 'devices/encoders/as5048b.ts',
        bus: 'I2C',
        does: "measures a shaft's angle by a magnet",
        quantities: [{ name: 'angle', unit: 'rad', range: '0 to 2π, absolute', resolution: '0.38 mrad (14 bits)' }],
        operations: [{ name: 'As5048b sample', does: 'reads diagnostics, magnitude and angle', eachTick: true }],
        chipRate: { most: 11_250, why: 'its sampling rate (10.2 kHz to 12.4 kHz)' },
        boardDies: 'Goes on measuring; nothing moves by it',
        datasheet: { title: 'ams AS5048A/AS5048B, datasheet [v1-06], 5 June 2014' },
    },
    {
        part: 'several AS5048B',
        file: 'devices/encoders/as5048b-bank.ts',
        bus: 'I2C',
        does: "measures several shafts' angles",
        quantities: [{ name: 'angle', unit: 'rad', range: '0 to 2π, absolute', resolution: '0.38 mrad (14 bits)' }],
        operations: [{ name: 'As5048bBank sample', does: 'reads two encoders, each with its flags', eachTick: true }],
        chipRate: { most: 11_250, why: 'its sampling rate (10.2 kHz to 12.4 kHz)' },
        boardDies: 'Goes on measuring; nothing moves by it',
        datasheet: { title: 'ams AS5048A/AS5048B, datasheet [v1-06], 5 June 2014' },
    },
    {
        part: 'LS7366R',
        file: 'devices/encoders/ls7366r.ts',
        bus: 'SPI',
        does: 'counts the edges of quadrature encoders',
        quantities: [
            {
                name: 'angle',
                unit: 'rad',
                range: '0 to 2π, from where it starts',
                resolution: "the encoder's, four counts a cycle",
            },
        ],
        operations: [{ name: 'Ls7366rBank sample', does: 'takes what was read before the tick', eachTick: true }],
        chipRate: { most: 200, why: 'two counters are read before the tick, 0.6 ms each (docs/spi.md)' },
        boardDies: 'Goes on counting; nothing moves by it',
        datasheet: { title: 'LSI Computer Systems LS7366R, datasheet of June 2014' },
    },
    {
        part: "the runtime's own quadrature encoders (startRotaryEncoder)",
        file: 'devices/encoders/native-encoders.ts',
        bus: 'pins',
        does: 'counts the edges of slow quadrature encoders on pins of the board',
        quantities: [
            {
                name: 'angle',
                unit: 'rad',
                range: '0 to 2π, from where it starts; up to 200 edges a second, beyond which it loses counts unnoticed',
                resolution: "the encoder's, a count a cycle, or two (`dense`)",
            },
        ],
        operations: [{ name: 'NativeEncoders sample', does: 'takes what two encoders reported', eachTick: true }],
        chipRate: { most: 25, why: 'it reports each 20 ms at most' },
        boardDies: 'Goes on counting; nothing moves by it',
        datasheet: {
            title: 'jacdac-c, services/rotaryencoder.c',
            link: 'https://github.com/microsoft/jacdac-c/blob/main/services/rotaryencoder.c',
        },
    },
]
