import { describe, expect, it } from 'vitest'
import { FlowYamlError, parseFlowYaml } from '../../src/cli/flow-yaml'

describe('a message on the command line', () => {
    it('is read as the ROS tools take it', () => {
        expect(parseFlowYaml('{linear: {x: 0.2, y: 0}, angular: {z: -1.5e-1}}')).toEqual({
            linear: { x: 0.2, y: 0 },
            angular: { z: -0.15 },
        })
    })

    it('may be JSON', () => {
        const value = { a: [1, -2.5, 1e3, true, false, null, 'x: [y], {z} #\n\\"ö'], b: {}, c: [], '': [[0]] }
        expect(parseFlowYaml(JSON.stringify(value, null, 2))).toEqual(value)
    })

    it.each([
        ['hello world', 'hello world'],
        ['  7 ', 7],
        ['+.5', 0.5],
        ['3.', 3],
        ['0x10', '0x10'],
        ['1-2', '1-2'],
        ['~', null],
        ['True', true],
        ["'it''s {x}'", "it's {x}"],
        ['"a\\u00e9\\tb"', 'aé\tb'],
        ["{'a b': 1, c d: e f}", { 'a b': 1, 'c d': 'e f' }],
        ['[1, two, [3], {four: 4}]', [1, 'two', [3], { four: 4 }]],
        ['[1, 2, ]', [1, 2]],
        ['{}', {}],
        ['{__proto__: 1}', Object.fromEntries([['__proto__', 1]])],
    ])('%s', (text, value) => expect(parseFlowYaml(text)).toStrictEqual(value))

    it.each([
        ['', /needed a value at character 1, found the end/],
        ['{x: 1', /needed "," or "}" at character 6, found the end/],
        ['{x 1}', /needed ":" after x 1 at character 5, found "}"/],
        ['{x: }', /needed a value at character 5, found "}"/],
        ['{: 1}', /needed a name at character 2, found ":"/],
        ['[1 2}', /needed "," or "\]" at character 5, found "}"/],
        ['{x: 1} y', /needed nothing more at character 8, found "y"/],
        ['"abc', /needed a closing " at character/],
        ['"\\u12"', /needed four hexadecimal digits/],
        ['a: 1', /needed nothing more at character 2, found ":"/],
    ])('refuses %s', (text, says) => {
        expect(() => parseFlowYaml(text)).toThrow(FlowYamlError)
        expect(() => parseFlowYaml(text)).toThrow(says)
    })
})
