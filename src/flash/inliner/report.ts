import ts from 'typescript'
import type { Changes } from './changes'
import type { Modules } from './modules'
import { type Callee, enclosingFunction, functionName } from './syntax'

/** A call that was replaced by its callee's body. */
export interface InlinedCall {
    readonly callee: string
    readonly caller: string
    /** Path from the project's root. */
    readonly file: string
    readonly line: number
}

/** A call of a marked callee that stayed, somewhere, a call. */
export interface RefusedCall {
    readonly callee: string
    /** Path from the project's root. */
    readonly file: string
    readonly line: number
    readonly reason: string
}

/** Why a call inside a larger expression stays. */
export const IN_EXPRESSION = 'not a statement of its own, nor its only condition or value'

/** What became of every call of a marked callee. */
export class Report {
    private readonly inlinedCalls = new Map<ts.CallExpression, InlinedCall>()
    private readonly refusedCalls = new Map<ts.CallExpression, RefusedCall>()

    constructor(
        private readonly modules: Modules,
        private readonly changes: Changes,
    ) {}

    get inlined(): InlinedCall[] {
        return [...this.inlinedCalls.values()].sort(byPlace)
    }

    get refused(): RefusedCall[] {
        return [...this.refusedCalls.values()].sort(byPlace)
    }

    addInlined(call: ts.CallExpression, callee: Callee): void {
        if (this.inlinedCalls.has(call)) return
        const caller = functionName(enclosingFunction(call))
        this.inlinedCalls.set(call, { callee: functionName(callee), caller, ...this.place(call) })
        this.changes.onRollback(() => this.inlinedCalls.delete(call))
    }

    /** The first reason counts. */
    addRefused(call: ts.CallExpression, callee: string, reason: string): void {
        if (!this.refusedCalls.has(call)) this.refusedCalls.set(call, { callee, ...this.place(call), reason })
    }

    private place(call: ts.CallExpression): { file: string; line: number } {
        const file = call.getSourceFile()
        return { file: this.modules.path(file), line: file.getLineAndCharacterOfPosition(call.getStart()).line + 1 }
    }
}

function byPlace(a: { file: string; line: number }, b: { file: string; line: number }): number {
    if (a.file !== b.file) return a.file < b.file ? -1 : 1
    return a.line - b.line
}
