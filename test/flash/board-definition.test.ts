import { describe, expect, test } from 'vitest'
import { checkBoard } from '../../src/flash/board-check'
import { listBoards, loadBoard, parseBoard } from '../../src/flash/board-definition'
import { listRobots } from '../../src/flash/build'
import { robotNeeds } from '../../src/cli/robot-board'

const file = {
    devName: 'Test board, tendon wiring',
    productId: '0x3a7e0d7f',
    archId: 'rp2040',
    $host: 'USB',
    i2c: { pinSDA: 4, pinSCL: 5, kHz: 400 },
    pins: { GP6: 6 },
}
const rover = { robot: 'rover', i2cFrequency: 400_000 }
const problems = (changes: object, needs = rover as Parameters<typeof checkBoard>[1]) => {
    try {
        checkBoard(parseBoard('test', { ...file, ...changes }), needs)
    } catch (error) {
        return (error as Error).message
    }
    return undefined
}

describe('boards', () => {
    test('there is one for each board that people have on their desks', async () => {
        expect(await listBoards()).toEqual([
            'esp32_devkit_c',
            'esp32c3_devkit_m',
            'esp32c3_xiao',
            'esp32s2_saola',
            'esp32s3_devkit',
            'pico',
            'pico_w',
        ])
    })

    test('each carries every robot that it has the pins for, on I2C at 400 kHz, with ids of its own', async () => {
        const products = new Set()
        for (const id of await listBoards()) {
            const board = await loadBoard(id)
            products.add(board.settings.productId)
            expect(board.i2c?.kHz).toBe(400)
            for (const pin of [board.i2c?.sda, board.i2c?.scl]) expect(board.terminals[`${pin}`]).toBeTruthy()
            for (const robot of await listRobots()) {
                // Five pins of SPI are more than the XIAO has left.
                if (id === 'esp32c3_xiao' && robot === 'courier') continue
                checkBoard(board, await robotNeeds(robot))
            }
        }
        expect(products.size).toBe(7)
    })

    test('one that does not exist is refused with those that do', async () => {
        await expect(loadBoard('teensy')).rejects.toThrow('board "teensy" is not known; there are: esp32_devkit_c')
    })
})

describe('the check of a board', () => {
    test('accepts a sound one', () => expect(problems({})).toBeUndefined())

    test.each([
        ['a pin used twice', { pins: { GP5: 5 } }, 'GPIO 5 is used twice, by i2c.pinSCL and pins.GP5'],
        ['one GPIO under two names', { pins: { A: 6, B: 6 } }, 'GPIO 6 is used twice, by pins.A and pins.B'],
        [
            'a pin that the RP2040 has not',
            { pins: { GP30: 30 } },
            'pins.GP30 is GPIO 30, which the RP2040 does not have',
        ],
        ['a pin of the board itself', { pins: { GP23: 23 } }, "GPIO 23, which belongs to the Pico's voltage regulator"],
        [
            'SDA and SCL exchanged',
            { i2c: { pinSDA: 5, pinSCL: 4 } },
            'i2c.pinSDA is GPIO 5, which can only be SCL of I2C0',
        ],
        ['two peripherals', { i2c: { pinSDA: 4, pinSCL: 7, kHz: 400 } }, 'different peripherals, I2C0 and I2C1'],
        ['a missing bus', { i2c: undefined }, 'needs an I2C bus, and the board defines none'],
        [
            'another frequency',
            { i2c: { pinSDA: 4, pinSCL: 5 } },
            "robot's bus runs at 400 kHz (robot.ts, i2c.frequency), the board's at 100 kHz",
        ],
        [
            'an input as bus',
            { archId: 'esp32', i2c: { pinSDA: 34, pinSCL: 22, kHz: 400 } },
            'i2c.pinSDA is GPIO 34, which on the ESP32 is an input only',
        ],
        [
            'a hole in the numbers',
            { archId: 'esp32', i2c: { pinSDA: 20, pinSCL: 22, kHz: 400 } },
            'GPIO 20, which the ESP32 does not have',
        ],
        ["the flash's pins", { archId: 'esp32c3', pins: { P12: 12 } }, 'GPIO 12, which belongs to the flash'],
        ["USB's pins", { archId: 'esp32s3', pins: { P19: 19 } }, 'GPIO 19, which belongs to USB'],
    ])('refuses %s by name', (_, changes, message) => expect(problems(changes)).toContain(message))

    test('names every problem at once', () => {
        expect(problems({ pins: { A: 6, B: 6, C: 99 } })).toMatch(/pins.C is GPIO 99.*GPIO 6 is used twice/)
    })

    test('refuses a robot that wants a pin the board does not bring out', () => {
        const pins = [{ name: 'enable', use: 'output', pin: 'GP9' }] as const
        expect(problems({}, { ...rover, pins })).toContain('enable is on pin "GP9"; the board has: GP6')
    })

    test('refuses a robot that uses a pin twice', () => {
        const pin = (name: string) => ({ name, use: 'input', pin: 'GP6' }) as const
        const message = problems({}, { ...rover, pins: [pin('bumper'), pin('button')] })
        expect(message).toContain('GPIO 6 is used twice, by bumper and button')
    })
})

test.each([
    [{ archId: 'stm32' }, 'archId is "stm32"; allowed: rp2040'],
    [{ productId: '0x1' }, 'productId is "0x1"'],
    [{ i2c: { pinSDA: 4, kHz: 400 } }, 'i2c.pinSCL is missing'],
    [{ i2c: { pinSDA: 4, pinSCL: 5, kHz: 4000 } }, 'i2c.kHz is 4000; allowed: 10 to 1000'],
    [{ pins: { GP6: '6' } }, 'pins.GP6 is "6"'],
    [{ devName: '' }, 'devName is ""'],
])('a file with %j is refused by the key', (changes, message) => {
    expect(() => parseBoard('test', { ...file, ...changes })).toThrow(message)
})
