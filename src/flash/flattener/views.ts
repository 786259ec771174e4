import ts from 'typescript'
import { walk } from '../inliner/syntax'

/** As which types a program looks at the objects of its classes. */
export class Views {
    /** The types of the places, other than the class itself, that its objects are put. */
    private readonly seen = new Map<ts.Node, Set<ts.Type>>()

    constructor(
        files: readonly ts.SourceFile[],
        private readonly checker: ts.TypeChecker,
    ) {
        for (const file of files) walk(file, node => this.visit(node))
    }

    /**
     * Whether an object of a class may stand where the type says so. Fitting the type is not enough: somewhere the program
     * must have put it into a place from where it can get there.
     */
    mayBe(owner: ts.ClassDeclaration, type: ts.Type): boolean {
        if (!this.checker.isTypeAssignableTo(this.checker.getTypeAtLocation(owner), type)) return false
        if (type.flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown)) return true
        return [...(this.seen.get(owner) ?? [])].some(view => this.checker.isTypeAssignableTo(view, type))
    }

    /** Type of an expression, also where it comes from a `for … of`: without a library TypeScript knows no iterators. */
    typeOf(node: ts.Node): ts.Type {
        const type = this.checker.getTypeAtLocation(node)
        if (!(type.flags & ts.TypeFlags.Any)) return type
        if (ts.isPropertyAccessExpression(node)) {
            const property = this.checker.getPropertyOfType(this.typeOf(node.expression), node.name.text)
            return property ? this.checker.getTypeOfSymbol(property) : type
        }
        const declaration = ts.isIdentifier(node) ? this.checker.getSymbolAtLocation(node)?.valueDeclaration : undefined
        const loop = declaration?.parent?.parent
        if (!loop || !ts.isForOfStatement(loop)) return type
        const array = this.checker.getNonNullableType(this.typeOf(loop.expression))
        return this.checker.getIndexTypeOfType(array, ts.IndexKind.Number) ?? type
    }

    private visit(node: ts.Node): void {
        if (ts.isShorthandPropertyAssignment(node)) {
            const literal = this.checker.getContextualType(node.parent)
            const property = literal && this.checker.getPropertyOfType(literal, node.name.text)
            const value = this.checker.getShorthandAssignmentValueSymbol(node)
            if (property && value) {
                this.note(this.checker.getTypeOfSymbol(value), this.checker.getTypeOfSymbol(property))
            }
        } else if (ts.isAsExpression(node)) {
            this.note(this.checker.getTypeAtLocation(node.expression), this.checker.getTypeAtLocation(node))
        } else if (isValue(node)) {
            const view = this.checker.getContextualType(node)
            if (view) this.note(this.checker.getTypeAtLocation(node), view)
        }
    }

    private note(type: ts.Type, view: ts.Type): void {
        const owner = this.checker.getNonNullableType(type).symbol?.valueDeclaration
        if (!owner || !ts.isClassDeclaration(owner)) return
        const views = this.seen.get(owner) ?? new Set()
        this.seen.set(owner, views.add(this.checker.getNonNullableType(view)))
    }
}

/** An expression that may be an object. */
function isValue(node: ts.Node): node is ts.Expression {
    return (
        ts.isIdentifier(node) ||
        ts.isPropertyAccessExpression(node) ||
        ts.isElementAccessExpression(node) ||
        ts.isNewExpression(node) ||
        ts.isCallExpression(node) ||
        ts.isAwaitExpression(node) ||
        ts.isConditionalExpression(node) ||
        node.kind === ts.SyntaxKind.ThisKeyword
    )
}
