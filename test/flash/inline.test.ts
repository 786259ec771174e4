import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { callsIn, inline, load, type Sources } from './inline-fixtures/harness'

/** The files of a directory of fixtures. */
function fixture(name: string): Sources {
    const directory = new URL(`./inline-fixtures/${name}/`, import.meta.url)
    const files = readdirSync(directory).filter(file => file.endsWith('.ts'))
    return Object.fromEntries(files.map(file => [file, readFileSync(new URL(file, directory), 'utf8')]))
}

test('a call becomes its body on its own line, and every other line stays where it was', () => {
    const log = `export function log(value: number): void {
    value++
}
`
    const { texts, inlined, refused, errors } = inline({
        'log.ts': log,
        'main.ts': `import { Filter } from './filter'
import { log } from './log'
export function smooth(filter: Filter, value: number): number {
    filter.add(
        value, // newest
        2 * value
    )
    log(filter.mean)
    return filter.mean
}
`,
        'filter.ts': `const HALF = 0.5
export class Filter {
    mean = 0
    private count = 0
    /**
     * @inline
     */
    add(first: number, second: number): void {
        // The mean so far counts for one.
        const sum = first + second
        this.mean = (this.mean + sum * HALF) / 2
        this.count++
    }
}
`,
    })
    expect(texts).toEqual({
        'log.ts': log,
        'main.ts': `import { Filter } from './filter'
import { log } from './log'; import { HALF as HALF_1 } from './filter'
export function smooth(filter: Filter, value: number): number {
    { const second_1 = 2 * value; const sum_1 = value + second_1; filter.mean = (filter.mean + sum_1 * HALF_1) / 2; filter.count++; }



    log(filter.mean)
    return filter.mean
}
`,
        'filter.ts': `export const HALF = 0.5
export class Filter {
    mean = 0
    public count = 0
    /** @devsWhenUsed
     * @inline
     */
    add(first: number, second: number): void {
        // The mean so far counts for one.
        const sum = first + second
        this.mean = (this.mean + sum * HALF) / 2
        this.count++
    }
}
`,
    })
    expect(inlined).toEqual([{ callee: 'Filter.add', caller: 'smooth', file: 'main.ts', line: 4 }])
    expect(refused).toEqual([])
    expect(errors).toEqual([])
})

describe('a robot behind interfaces, four calls deep', () => {
    const sources = fixture('robot')
    const result = inline(sources)

    test('the loop calls nothing that is marked', () => {
        expect(result.refused).toEqual([])
        expect(result.inlined.map(({ callee, caller }) => `${callee} in ${caller}`)).toEqual([
            'Robot.tick in Loop.run',
            'Robot.sense in Robot.tick',
            'estimate in Robot.tick',
            'control in Robot.tick',
            'Robot.act in Robot.tick',
            'Recorder.add in Robot.tick',
            'Encoder.sample in Robot.sense',
            'Bridge.write in Robot.act',
        ])
        const loop = result.texts['main.ts'].slice(0, result.texts['main.ts'].indexOf('/** Runs a robot'))
        expect([...new Set(callsIn(loop))].sort()).toEqual(['damped_1', 'join', 'push', 'stop', 'transfer'])
    })

    test('the type checker finds nothing wrong with it', () => expect(result.errors).toEqual([]))

    test('every file keeps its lines', () => {
        for (const [file, text] of result.files) {
            const [before, after] = [sources[file].split('\n'), text.split('\n')]
            expect(after.length, file).toBe(before.length)
            const kept = before.filter((line, i) => after[i] === line)
            expect(kept.length, file).toBeGreaterThan(before.length / 2)
        }
    })

    test('it does the same to the bit', () => {
        type Program = { run(answers: number[], goals: number[], mode: number): unknown }
        const before = load<Program>(sources)
        const after = load<Program>(result.texts)
        const answer = fc.oneof({ weight: 4, arbitrary: fc.nat(4095) }, { weight: 1, arbitrary: fc.constant(-1) })
        const goals = fc.array(fc.double({ min: -1e3, max: 1e3 }), { maxLength: 20 })
        fc.assert(
            fc.property(fc.array(answer, { maxLength: 9 }), goals, fc.nat(2), (answers, goal, mode) => {
                expect(after.run(answers, goal, mode)).toEqual(before.run(answers, goal, mode))
            }),
        )
    })
})

test('every form of a call gives the same', () => {
    const sources = fixture('forms')
    const result = inline(sources)
    expect(result.errors).toEqual([])
    expect(result.refused).toEqual([])
    const calls = new Set(callsIn(result.texts['main.ts']))
    // What is not marked.
    expect([...calls].sort()).toEqual(['add', 'early', 'floor', 'later', 'order', 'push'])
    type Program = { run(a: number, b: number): unknown }
    const before = load<Program>(sources)
    const after = load<Program>(result.texts)
    for (const a of [-2, -1, -0, 0, 0.5, 1, 2, 3, NaN, Infinity]) {
        for (const b of [-1, 0, 1, 2.5]) expect(after.run(a, b), `${a}, ${b}`).toEqual(before.run(a, b))
    }
})
