import { describe, expect, it } from 'vitest'
import { messageText } from '../../src/cli/message-text'
import { span, table } from '../../src/cli/output'
import { TrailMap } from '../../src/cli/trail-map'

describe('a message for people', () => {
    it('is YAML with short lists on a line', () => {
        const message = {
            header: { stamp: { sec: 3, nanosec: 40 }, frame_id: 'base_link' },
            name: ['left', 'right'],
            position: [0.5, -1],
            status: [
                { level: 0, message: '', values: [{ key: 'a', value: '1: 2' }] },
                { level: 1, message: 'late', values: [] },
            ],
        }
        expect(messageText(message)).toEqual([
            'header:',
            '  stamp:',
            '    sec: 3',
            '    nanosec: 40',
            '  frame_id: base_link',
            'name: [left, right]',
            'position: [0.5, -1]',
            'status:',
            '  - level: 0',
            '    message: ""',
            '    values:',
            '      - key: a',
            '        value: "1: 2"',
            '  - level: 1',
            '    message: late',
            '    values: []',
        ])
    })

    it.each([
        [null, 'null'],
        [true, 'true'],
        ['true', '"true"'],
        ['7', '"7"'],
        [[], '[]'],
    ])('%j alone', (value, text) => expect(messageText(value)).toEqual([text]))
})

describe('tables', () => {
    it('align their columns', () => {
        expect(
            table(
                [
                    ['a', '1', 'x'],
                    ['bcd', '20', ''],
                ],
                [1],
            ),
        ).toEqual(['a     1  x', 'bcd  20'])
    })

    it('show what was not measured as a dash', () => {
        expect(span({ min: 8.906, mean: 10, max: 11.25 })).toBe('8.91 / 10.00 / 11.25 ms')
        expect(span({ min: Infinity, mean: NaN, max: -Infinity })).toBe('- / - / - ms')
    })
})

describe('the map', () => {
    // One character, 2 by 4 dots, 4 m high: a dot is 1 m. Ahead is up, left is left; from below right.
    const view = { x: 0, y: 0, size: 4 }

    it.each([
        [0.5, 0.5, 0x80],
        [0.5, 1.5, 0x40],
        [1.5, 0.5, 0x20],
        [3.5, 0.5, 0x08],
        [3.5, 1.5, 0x01],
    ])('puts (%d, %d) at its dot', (x, y, bit) => {
        const map = new TrailMap(1, 1, view)
        map.add(x, y)
        expect(map.draw({ x: -1, y: -1, heading: 0 })).toEqual([String.fromCharCode(0x2800 + bit)])
    })

    it('leaves out what is outside', () => {
        const map = new TrailMap(1, 1, view)
        for (const [x, y] of [
            [-0.1, 1],
            [4.1, 1],
            [1, -0.1],
            [1, 2.1],
        ])
            map.add(x, y)
        expect(map.draw({ x: 9, y: 9, heading: 0 })).toEqual(['\u2800'])
    })

    it.each([
        [0, '↑'],
        [Math.PI / 2, '←'],
        [Math.PI, '↓'],
        [-Math.PI / 2, '→'],
        [2 * Math.PI + 0.8, '↖'],
    ])('shows a robot that heads to %d', (heading, nose) => {
        expect(new TrailMap(1, 1, view).draw({ x: 1, y: 1, heading })).toEqual([nose])
    })
})
