import { expect, test } from 'vitest'
import { callsIn, inline, load, type Sources } from './inline-fixtures/harness'

interface Case {
    readonly what: string
    /** A module. Its marked function or method is `f`. */
    readonly source: string
    readonly reason: string
}

const cases: Case[] = [
    {
        what: 'a call inside an expression',
        source: `/** @inline */ function f(x: number): number { return x }
            export function g(x: number): number { return 1 + f(x) }`,
        reason: 'not a statement of its own, nor its only condition or value',
    },
    {
        what: 'a compound assignment, which reads its target first',
        source: `/** @inline */ function f(x: number): number { return x }
            export function g(x: number): number { x += f(x); return x }`,
        reason: 'not a statement of its own, nor its only condition or value',
    },
    {
        what: 'an element as target, whose index is evaluated first',
        source: `/** @inline */ function f(x: number): number { return x }
            export function g(x: number[]): void { x[0] = f(1) }`,
        reason: 'not a statement of its own, nor its only condition or value',
    },
    {
        what: 'a module without a function around the call',
        source: `/** @inline */ function f(x: number): void { x++ }
            f(1)`,
        reason: 'at module level',
    },
    {
        what: 'an async function',
        source: `/** @inline */ async function f(x: number): Promise<void> { x++ }
            export function g(): void { f(1) }`,
        reason: 'async',
    },
    {
        what: 'a generator',
        source: `/** @inline */ function* f(x: number): Generator<number> { yield x }
            export function g(): void { f(1) }`,
        reason: 'a generator',
    },
    {
        what: 'a recursive function',
        source: `/** @inline */ function f(x: number): void { if (x > 0) f(x - 1) }
            export function g(): void { f(1) }`,
        reason: 'recursive',
    },
    {
        what: 'type parameters',
        source: `/** @inline */ function f<T>(x: T): T { return x }
            export function g(): void { f(1) }`,
        reason: 'it has type parameters',
    },
    {
        what: 'a rest parameter',
        source: `/** @inline */ function f(...x: number[]): void { x.pop() }
            export function g(): void { f(1) }`,
        reason: 'a rest parameter',
    },
    {
        what: 'a destructured parameter',
        source: `/** @inline */ function f({ x }: { x: number }): void { x++ }
            export function g(): void { f({ x: 1 }) }`,
        reason: 'a destructured parameter',
    },
    {
        what: 'a spread argument',
        source: `/** @inline */ function f(x?: number, y?: number): void { x = y }
            export function g(x: [number, number]): void { f(...x) }`,
        reason: 'a spread argument',
    },
    {
        what: 'a function as argument, which might be called elsewhere',
        source: `/** @inline */ function f(x: () => void): void { x() }
            export function g(): void { f(() => {}) }`,
        reason: 'a function among the arguments',
    },
    {
        what: 'a closure in the body',
        source: `/** @inline */ function f(x: number[]): void { x.forEach(y => y) }
            export function g(): void { f([]) }`,
        reason: 'a function or class inside it',
    },
    {
        what: 'a return inside a loop',
        source: `/** @inline */ function f(x: number[]): number { for (const y of x) if (y > 0) return y; return 0 }
            export function g(): number { const x = f([]); return x }`,
        reason: 'a return inside a loop, switch or try',
    },
    {
        what: 'a return inside a switch',
        source: `/** @inline */ function f(x: number): number { switch (x) { case 1: return 2 } return 0 }
            export function g(): number { const x = f(1); return x }`,
        reason: 'a return inside a loop, switch or try',
    },
    {
        what: 'a return before a finally, which would see the result',
        source: `/** @inline */ function f(x: number): number { try { return x + 1 } finally { x-- } }
            export function g(x: number): number { x = f(x); return x }`,
        reason: 'a return inside a loop, switch or try',
    },
    {
        what: 'two classes behind an interface',
        source: `interface I { f(): void }
            class A {
            /** @inline */ f(): void {} }
            class B { f(): void {} }
            export function g(i: I): void { i.f() }
            g(new A()); g(new B())`,
        reason: 'more than one could be called: A.f, B.f',
    },
    {
        what: 'a class and an object behind an interface',
        source: `interface I { f(): void }
            class A {
            /** @inline */ f(): void {} }
            const o: I = { f() {} }
            export function g(i: I): void { i.f() }
            g(new A()); g(o)`,
        reason: 'more than one could be called: A.f, (object).f',
    },
    {
        what: 'a method that a subclass overrides',
        source: `class A {
            /** @inline */ f(): void {} g(): void { this.f() } }
            export class B extends A { override f(): void {} }`,
        reason: 'more than one could be called: A.f, B.f',
    },
    {
        what: 'super',
        source: `class A {
            /** @inline */ f(): void {} }
            export class B extends A { g(): void { super.f() } }`,
        reason: 'a call of super',
    },
    {
        what: 'an optional call',
        source: `class A { private x = 1;
            /** @inline */ f(): void { this.x++ } }
            export function g(a: A | undefined): void { a?.f() }`,
        reason: 'an optional call',
    },
    {
        what: 'overloads',
        source: `/** @inline */ function f(x: number): void
            function f(x: string): void
            function f(x: unknown): void { x = 1 }
            export function g(): void { f(1) }`,
        reason: 'overloaded',
    },
    {
        what: 'arguments',
        source: `/** @inline */ function f(x: number): number { return arguments.length + x }
            export function g(): void { f(1) }`,
        reason: '`arguments` inside it',
    },
    {
        what: 'var',
        source: `/** @inline */ function f(x: number): void { var y = x; y++ }
            export function g(): void { f(1) }`,
        reason: '`var` inside it',
    },
    {
        what: 'a result whose type is not written',
        source: `class C { x = 1 }
            /** @inline */ function f() { return new C() }
            export function g(): C { const c = f(); return c }`,
        reason: 'the types of its parameters and result must be written',
    },
    {
        what: 'this in a static method',
        source: `class C { static x = 1;
            /** @inline */ static f(): void { this.x++ } }
            export function g(): void { C.f() }`,
        reason: '`this` in a static method',
    },
    {
        what: 'a class with type parameters',
        source: `class C<T> { constructor(private x: T) {}
            /** @inline */ f(): void { const y: T = this.x; this.x = y } }
            export function g(c: C<number>): void { c.f() }`,
        reason: 'its class has type parameters or no name',
    },
    {
        what: 'a type parameter of the class',
        source: `export class C<T> { constructor(private x: T) {}
            /** @inline */ f(): void { const y: T = this.x; this.x = y }
            g(): void { this.f() } }`,
        reason: 'its class has type parameters',
    },
    {
        what: 'a global that the caller calls something else',
        source: `/** @inline */ function f(x: number): number { return Math.abs(x) }
            export function g(): number { const Math = 1; const y = f(Math); return y }`,
        reason: 'Math does not mean the same at the call',
    },
    {
        what: 'more variables than the compiler can number',
        source: `/** @inline */ function f(x: number): void { const y = x + 1; y.toString() }
            export function g(): void { ${Array.from({ length: 148 }, (_, i) => `const v${i} = ${i};`).join(' ')} f(v0) }`,
        reason: 'more than 148 variables in the caller',
    },
]

/** All cases are one program, because each program costs a quarter of a second. So every `f` gets a name of its own. */
const own = (text: string, i: number) => text.replace(/\bf\b/g, `f${i}`)
const modules = Object.fromEntries(cases.map(({ source }, i) => [`case${i}.ts`, own(source, i) + '\nexport {}\n']))
const main = cases.map((_, i) => `import './case${i}'`).join('\n')
const result = inline({ ...modules, 'main.ts': main })

test.each(cases.map((entry, i) => ({ ...entry, i })))('refuses $what', ({ reason, i }) => {
    const refused = result.refused.filter(({ file }) => file === `case${i}.ts`)
    expect(refused.map(call => call.reason)).toEqual([own(reason, i)])
    expect(callsIn(result.texts[`case${i}.ts`])).toContain(`f${i}`)
})

test('what is left of refused calls passes the type checker', () => expect(result.errors).toEqual([]))

test('a refused call stays in a body that is inlined', () => {
    const sources: Sources = {
        'main.ts': `
            class Sum {
                total = 0
                /** @inline */
                add(x: number): void { const y = this.first(x); this.total += y }
                /** @inline */
                private first(x: number): number { for (;;) { if (x > 1) return x; x++ } }
            }
            export function run(x: number): number {
                const sum = new Sum()
                sum.add(x)
                return sum.total
            }`,
    }
    const { inlined, refused, texts, errors } = inline(sources)
    expect(inlined.map(({ callee, caller }) => [callee, caller])).toEqual([['Sum.add', 'run']])
    expect(refused.map(({ callee, line }) => [callee, line])).toEqual([['Sum.first', 5]])
    expect(callsIn(texts['main.ts'].slice(texts['main.ts'].indexOf('function run')))).toEqual(['first'])
    expect(errors).toEqual([])
    expect(load<{ run(x: number): number }>(texts).run(-1)).toBe(2)
})

test('a return inside a loop may stay a return', () => {
    const source = `
        /** @inline */
        function f(x: number[]): number { for (const y of x) if (y > 0) return y; return 0 }
        export function run(x: number[]): number { return f(x) }`
    const { refused, texts, errors } = inline({ 'main.ts': source })
    expect([refused, errors]).toEqual([[], []])
    const { run } = load<{ run(x: number[]): number }>(texts)
    expect([run([-1, 3, 4]), run([])]).toEqual([3, 0])
})

test('refuses to assign a variable of another module, and leaves nothing of the attempt', () => {
    const { refused, files } = inline({
        'main.ts': `import { f } from './other'
            export function g(): void { f() }`,
        'other.ts': `let count = 0
            const step = 2
            /** @inline */
            export function f(): void { const by = step; count += by }`,
    })
    expect([...files]).toEqual([])
    expect(refused).toEqual([{ callee: 'f', file: 'main.ts', line: 2, reason: 'it assigns count of its module' }])
})

test('refuses an import that would start a module before one it needs', () => {
    // Behind an interface, so that the caller's file does not import the callee's.
    const { refused } = inline({
        'main.ts': `import { Thing } from './thing'
            import { use } from './caller'
            use(new Thing())`,
        'caller.ts': `export interface Doing { run(): void }
            export const table = [1, 2]
            export function use(doing: Doing): void { doing.run() }`,
        'thing.ts': `import { table } from './caller'
            const copy = table.concat([3])
            export class Thing { last = 0;
            /** @inline */ run(): void { this.last = copy[0] } }`,
    })
    expect(refused.map(({ reason }) => reason)).toEqual([
        'caller.ts would import thing.ts, which needs caller.ts to start first',
    ])
})

test('says which file is missing', () => {
    expect(() => inline({ 'other.ts': '' })).toThrow(/no file .*main\.ts/)
})
