import { describe, expect, test } from 'vitest'
import { describePorts, findPort, listPorts } from '../../src/host/ports'

const pico = { path: '/dev/ttyACM0', vendorId: '2e8a', productId: '000a', serialNumber: 'E660' }
const espressif = { path: '/dev/ttyACM1', vendorId: '303a', productId: '1001' }
const modem = { path: '/dev/ttyACM2', vendorId: '1234', productId: '5678', manufacturer: 'Acme' }
const onBoard = { path: '/dev/ttyS0' }

describe('finding the board', () => {
    test.each([
        ['Raspberry Pi', '2e8a'],
        ['Espressif', '303a'],
        ['CP210x', '10c4'],
        ['CH34x', '1a86'],
        ['FTDI', '0403'],
        ['upper-case hex', '2E8A'],
    ])('takes the only port of a known vendor: %s', async (_, vendorId) => {
        const board = { path: '/dev/ttyUSB7', vendorId }
        expect(await findPort([onBoard, modem, board])).toBe(board)
    })

    test('with none of a known vendor names all that was seen', async () => {
        await expect(findPort([onBoard, modem])).rejects.toMatchObject({ code: 'no-port' })
        await expect(findPort([onBoard, modem])).rejects.toThrow('/dev/ttyS0, /dev/ttyACM2 (Acme, 1234:5678)')
        await expect(findPort([])).rejects.toThrow('Serial ports seen: none')
    })

    test('with several names them and asks for one', async () => {
        const failing = findPort([pico, modem, espressif])
        await expect(failing).rejects.toMatchObject({ code: 'no-port' })
        await expect(failing).rejects.toThrow(
            '/dev/ttyACM0 (Raspberry Pi (RP2040), 2e8a:000a, E660), /dev/ttyACM1 (Espressif (ESP32-S2, S3, C3), 303a:1001). Name one',
        )
    })
})

test('ports are described in one line', () => {
    expect(describePorts([onBoard, { path: 'COM3', vendorId: 'abcd' }])).toBe('/dev/ttyS0, COM3 (USB, abcd:????)')
})

test('this machine’s ports are listed in order, whatever tools it has', async () => {
    const paths = (await listPorts()).map(port => port.path)
    expect(paths).toEqual([...paths].sort())
})
