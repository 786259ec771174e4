import type ts from 'typescript'
import type { Callee } from './syntax'

/** Where an inlined body's results go. */
export type Sink =
    | { readonly kind: 'discard' }
    | { readonly kind: 'return' }
    /** Into a variable or field. */
    | { readonly kind: 'assign'; readonly target: string; readonly type: ResultType }

/** A callee's result: its type, and how the call site writes that. */
export interface ResultType {
    readonly type: ts.Type
    readonly text: string
}

/**
 * Where in an inlined body a statement stands: at its end, so that a return just ends it; elsewhere, so that a return must
 * jump; or inside a statement that the jump would not leave (loop, switch) or that goes on after it (try).
 */
export type Place = 'end' | 'middle' | 'inside'

/** One body being written: the code at the call site itself, or a callee's. */
export interface Frame {
    /** Undefined for the call site's own code, whose names stay. */
    readonly callee?: Callee
    /** What `this` is called. */
    readonly self: string
    /** What parameters and local variables are called. */
    readonly names: Map<ts.Symbol, string>
    readonly sink: Sink
    /** The callees on the way to this one, itself included. */
    readonly path: readonly Callee[]
    /** A return has to jump: the body goes into a loop that runs once. */
    jumps: boolean
}

/** The code at a call site itself. */
export function outermostFrame(): Frame {
    return { self: 'this', names: new Map(), sink: { kind: 'return' }, path: [], jumps: false }
}
