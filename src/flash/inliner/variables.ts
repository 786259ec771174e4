import ts from 'typescript'
import type { Changes } from './changes'
import { Refusal } from './refusal'

/** Local variables that DeviceScript's compiler can number in one function: from 100 to 247. */
const MAX_VARIABLES = 148

/** Counts the local variables of the functions that code is moved into. */
export class Variables {
    private readonly counts = new Map<ts.Node, number>()

    constructor(private readonly changes: Changes) {}

    /** One more. @throws Refusal when there are too many */
    add(owner: ts.FunctionLikeDeclaration): void {
        const count = this.counts.get(owner) ?? written(owner)
        if (count >= MAX_VARIABLES) throw new Refusal(`more than ${MAX_VARIABLES} variables in the caller`)
        this.counts.set(owner, count + 1)
        this.changes.onRollback(() => this.counts.set(owner, count))
    }
}

function written(owner: ts.FunctionLikeDeclaration): number {
    let count = 0
    const visit = (node: ts.Node): void => {
        if (ts.isFunctionLike(node)) return
        const binds = ts.isVariableDeclaration(node) || ts.isBindingElement(node)
        if (binds && ts.isIdentifier(node.name)) count++
        ts.forEachChild(node, visit)
    }
    if (owner.body) ts.forEachChild(owner.body, visit)
    return count
}
