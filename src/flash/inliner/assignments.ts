import ts from 'typescript'
import { assignmentTarget, isAssignment, walk } from './syntax'

/** Where variables are assigned after their declaration. */
export class Assignments {
    private readonly files = new Map<ts.SourceFile, Map<ts.Symbol, ts.Identifier[]>>()

    constructor(private readonly checker: ts.TypeChecker) {}

    /** Every identifier in the variable's own file that is assigned to. */
    of(symbol: ts.Symbol): ts.Identifier[] {
        const file = symbol.declarations?.[0]?.getSourceFile()
        if (!file) return []
        let assigned = this.files.get(file)
        if (!assigned) {
            assigned = this.search(file)
            this.files.set(file, assigned)
        }
        return assigned.get(symbol) ?? []
    }

    private search(file: ts.SourceFile): Map<ts.Symbol, ts.Identifier[]> {
        const assigned = new Map<ts.Symbol, ts.Identifier[]>()
        const add = (target: ts.Node): void => {
            if (ts.isIdentifier(target)) {
                const shorthand = ts.isShorthandPropertyAssignment(target.parent)
                const symbol = shorthand
                    ? this.checker.getShorthandAssignmentValueSymbol(target.parent)
                    : this.checker.getSymbolAtLocation(target)
                if (symbol) assigned.set(symbol, [...(assigned.get(symbol) ?? []), target])
            } else if (ts.isShorthandPropertyAssignment(target)) add(target.name)
            else if (ts.isPropertyAssignment(target)) add(target.initializer)
            else if (ts.isArrayLiteralExpression(target)) target.elements.forEach(add)
            else if (ts.isObjectLiteralExpression(target)) target.properties.forEach(add)
            else if (ts.isParenthesizedExpression(target) || ts.isAsExpression(target)) add(target.expression)
            else if (ts.isSpreadElement(target) || ts.isSpreadAssignment(target)) add(target.expression)
            else if (isAssignment(target)) add(target.left)
        }
        walk(file, node => {
            const target = assignmentTarget(node)
            if (target) add(target)
            else if (ts.isForInStatement(node) || ts.isForOfStatement(node)) add(node.initializer)
        })
        return assigned
    }
}
