import type ts from 'typescript'
import type { Assignments } from './assignments'
import type { Callees } from './callees'
import type { Changes } from './changes'
import type { Names } from './names'
import type { References } from './references'
import type { Report } from './report'
import type { Variables } from './variables'

/** What all call sites of a program share. */
export interface Tools {
    readonly checker: ts.TypeChecker
    readonly callees: Callees
    readonly assignments: Assignments
    readonly changes: Changes
    readonly names: Names
    readonly variables: Variables
    readonly report: Report
}

/** Where inlined code goes. */
export class Site {
    constructor(
        readonly tools: Tools,
        /** The function that the call is in. */
        private readonly owner: ts.FunctionLikeDeclaration,
        readonly references: References,
    ) {}

    /**
     * Name of a new local variable.
     *
     * @throws Refusal when the function has too many
     */
    variable(name: string): string {
        this.tools.variables.add(this.owner)
        return this.tools.names.unique(this.owner.getSourceFile(), name)
    }
}
