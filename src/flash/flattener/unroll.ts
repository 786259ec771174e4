import ts from 'typescript'
import { assignmentTarget, walk } from '../inliner/syntax'
import { type Constants, isPath } from './constants'
import { onOneLine, rewritten } from './sources'

/** A loop with more turns stays one. */
const MAX_TURNS = 4

/**
 * Writes out what is known before the program runs: loops over all joints (`for (let i = 0; i < n; i++)` where n is small),
 * branches that are never or always taken, sums of numbers. Lines keep their numbers: a loop of many lines is written on its first,
 * and empty ones follow. That is done where the loop indexes arrays, whose elements can then become variables.
 */
export class Unroller {
    /** Loops written out so far. */
    count = 0

    constructor(
        private readonly checker: ts.TypeChecker,
        private readonly constants: Constants,
    ) {}

    /** A file's new text; undefined when there is nothing to write out. */
    file(file: ts.SourceFile): string | undefined {
        const before = this.count
        const text = rewritten(file, node => this.known(node))
        return text === file.text.slice(file.getStart()) && this.count === before ? undefined : text
    }

    private known(node: ts.Node): string | undefined {
        if (ts.isForStatement(node)) return this.loop(node)
        if (ts.isIfStatement(node)) return this.branch(node)
        if (ts.isConditionalExpression(node)) return this.choice(node)
        if (ts.isBinaryExpression(node) || isNamedIndex(node)) return this.constants.number(node)?.toString()
        return undefined
    }

    private branch(node: ts.IfStatement): string | undefined {
        const holds = this.constants.truth(node.expression)
        const lines = node.getText().split('\n').length - 1
        if (holds === undefined || (lines > 0 && (holds || node.elseStatement))) return undefined
        if (lines > 0) return `{ }${'\n'.repeat(lines)}`
        const taken = holds ? node.thenStatement : node.elseStatement
        return taken ? `{ ${rewritten(taken, child => this.known(child))} }` : '{ }'
    }

    private choice(node: ts.ConditionalExpression): string | undefined {
        const holds = this.constants.truth(node.condition)
        if (holds === undefined || node.getText().includes('\n')) return undefined
        const text = rewritten(holds ? node.whenTrue : node.whenFalse, child => this.known(child))
        // A statement's block may follow, and parentheses before it would be read as an arrow function's.
        return /^[\w.]+$/.test(text) ? text : `(${text})`
    }

    private loop(node: ts.ForStatement): string | undefined {
        const counted = this.counted(node)
        if (!counted || !this.isFree(node.statement, counted.symbol)) return undefined
        this.count++
        const turns: string[] = []
        for (let i = 0; i < counted.turns; i++) turns.push(this.turn(node.statement, counted.symbol, i))
        const text = `{ ${turns.join(' ')} }`
        const lines = node.getText().split('\n').length - 1
        return lines === 0 ? text : onOneLine(text) + '\n'.repeat(lines)
    }

    /** The loop's body for one value of its variable. */
    private turn(body: ts.Statement, variable: ts.Symbol, value: number): string {
        const text = rewritten(body, node => {
            if (node === body || !ts.isIdentifier(node)) return this.known(node)
            return this.checker.getSymbolAtLocation(node) === variable ? String(value) : undefined
        })
        return ts.isBlock(body) ? text : `{ ${text} }`
    }

    private counted(node: ts.ForStatement): { symbol: ts.Symbol; turns: number } | undefined {
        const { initializer, condition, incrementor } = node
        if (!initializer || !ts.isVariableDeclarationList(initializer) || !condition || !incrementor) return undefined
        const [declaration, ...others] = initializer.declarations
        if (others.length > 0 || !ts.isIdentifier(declaration.name) || declaration.initializer?.getText() !== '0')
            return
        const symbol = this.checker.getSymbolAtLocation(declaration.name)
        const isVariable = (expression: ts.Node) => this.checker.getSymbolAtLocation(expression) === symbol
        if (!symbol || !ts.isBinaryExpression(condition) || !isVariable(condition.left)) return undefined
        if (condition.operatorToken.kind !== ts.SyntaxKind.LessThanToken) return undefined
        if (!ts.isPostfixUnaryExpression(incrementor) || incrementor.operator !== ts.SyntaxKind.PlusPlusToken)
            return undefined
        if (!isVariable(incrementor.operand)) return undefined
        if (node.getText().includes('\n') && !this.mayBeJoined(node, symbol)) return undefined
        const turns = this.constants.number(condition.right)
        return turns !== undefined && turns <= MAX_TURNS ? { symbol, turns } : undefined
    }

    /** Whether a loop of many lines is worth writing out, and can be. */
    private mayBeJoined(loop: ts.ForStatement, variable: ts.Symbol): boolean {
        let indexes = false
        walk(loop.statement, node => {
            if (!ts.isElementAccessExpression(node)) return
            if (this.checker.getSymbolAtLocation(node.argumentExpression) === variable) indexes = true
        })
        // An array is filled as it is written, in its class's constructor.
        return indexes && !ts.findAncestor(loop, ts.isConstructorDeclaration) && !loop.getText().includes('`')
    }

    /** The body neither leaves the loop, nor sets its variable, nor keeps it in a closure. */
    private isFree(body: ts.Statement, variable: ts.Symbol): boolean {
        let free = true
        walk(body, node => {
            if (ts.isFunctionLike(node) || ts.isReturnStatement(node) || ts.isLabeledStatement(node)) free = false
            if (ts.isBreakOrContinueStatement(node) && !isInside(node, body)) free = false
            if (ts.isShorthandPropertyAssignment(node) && node.name.text === variable.name) free = false
            const target = assignmentTarget(node)
            if (target && this.checker.getSymbolAtLocation(target) === variable) free = false
        })
        return free
    }
}

/** Whether what a `break` or `continue` ends is itself inside a body. */
function isInside(node: ts.Node, body: ts.Node): boolean {
    for (let at = node.parent; at; at = at.parent) {
        if (ts.isIterationStatement(at, false) || (ts.isSwitchStatement(at) && ts.isBreakStatement(node))) return true
        if (at === body) return false
    }
    return false
}

/** `names.left` in `array[names.left]` */
function isNamedIndex(node: ts.Node): node is ts.Expression {
    const { parent } = node as { parent?: ts.Node }
    if (!parent || !ts.isElementAccessExpression(parent) || parent.argumentExpression !== node) return false
    return isPath(node as ts.Expression)
}
