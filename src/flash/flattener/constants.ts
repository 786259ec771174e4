import ts from 'typescript'
import { bare, walk } from '../inliner/syntax'
import type { Singletons } from './singletons'

const MAX_DEPTH = 40

/** Methods after which an array may have another length. */
const RESIZING = new Set(['push', 'pop', 'shift', 'unshift', 'splice', 'insert'])

const OPERATIONS = new Map<ts.SyntaxKind, (a: number, b: number) => number>([
    [ts.SyntaxKind.PlusToken, (a, b) => a + b],
    [ts.SyntaxKind.MinusToken, (a, b) => a - b],
    [ts.SyntaxKind.AsteriskToken, (a, b) => a * b],
])
const COMPARISONS = new Map<ts.SyntaxKind, (a: number, b: number) => boolean>([
    [ts.SyntaxKind.LessThanToken, (a, b) => a < b],
    [ts.SyntaxKind.LessThanEqualsToken, (a, b) => a <= b],
    [ts.SyntaxKind.GreaterThanToken, (a, b) => a > b],
    [ts.SyntaxKind.GreaterThanEqualsToken, (a, b) => a >= b],
    [ts.SyntaxKind.EqualsEqualsEqualsToken, (a, b) => a === b],
    [ts.SyntaxKind.ExclamationEqualsEqualsToken, (a, b) => a !== b],
])

/**
 * What expressions are worth before the program runs: of constants, of what constructors of single objects and functions
 * called once are given, of fields that are set once.
 */
export class Constants {
    private depth = 0
    /** Literals of arrays whose length changes while the program runs. */
    private readonly growing = new Set<ts.Node>()

    constructor(
        program: ts.Program,
        private readonly checker: ts.TypeChecker,
        private readonly singletons: Singletons,
    ) {
        for (const file of program.getSourceFiles()) {
            if (!file.isDeclarationFile) walk(file, node => this.note(node))
        }
    }

    /** Whether a condition holds, or undefined where it is not plain. An object always does. */
    truth(condition: ts.Expression): boolean | undefined {
        const expression = withoutCasts(condition)
        if (ts.isBinaryExpression(expression)) {
            const compare = COMPARISONS.get(expression.operatorToken.kind)
            const left = compare && this.number(expression.left)
            const right = left !== undefined ? this.number(expression.right) : undefined
            return compare && left !== undefined && right !== undefined ? compare(left, right) : undefined
        }
        if (!isPath(expression)) return undefined
        const value = this.origin(expression)
        if (value && ts.isNewExpression(value)) return true
        return this.isAbsent(expression) ? false : undefined
    }

    /** Whether a path is `undefined` all along: what the robot's data or its `main.ts` leaves out. */
    private isAbsent(expression: ts.Expression): boolean {
        if (this.depth > MAX_DEPTH) return false
        this.depth++
        try {
            return this.nothing(withoutCasts(expression))
        } finally {
            this.depth--
        }
    }

    private nothing(expression: ts.Expression): boolean {
        if (ts.isIdentifier(expression)) {
            if (expression.text === 'undefined') return true
            const declaration = this.resolved(this.checker.getSymbolAtLocation(expression))?.valueDeclaration
            return declaration !== undefined && this.leftOut(declaration)
        }
        if (!ts.isPropertyAccessExpression(expression) || expression.questionDotToken) return false
        const field = this.checker.getSymbolAtLocation(expression.name)?.valueDeclaration
        return this.lacks(expression.expression, field, expression.name.text)
    }

    /** Whether a variable or parameter never has a value. */
    private leftOut(declaration: ts.Declaration): boolean {
        if (ts.isVariableDeclaration(declaration)) {
            const constant = (ts.getCombinedNodeFlags(declaration) & ts.NodeFlags.Const) !== 0
            return constant && declaration.initializer !== undefined && this.isAbsent(declaration.initializer)
        }
        if (ts.isBindingElement(declaration)) {
            const variable = declaration.parent.parent
            if (!ts.isVariableDeclaration(variable) || !variable.initializer || declaration.initializer) return false
            if (!(ts.getCombinedNodeFlags(variable) & ts.NodeFlags.Const) || declaration.dotDotDotToken) return false
            const name = (declaration.propertyName ?? declaration.name).getText()
            const type = this.checker.getTypeAtLocation(variable.initializer)
            return this.lacks(variable.initializer, this.checker.getPropertyOfType(type, name)?.valueDeclaration, name)
        }
        if (!ts.isParameter(declaration) || declaration.initializer || this.singletons.isAssigned(declaration))
            return false
        const call = this.onlyCall(declaration.parent)
        if (!call || declaration.dotDotDotToken || call.arguments?.some(ts.isSpreadElement)) return false
        const argument = call.arguments?.[declaration.parent.parameters.indexOf(declaration)]
        return argument === undefined || this.isAbsent(argument)
    }

    /** Whether an object never has a field: a literal without it, or the only object of a class in which nothing that runs sets it. */
    private lacks(object: ts.Expression, field: ts.Declaration | undefined, name: string): boolean {
        if (field && this.singletons.ownerOf(field)) {
            const writes = this.singletons.writesOf(field)
            if (ts.isParameter(field)) return writes.length === 0 && this.leftOut(field)
            if (!ts.isPropertyDeclaration(field) || field.initializer) return false
            return writes.every(write => this.neverRuns(write))
        }
        const literal = this.origin(object)
        if (!literal || !ts.isObjectLiteralExpression(literal)) return false
        for (const property of literal.properties) {
            if (!property.name || !ts.isIdentifier(property.name)) return false
            if (property.name.text !== name) continue
            return ts.isPropertyAssignment(property) && this.isAbsent(property.initializer)
        }
        return true
    }

    private neverRuns(node: ts.Node): boolean {
        let inside = node
        for (let at = node.parent; at && !ts.isFunctionLike(at); inside = at, at = at.parent) {
            if (ts.isIfStatement(at) && inside === at.thenStatement && this.truth(at.expression) === false) return true
        }
        return false
    }

    /** A whole number, or undefined where it is not plain. */
    number(expression: ts.Expression): number | undefined {
        const written = withoutCasts(expression)
        if (ts.isBinaryExpression(written)) {
            const operate = OPERATIONS.get(written.operatorToken.kind)
            const left = operate && this.number(written.left)
            const right = left !== undefined ? this.number(written.right) : undefined
            return operate && left !== undefined && right !== undefined ? operate(left, right) : undefined
        }
        const value = this.origin(expression)
        if (!value) return undefined
        if (ts.isNumericLiteral(value)) return wholeNumber(Number(value.text))
        if (ts.isPropertyAccessExpression(value) && value.name.text === 'length') {
            const array = this.origin(value.expression)
            if (!array || !ts.isArrayLiteralExpression(array) || this.growing.has(array)) return undefined
            if (array.elements.some(ts.isSpreadElement)) return undefined
            return array.elements.length
        }
        return ts.isCallExpression(value) ? this.place(value) : undefined
    }

    /** `objects.map(object => object.name).indexOf('arm')`: where the object of that name is. */
    private place(call: ts.CallExpression): number | undefined {
        const { expression, arguments: wanted } = call
        if (!ts.isPropertyAccessExpression(expression) || expression.name.text !== 'indexOf') return undefined
        const names = this.origin(expression.expression)
        if (!names || !ts.isCallExpression(names) || !ts.isPropertyAccessExpression(names.expression)) return undefined
        if (names.expression.name.text !== 'map' || wanted.length !== 1) return undefined
        const [select] = names.arguments
        const objects = this.origin(names.expression.expression)
        const name = this.origin(wanted[0])
        if (!objects || !ts.isArrayLiteralExpression(objects) || this.growing.has(objects)) return undefined
        if (!name || !ts.isStringLiteral(name) || !ts.isArrowFunction(select)) return undefined
        const { body } = select
        if (!ts.isPropertyAccessExpression(body) || body.expression.getText() !== select.parameters[0]?.getText())
            return undefined
        for (let i = 0; i < objects.elements.length; i++) {
            const object = this.origin(objects.elements[i])
            const found = object && ts.isObjectLiteralExpression(object) && this.property(object, body.name.text)
            if (!found || !ts.isStringLiteral(found)) return undefined
            if (found.text === name.text) return i
        }
        return undefined
    }

    private note(node: ts.Node): void {
        if (!ts.isPropertyAccessExpression(node) || !RESIZING.has(node.name.text)) return
        const array = this.origin(node.expression)
        if (array) this.growing.add(array)
    }

    /** The expression that a value comes from: a literal, or whatever it cannot be followed beyond. */
    private origin(expression: ts.Expression): ts.Expression | undefined {
        if (this.depth > MAX_DEPTH) return undefined
        this.depth++
        try {
            return this.follow(withoutCasts(expression))
        } finally {
            this.depth--
        }
    }

    private follow(expression: ts.Expression): ts.Expression | undefined {
        if (ts.isIdentifier(expression)) {
            const declaration = this.resolved(this.checker.getSymbolAtLocation(expression))?.valueDeclaration
            return declaration && this.declared(declaration)
        }
        if (!ts.isPropertyAccessExpression(expression)) return expression
        const { name } = expression
        if (name.text === 'length') {
            const array = this.origin(expression.expression)
            if (array && ts.isArrayLiteralExpression(array)) return expression
        }
        const field = this.checker.getSymbolAtLocation(name)?.valueDeclaration
        if (field && this.singletons.ownerOf(field)) return this.field(field)
        const object = this.origin(expression.expression)
        return object && ts.isObjectLiteralExpression(object) ? this.property(object, name.text) : expression
    }

    private property(object: ts.ObjectLiteralExpression, name: string): ts.Expression | undefined {
        if (object.properties.some(ts.isSpreadAssignment)) return undefined
        for (const property of object.properties) {
            if (property.name?.getText() !== name) continue
            if (ts.isPropertyAssignment(property)) return this.origin(property.initializer)
            if (!ts.isShorthandPropertyAssignment(property)) return undefined
            const value = this.checker.getShorthandAssignmentValueSymbol(property)
            const declaration = this.resolved(value)?.valueDeclaration
            return declaration && this.declared(declaration)
        }
        return undefined
    }

    private declared(declaration: ts.Declaration): ts.Expression | undefined {
        if (ts.isVariableDeclaration(declaration)) {
            const constant = (ts.getCombinedNodeFlags(declaration) & ts.NodeFlags.Const) !== 0
            return constant && declaration.initializer ? this.origin(declaration.initializer) : undefined
        }
        if (ts.isBindingElement(declaration)) return this.bound(declaration)
        if (ts.isParameter(declaration)) return this.argument(declaration)
        return undefined
    }

    /** `const { count } = joints` */
    private bound(element: ts.BindingElement): ts.Expression | undefined {
        const declaration = element.parent.parent
        if (!ts.isVariableDeclaration(declaration) || !declaration.initializer) return undefined
        if (!(ts.getCombinedNodeFlags(declaration) & ts.NodeFlags.Const) || element.initializer) return undefined
        const name = (element.propertyName ?? element.name).getText()
        const type = this.checker.getTypeAtLocation(declaration.initializer)
        const field = this.checker.getPropertyOfType(type, name)?.valueDeclaration
        if (field && this.singletons.ownerOf(field)) return this.field(field)
        const object = this.origin(declaration.initializer)
        return object && ts.isObjectLiteralExpression(object) ? this.property(object, name) : undefined
    }

    /** What a parameter is given by the only call of its function. */
    private argument(parameter: ts.ParameterDeclaration): ts.Expression | undefined {
        const owner = parameter.parent
        if (this.singletons.isAssigned(parameter)) return undefined
        const index = owner.parameters.indexOf(parameter)
        const argument = this.onlyCall(owner)?.arguments?.[index]
        return argument && this.origin(argument)
    }

    private onlyCall(owner: ts.SignatureDeclaration): ts.CallExpression | ts.NewExpression | undefined {
        if (ts.isConstructorDeclaration(owner)) return this.singletons.creation(owner.parent)
        return ts.isFunctionDeclaration(owner) ? this.singletons.onlyCall(owner) : undefined
    }

    /** What a single object's field is set to, when only its constructor sets it, once. */
    private field(field: ts.Declaration): ts.Expression | undefined {
        if (ts.isParameter(field))
            return this.singletons.writesOf(field).length === 0 ? this.argument(field) : undefined
        if (!ts.isPropertyDeclaration(field)) return undefined
        const writes = this.singletons.writesOf(field)
        if (field.initializer) return writes.length === 0 ? this.origin(field.initializer) : undefined
        const [write] = writes
        if (writes.length !== 1 || !ts.isConstructorDeclaration(ts.findAncestor(write, ts.isFunctionLike) ?? write))
            return undefined
        const assignment = write.parent
        if (!ts.isBinaryExpression(assignment) || assignment.operatorToken.kind !== ts.SyntaxKind.EqualsToken)
            return undefined
        // In a branch it may stay unset.
        const statement = assignment.parent
        if (!ts.isExpressionStatement(statement) || !ts.isConstructorDeclaration(statement.parent.parent))
            return undefined
        return this.origin(assignment.right)
    }

    private resolved(symbol: ts.Symbol | undefined): ts.Symbol | undefined {
        if (!symbol) return undefined
        return symbol.flags & ts.SymbolFlags.Alias ? this.checker.getAliasedSymbol(symbol) : symbol
    }
}

/** Fractions are left to the board, whose sums may round in another order. */
function wholeNumber(value: number): number | undefined {
    return Number.isInteger(value) && Math.abs(value) < 2 ** 30 ? value : undefined
}

/** Without casts and parentheses. */
export function withoutCasts(expression: ts.Expression): ts.Expression {
    let at = bare(expression)
    while (ts.isAsExpression(at) || ts.isNonNullExpression(at)) at = bare(at.expression)
    return at
}

/** Whether evaluating an expression does nothing: a name, `this`, or a field of such. */
export function isPath(expression: ts.Expression): boolean {
    const at = withoutCasts(expression)
    if (ts.isIdentifier(at) || at.kind === ts.SyntaxKind.ThisKeyword) return true
    return ts.isPropertyAccessExpression(at) && !at.questionDotToken && isPath(at.expression)
}
