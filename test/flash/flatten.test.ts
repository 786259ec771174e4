import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { flatten, load, type Sources } from './inline-fixtures/harness'

/** A program that makes one `Counter` and uses it in another file. */
const counter = (use: string, extra = ''): Sources => ({
    'counter.ts': `export class Counter {
    readonly step = 2
    private total = 0
    constructor(
        private readonly start: number,
    ) {}
    add(times: number): void {
        this.total += times * this.step
    }
    sum(): number {
        return this.start + this.total
    }
}
`,
    'main.ts': `import { Counter } from './counter'
${use}
${extra}`,
})
const once = `const counter = new Counter(5)
export function run(times: number): number {
    counter.add(times)
    return counter.sum()
}`

test('the fields of the only object of a class become variables, and every line stays', () => {
    const sources = counter(once)
    const { texts, variables } = flatten(sources)
    expect(variables).toEqual(['Counter.start', 'Counter.step', 'Counter.total'])
    expect(texts['counter.ts'].replace(/ +$/gm, '')).toBe(`// @ts-nocheck
export let Counter_start_1: number, Counter_step_1: number, Counter_total_1: number; export class Counter {;

    constructor(
        start: number,
    ) { Counter_start_1 = start; Counter_step_1 = 2; Counter_total_1 = 0;}
    add(times: number): void {
        Counter_total_1 += times * Counter_step_1
    }
    sum(): number {
        return Counter_start_1 + Counter_total_1
    }
}
`)
    const [before, after] = [load<{ run(n: number): number }>(sources), load<{ run(n: number): number }>(texts)]
    for (const times of [1, -3, 0.5]) expect(after.run(times)).toBe(before.run(times))
})

describe('fields stay', () => {
    const kept = (sources: Sources) => {
        const { variables, texts } = flatten(sources)
        type Program = { run(n: number): unknown }
        expect(load<Program>(texts).run(3)).toEqual(load<Program>(sources).run(3))
        return variables
    }
    test('when a second object is made', () =>
        expect(kept(counter(once, 'export const other = new Counter(1)'))).toEqual([]))
    test('when the object is made in a loop', () =>
        expect(
            kept(
                counter(`const all: Counter[] = []
for (let i = 0; i < 2; i++) all.push(new Counter(i))
export function run(times: number): number {
    all[0].add(times)
    return all[0].sum() + all[1].sum()
}`),
            ),
        ).toEqual([]))
    test('when the object is made in a function that is called twice', () =>
        expect(
            kept(
                counter(`function make(): Counter {
    return new Counter(1)
}
const [a, b] = [make(), make()]
export function run(times: number): number {
    a.add(times)
    return a.sum() + b.sum()
}`),
            ),
        ).toEqual([]))
    test('when the object is copied', () =>
        expect(kept(counter(once + '\nexport const copy = { ...counter }'))).toEqual([]))
    test('when the class is extended', () =>
        expect(kept(counter(once, 'export class Other extends Counter {}'))).toEqual([]))
    test('when something else may stand where one is read', () =>
        expect(
            kept(
                counter(`interface Step { readonly step: number }
const counter = new Counter(5)
const other: Step = { step: 7 }
const steps: Step[] = [counter, other]
export function run(times: number): number {
    counter.add(times)
    return counter.sum() + steps[0].step + steps[1].step
}`),
            ),
        ).toEqual(['Counter.start', 'Counter.total']))
    test('when an object with a field of that name is read, but never this one, they still move', () =>
        expect(
            kept(
                counter(`const counter = new Counter(5)
const other = { step: 7, start: 2 }
export function run(times: number): number {
    counter.add(times)
    return counter.sum() + other.step + other.start
}`),
            ),
        ).toEqual(['Counter.start', 'Counter.step', 'Counter.total']))
})

test('a loop over what is known is written out; one whose length may change stays', () => {
    const sources: Sources = {
        'main.ts': `const gains = [1, 2, 3]
const grown: number[] = []
grown.push(1)
/** @inline */
function sum(values: number[], offset: number): number {
    let total = 0
    for (let i = 0; i < gains.length; i++) total += gains[i] * offset
    for (let i = 0; i < grown.length; i++) total += grown[i]
    for (let i = 0; i < 9; i++) total += i
    for (let i = 0; i < 2; i++) {
        if (values.length > 100) break
        total++
    }
    return total
}
export function run(offset: number): number {
    const total = sum(grown, offset)
    return total
}
`,
    }
    const { texts, unrolled } = flatten(sources)
    // Written where it stands too, in \`sum\` itself.
    expect(unrolled).toBe(2)
    type Program = { run(n: number): number }
    expect(load<Program>(texts).run(0.25)).toBe(load<Program>(sources).run(0.25))
    expect(texts['main.ts'].match(/for \(/g)?.length).toBe(6)
})

describe('elements of arrays', () => {
    const sources = (
        more: string,
        loop = 'for (let i = 0; i < this.count; i++) this.state[i] += this.gain[i] * input[i]',
    ): Sources => ({
        'main.ts': `const gains = [2, 3]
class Filters {
    readonly count: number
    readonly gain: number[] = []
    readonly state: number[] = []
    constructor(readonly config: number[], readonly input: number[]) {
        this.count = config.length
        for (const gain of config) {
            this.gain.push(gain)
            this.state.push(1)
        }
    }
    /** @inline */
    step(input: number[]): void {
        ${loop}
    }
    /** @inline */
    sum(): number {
        return this.state[0] + 10 * this.state[1] + this.input[0] + this.input[1]
    }
}
const input = [1, 2]
const filters = new Filters(gains, input)
export function run(value: number): number {
    input[0] = value
    filters.step(input)
    const sum = filters.sum()
    return sum
}
${more}`,
    })
    const arraysOf = (program: Sources) => {
        const { texts, arrays } = flatten(program)
        type Program = { run(n: number): number }
        const [before, after] = [load<Program>(program), load<Program>(texts)]
        for (const value of [1, -2.5, 4]) expect(after.run(value)).toBe(before.run(value))
        return arrays
    }
    test('become variables when only constants index them, but not those that others hold, too', () =>
        expect(arraysOf(sources(''))).toEqual(['Filters_gain_1', 'Filters_state_1']))
    test('stay when one is indexed by what is not known', () =>
        expect(arraysOf(sources('export function peek(i: number): number { return filters.state[i] }'))).toEqual([
            'Filters_gain_1',
        ]))
    test('stay when the array is handed on', () =>
        expect(arraysOf(sources('export const held = [filters.state]'))).toEqual(['Filters_gain_1']))
})

test('a branch that is never taken is left out', () => {
    const sources: Sources = {
        'main.ts': `interface Options { channels: number }
class Driver {
    readonly channels: number
    constructor(options: Options) {
        this.channels = options.channels
    }
    /** @inline */
    count(value: number): number {
        if (this.channels > 1) value += 10
        if (this.channels > 2) value += 100
        return value + this.channels * 2
    }
}
const driver = new Driver({ channels: 2 })
export function run(value: number): number {
    const counted = driver.count(value)
    return counted
}
`,
    }
    const { texts } = flatten(sources)
    expect(texts['main.ts'].slice(texts['main.ts'].indexOf('run('))).not.toContain('100')
    expect(load<{ run(n: number): number }>(texts).run(1)).toBe(15)
})

test('what the data leaves out, and what only it would need, is left out', () => {
    const sources: Sources = {
        'main.ts': `interface Arm { name: string, wheels?: { radius: number }, lamp?: { watts: number } }
class Wheels {
    constructor(readonly radius: number) {}
    turn(): number {
        return 77 * this.radius
    }
}
class Robot {
    wheels: Wheels | undefined
    lamp: number | undefined
    constructor(readonly arm: Arm, readonly spare?: Wheels) {
        if (arm.wheels) {
            const radius = arm.wheels.radius
            this.wheels = new Wheels(radius)
        }
    }
    fit(): void {
        this.lamp = 5
    }
    step(): number {
        let total = 1
        const wheels = this.wheels
        if (wheels) {
            total += wheels.turn()
        }
        if (this.spare) total += this.spare.turn()
        const part = this.spare ? 3 : 4
        if (this.lamp) total += this.lamp
        return total + part
    }
}
const arm: Arm = { name: 'arm' }
const robot = new Robot(arm)
export function run(): number {
    robot.fit()
    return robot.step()
}
`,
    }
    const { texts } = flatten(sources)
    const text = texts['main.ts']
    expect(text).not.toContain('turn()\n')
    expect(text).not.toContain('new Wheels')
    expect(text).not.toContain('? 3 : 4')
    // What may come to be stays.
    expect(text.match(/if \(/g)).toHaveLength(1)
    expect(text.split('\n')).toHaveLength(sources['main.ts'].split('\n').length)
    expect(load<{ run(): number }>(texts).run()).toBe(10)
})

test('type errors are told, because the flat texts are not checked', () => {
    expect(() => flatten({ 'main.ts': 'export const run: number = "text"\n' })).toThrow(/main\.ts.*not assignable/s)
})

test('a robot behind interfaces does the same to the bit', () => {
    const directory = new URL('./inline-fixtures/robot/', import.meta.url)
    const sources: Sources = Object.fromEntries(
        readdirSync(directory).map(file => [file, readFileSync(new URL(file, directory), 'utf8')]),
    )
    const { texts, files } = flatten(sources)
    for (const [file, text] of files) expect(text.split('\n').length, file).toBe(sources[file].split('\n').length)
    type Program = { run(answers: number[], goals: number[], mode: number): unknown }
    const answer = fc.oneof({ weight: 4, arbitrary: fc.nat(4095) }, { weight: 1, arbitrary: fc.constant(-1) })
    const goals = fc.array(fc.double({ min: -1e3, max: 1e3 }), { maxLength: 20 })
    fc.assert(
        fc.property(fc.array(answer, { maxLength: 9 }), goals, fc.nat(2), (answers, goal, mode) => {
            // A program of its own for each run: it makes its objects once.
            const [before, after] = [load<Program>(sources), load<Program>(texts)]
            expect(after.run(answers, goal, mode)).toEqual(before.run(answers, goal, mode))
        }),
        { numRuns: 40 },
    )
})
