import fc from 'fast-check'
import { expect, test } from 'vitest'
import { inline, load } from './inline-fixtures/harness'

const NAMES = ['a', 'b', 'n', 'x']

const { expression, statement } = fc.letrec<{
    expression: string
    condition: string
    simple: string
    statement: string
}>(tie => ({
    expression: fc.oneof(
        { maxDepth: 3 },
        fc.constantFrom(...NAMES, 'this.n', '0', '1.5', '-3'),
        fc
            .tuple(tie('expression'), fc.constantFrom('+', '-', '*', '|'), tie('expression'))
            .map(([left, operator, right]) => `(${left} ${operator} ${right})`),
        fc.tuple(tie('condition'), tie('expression')).map(([condition, value]) => `(${condition} ? ${value} : 2)`),
    ),
    condition: fc
        .tuple(fc.constantFrom(...NAMES, 'this.n'), fc.constantFrom('<', '<='), tie('expression'))
        .map(parts => parts.join(' ')),
    /** Without return. */
    simple: fc.oneof(
        fc.tuple(fc.constantFrom(...NAMES, 'this.n'), tie('expression')).map(([name, value]) => `${name} = ${value}`),
        fc.tuple(fc.constantFrom(...NAMES), tie('condition')).map(([name, condition]) => `if (${condition}) ${name}++`),
        fc
            .tuple(tie('condition'), tie('expression'))
            .map(([stop, value]) => `for (let i = 0; i < 3; i++) { if (${stop}) break; this.n = ${value} + i }`),
        tie('expression').map(value => `{ const i = ${value}; { const x = 2 * i; this.log.push(x) } }`),
    ),
    statement: fc.oneof(
        { maxDepth: 2 },
        tie('simple'),
        tie('expression').map(value => `return ${value}`),
        fc
            .tuple(
                tie('condition'),
                fc.array(tie('statement'), { maxLength: 3 }),
                fc.array(tie('statement'), { maxLength: 2 }),
            )
            .map(([condition, body, other]) => {
                const otherwise = other.length > 0 ? ` else { ${other.join('; ')} }` : ''
                return `if (${condition}) { ${body.join('; ')} }${otherwise}`
            }),
    ),
}))

const method = fc
    .tuple(fc.array(statement, { minLength: 1, maxLength: 5 }), expression, fc.constantFrom('', ' = 4', ' = a'))
    .map(([body, last, initial]) => ({
        body: `let n = a - 1\nlet x = 0.25\n${body.join('\n')}\nreturn ${last} - n`,
        initial,
    }))

/** One way to call a method, from a method whose names are the same. */
const caller = fc.tuple(
    fc.constantFrom(
        (call: string) => `${call}; return n`,
        (call: string) => `const y = ${call}; n += y; return n`,
        (call: string) => `let y = ${call}; y++; return y + n`,
        (call: string) => `n = ${call}; return n`,
        (call: string) => `this.n = ${call}; return n`,
        (call: string) => `return ${call}`,
        (call: string) => `if (!${call}) n = 5; else this.n++; return n`,
        (call: string) => `for (let i = 0; i < 2; i++) if (${call}) n += i; else n -= i; return n`,
    ),
    fc.constantFrom('a', 'n', 'this.n', 'a + 1', '(n += 2)', '7'),
    fc.constantFrom('', ', b', ', n', ', undefined', ', this.log[3]', ', (n *= 2)', ', -1'),
)

test('random methods do the same when they are inlined', () => {
    const COUNT = 120
    const methods = fc.sample(fc.tuple(method, caller), { numRuns: COUNT, seed: 20 })
    const source = methods.map(
        ([{ body, initial }, [form, first, second]], i) => `
    /** @inline */
    callee${i}(a: number, b: number${initial || ' = 1'}): number {
        ${body}
    }
    caller${i}(a: number, b: number): number {
        let n = b
        ${form(`this.callee${i}(${first}${second})`)}
    }`,
    )
    const sources = {
        'main.ts': `
class Subject {
    readonly log: number[] = []
    constructor(public n: number) {}
    ${source.join('\n')}
}
type Method = (a: number, b: number) => number
export function run(i: number, n: number, a: number, b: number): unknown[] {
    const subject = new Subject(n)
    const method = (subject as unknown as Record<string, Method>)['caller' + i]
    return [method.call(subject, a, b), subject.n, subject.log]
}`,
    }
    const { texts, inlined, refused, errors } = inline(sources)
    expect(errors).toEqual([])
    expect(refused).toEqual([])
    expect(inlined.length).toBe(COUNT)
    type Program = { run(i: number, n: number, a: number, b: number): unknown[] }
    const [before, after] = [load<Program>(sources), load<Program>(texts)]
    const number = fc.constantFrom(-2, -1, 0, 0.5, 1, 1.5, 2, 4, 1e9, NaN)
    fc.assert(
        fc.property(fc.nat(COUNT - 1), number, number, number, (i, n, a, b) => {
            expect(after.run(i, n, a, b)).toEqual(before.run(i, n, a, b))
        }),
        { numRuns: 4000, seed: 1 },
    )
})
