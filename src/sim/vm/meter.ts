import * as Layout from './layout'

/** Where the meter counts, as word indices behind its base address. */
export const Counter = { operations: 0, calls: 1, builtins: 2, context: 3 }
const COUNTER_BYTES = 16

/**
 * Counts what the runtime executes, without touching how: every opcode handler in the runtime's function table is
 * replaced by one that adds to a counter and goes on to the original. The wrappers are a small WebAssembly module made
 * here, because a call between modules costs a few nanoseconds and a call into JavaScript would cost more than the
 * opcode.
 *
 * An expression runs in one go, from the statement before it to its own: nothing jumps into it or out of it. So only
 * statements count, each for itself and its expressions, from a table by program counter: counting every opcode would
 * take a sixth of a simulation's time. (A statement whose expression throws is not counted.) A profile by program counter
 * does count every opcode that has a handler, with the small constants before it, which have none.
 */
export class Meter {
    /** Address of the counters (u32 each, see {@link Counter}). */
    readonly counters: number
    private readonly weights: number
    /** Address of a u32 for each program counter: how often the operation that ends there ran. 0 without a profile. */
    private readonly histogram: number

    /**
     * @param onYield called when a fiber has stopped running: it sleeps, waits or is over
     * @param profile whether to count by program counter too
     */
    constructor(
        private readonly memory: WebAssembly.Memory,
        table: WebAssembly.Table,
        malloc: (size: number) => number,
        onYield: () => void,
        profile: boolean,
    ) {
        this.counters = malloc(COUNTER_BYTES)
        this.weights = malloc(0x10000)
        this.histogram = profile ? malloc(0x40000) : 0
        const bytes = new Uint8Array(memory.buffer)
        bytes.fill(0, this.counters, this.counters + COUNTER_BYTES)
        bytes.fill(1, this.weights, this.weights + 0x10000)
        if (profile) bytes.fill(0, this.histogram, this.histogram + 0x40000)

        const indices = new Uint32Array(memory.buffer, Layout.OP_HANDLERS, Layout.OP_COUNT)
        const calls = new Set(Layout.CALL_OPS.map(op => indices[op]))
        const all = [...new Set(indices)].map(index => ({ index, handler: table.get(index) as WebAssemblyFunction }))
        const counted = all.filter(({ handler }) => profile || isStatement(handler))
        const returns = indices[Layout.RETURN_OP]
        const wrappers = wrap(
            memory,
            counted.map(({ index, handler }) => ({
                handler,
                isCall: calls.has(index),
                mayYield: calls.has(index) || index === returns,
            })),
            onYield,
            this.counters,
            this.weights,
            this.histogram,
        )
        counted.forEach(({ index }, i) => table.set(index, wrappers[i]))
    }

    /** Operations executed by the program counter behind them, since start. @throws Error without a profile */
    profile(): { pc: number; operations: number }[] {
        if (this.histogram === 0) throw new Error('this meter keeps no profile')
        const counts = new Uint32Array(this.memory.buffer, this.histogram, 0x10000)
        const weights = new Uint8Array(this.memory.buffer, this.weights, 0x10000)
        return Array.from(counts, (count, pc) => ({ pc, operations: count * weights[pc] })).filter(
            ({ operations }) => operations > 0,
        )
    }

    /** Reads from a program where its constants lie. Call before the program runs. */
    load(program: Buffer): void {
        const weights = new Uint8Array(this.memory.buffer, this.weights, 0x10000)
        weights.fill(1)
        const functions = program.readUInt32LE(Layout.Image.functions)
        const length = program.readUInt32LE(Layout.Image.functions + 4)
        for (let entry = functions; entry < functions + length; entry += Layout.Image.functionSize) {
            let pc = program.readUInt32LE(entry)
            const end = pc + program.readUInt32LE(entry + 4)
            let uncounted = 0
            while (pc < end) {
                const op = program[pc++]
                uncounted++
                if (op >= Layout.DIRECT_CONST_OP) continue
                const props = Layout.OP_PROPS[op]
                if (props & Layout.OP_TAKES_NUMBER) {
                    const first = program[pc++]
                    if (first >= Layout.FIRST_MULTIBYTE_INT) pc += (first & 3) + 1
                }
                if (this.histogram === 0 && !(props & Layout.OP_IS_STATEMENT)) continue
                weights[pc] = uncounted
                uncounted = 0
            }
        }
    }
}

type WebAssemblyFunction = (...args: number[]) => void

/** A statement's handler takes (frame, context); an expression's (result, frame, context). */
function isStatement(handler: WebAssemblyFunction): boolean {
    return handler.length === 2
}

/**
 * The same function, callable through the runtime's table: a table takes only functions that WebAssembly exports. A method gets
 * the context; a property's getter where its result goes, the context, and where the object's value is.
 */
export function asTableFunction(callback: (...values: number[]) => void, count: 1 | 3 = 1): WebAssemblyFunction {
    const type = count - 1
    const module = assemble({
        imports: [importFunction('f', type)],
        functions: [type],
        exports: ['g'],
        importedFunctions: 1,
        bodies: [[...Array.from({ length: count }, (_, i) => get(i)).flat(), CALL, 0]],
    })
    return new WebAssembly.Instance(module, { env: { f: callback } }).exports.g as WebAssemblyFunction
}

function wrap(
    memory: WebAssembly.Memory,
    handlers: { handler: WebAssemblyFunction; isCall: boolean; mayYield: boolean }[],
    onYield: () => void,
    counters: number,
    weights: number,
    histogram: number,
): WebAssemblyFunction[] {
    const typeOf = (handler: WebAssemblyFunction) => handler.length - 1
    const add = (counter: number, amount: number[]) => [
        ...constant(counters),
        ...constant(counters),
        ...load32(counter * 4),
        ...amount,
        ADD,
        ...store32(counter * 4),
    ]
    const bodies = handlers.map(({ handler, isCall, mayYield }, i) => {
        const frame = handler.length - 2
        const context = handler.length - 1
        const weight = [...get(frame), LOAD_U16, 1, Layout.ACTIVATION_PC, LOAD_U8, 0, ...unsigned(weights)]
        // Address of this program counter's entry, less the histogram's own.
        const entry = [...get(frame), LOAD_U16, 1, Layout.ACTIVATION_PC, ...constant(2), SHIFT_LEFT]
        const count = histogram
            ? [...entry, ...entry, ...load32(histogram), ...constant(1), ADD, ...store32(histogram)]
            : []
        const body = [...add(Counter.operations, weight), ...count, ...handlerArguments(handler), CALL, ...unsigned(i)]
        // Nothing runs on when the fiber waits or is over.
        const current = [...get(context), ...load32(Layout.Context.currentFunction)]
        const yielded = [...current, IS_ZERO, IF, NO_RESULT, CALL, ...unsigned(handlers.length), END]
        if (!isCall) return mayYield ? [...body, ...yielded] : body
        // What was called runs on in the interpreter's loop when it is a function of the program: then the context's
        // current function is a new one. It is the old one after a builtin, and null after a builtin that waits.
        return [
            ...constant(counters),
            ...get(context),
            ...store32(Counter.context * 4),
            ...body,
            ...current,
            ...get(frame),
            NOT_EQUAL,
            ...current,
            ...constant(0),
            NOT_EQUAL,
            AND,
            IF,
            NO_RESULT,
            ...add(Counter.calls, constant(1)),
            ELSE,
            ...add(Counter.builtins, constant(1)),
            END,
            ...yielded,
        ]
    })
    const module = assemble({
        imports: [
            [...name('env'), ...name('memory'), 2, 0, 0],
            ...handlers.map(({ handler }, i) => importFunction(`h${i}`, typeOf(handler))),
            importFunction('yielded', NO_ARGUMENTS),
        ],
        functions: handlers.map(({ handler }) => typeOf(handler)),
        exports: handlers.map((_, i) => `w${i}`),
        importedFunctions: handlers.length + 1,
        bodies,
    })
    const env = Object.fromEntries(handlers.map(({ handler }, i) => [`h${i}`, handler]))
    const instance = new WebAssembly.Instance(module, { env: { memory, yielded: onYield, ...env } })
    return handlers.map((_, i) => instance.exports[`w${i}`] as WebAssemblyFunction)
}

// WebAssembly's binary format (core specification 1.0, chapter 5), as much as is needed.

const [CALL, IF, ELSE, END, NO_RESULT] = [0x10, 0x04, 0x05, 0x0b, 0x40]
const [LOAD_U16, LOAD_U8, ADD, AND, NOT_EQUAL, SHIFT_LEFT, IS_ZERO] = [0x2f, 0x2d, 0x6a, 0x71, 0x47, 0x74, 0x45]
/** Type of a function without arguments. */
const NO_ARGUMENTS = 3
const I32 = 0x7f

const get = (local: number) => [0x20, local]
const constant = (value: number) => [0x41, ...signed(value)]
const load32 = (offset: number) => [0x28, 2, ...unsigned(offset)]
const store32 = (offset: number) => [0x36, 2, ...unsigned(offset)]
const handlerArguments = (handler: WebAssemblyFunction) =>
    Array.from({ length: handler.length }, (_, i) => get(i)).flat()
const name = (text: string) => [...unsigned(text.length), ...Buffer.from(text)]
const importFunction = (field: string, type: number) => [...name('env'), ...name(field), 0, type]

function unsigned(value: number): number[] {
    const bytes = []
    for (; value > 0x7f; value >>>= 7) bytes.push((value & 0x7f) | 0x80)
    return [...bytes, value]
}

function signed(value: number): number[] {
    const bytes = []
    for (; value < -0x40 || value > 0x3f; value >>= 7) bytes.push((value & 0x7f) | 0x80)
    return [...bytes, value & 0x7f]
}

/** Functions of 1, 2, 3 or no integers (types 0, 1, 2, {@link NO_ARGUMENTS}) without result. */
function assemble(parts: {
    imports: number[][]
    functions: number[]
    exports: string[]
    importedFunctions: number
    bodies: number[][]
}): WebAssembly.Module {
    const vector = (items: number[][]) => [...unsigned(items.length), ...items.flat()]
    const section = (id: number, content: number[]) => [id, ...unsigned(content.length), ...content]
    const sized = (content: number[]) => [...unsigned(content.length), ...content]
    const types = [1, 2, 3, 0].map(count => [0x60, ...vector(Array.from({ length: count }, () => [I32])), 0])
    return new WebAssembly.Module(
        new Uint8Array([
            ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
            ...section(1, vector(types)),
            ...section(2, vector(parts.imports)),
            ...section(3, vector(parts.functions.map(type => [type]))),
            ...section(
                7,
                vector(parts.exports.map((e, i) => [...name(e), 0, ...unsigned(parts.importedFunctions + i)])),
            ),
            ...section(10, vector(parts.bodies.map(body => sized([0, ...body, END])))),
        ]),
    )
}
