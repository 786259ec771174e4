import ts from 'typescript'
import type { Frame, Place } from './frame'
import { Refusal } from './refusal'
import { IN_EXPRESSION } from './report'
import type { Site } from './site'
import { callForm, type CallForm, functionName, mayComplete, returnsOf } from './syntax'
import { typedText } from './types'

/** Replaces the calls that stand in written code. */
export interface CallReplacer {
    /** What replaces a statement; undefined when its call stays. */
    replacement(form: CallForm, frame: Frame): string | undefined
    /** What comes before an `if`, and its new condition; undefined when its call stays. */
    condition(form: CallForm & { kind: 'condition' }, frame: Frame): { before: string; condition: string } | undefined
}

/**
 * Writes code for a call site, on one line and without comments. It copies the source's tokens, so arithmetic stays as it was
 * written; only names change, and returns become assignments.
 */
export class Writer {
    constructor(
        private readonly site: Site,
        private readonly calls: CallReplacer,
    ) {}

    statements(statements: readonly ts.Statement[], frame: Frame, place: Place): string {
        const parts: string[] = []
        for (let i = 0; i < statements.length; i++) {
            const statement = statements[i]
            const rest = statements.slice(i + 1)
            if (place === 'end' && rest.length > 0 && isEarlyReturn(statement)) {
                // What follows an early return is its else.
                parts.push(this.ifStatement(statement, frame, 'end', rest))
                break
            }
            parts.push(this.statement(statement, frame, rest.length > 0 && place === 'end' ? 'middle' : place))
        }
        return joined(parts)
    }

    /** Text of an expression, a type or a token. */
    text(node: ts.Node, frame: Frame, place: Place = 'middle'): string {
        const { checker } = this.site.tools
        if (ts.isStatement(node)) return this.statement(node, frame, place)
        if (ts.isCallExpression(node)) this.noteInExpression(node)
        if (!frame.callee) return this.children(node, frame, place)
        if (ts.isIdentifier(node)) return this.identifier(node, frame)
        if (node.kind === ts.SyntaxKind.ThisKeyword) return frame.self
        if (ts.isShorthandPropertyAssignment(node)) {
            const symbol = checker.getShorthandAssignmentValueSymbol(node)
            return `${node.name.text}: ${symbol ? this.symbol(symbol, node.name, frame) : node.name.text}`
        }
        if (ts.isBindingElement(node) && ts.isObjectBindingPattern(node.parent)) return this.bindingElement(node, frame)
        if (ts.isPropertyAccessExpression(node)) this.site.references.reveal(checker.getSymbolAtLocation(node.name))
        return this.children(node, frame, place)
    }

    private statement(statement: ts.Statement, frame: Frame, place: Place): string {
        if (ts.isReturnStatement(statement)) return this.leave(statement, frame, place)
        if (ts.isIfStatement(statement)) return this.ifStatement(statement, frame, place)
        const form = callForm(statement)
        const replacement = form && this.calls.replacement(form, frame)
        if (replacement !== undefined) return replacement
        if (ts.isBlock(statement)) return `{ ${this.statements(statement.statements, frame, place)} }`
        const text = this.children(statement, frame, innerPlace(statement, place))
        return ENDS_ITSELF.includes(statement.kind) || text.endsWith(';') ? text : text + ';'
    }

    private ifStatement(
        statement: ts.IfStatement,
        frame: Frame,
        place: Place,
        rest: readonly ts.Statement[] = [],
    ): string {
        const form = callForm(statement)
        const written = form?.kind === 'condition' ? this.calls.condition(form, frame) : undefined
        const condition = written ? written.condition : this.text(statement.expression, frame)
        let text = `if (${condition}) ${this.branch(statement.thenStatement, frame, place)}`
        if (statement.elseStatement) text += ` else ${this.branch(statement.elseStatement, frame, place)}`
        else if (rest.length > 0) text += ` else { ${this.statements(rest, frame, place)} }`
        return written ? `{ ${joined([written.before, text])} }` : text
    }

    private branch(statement: ts.Statement, frame: Frame, place: Place): string {
        const text = this.statement(statement, frame, place)
        return ts.isBlock(statement) ? text : `{ ${text} }`
    }

    /** A return of the callee: its value goes where the call's result goes. */
    private leave(statement: ts.ReturnStatement, frame: Frame, place: Place): string {
        const form = callForm(statement)
        const replacement = form && this.calls.replacement(form, frame)
        const text = replacement ?? this.result(statement.expression, frame)
        if (frame.sink.kind === 'return' || place === 'end') return text
        if (place === 'inside') throw new Refusal('a return inside a loop, switch or try')
        frame.jumps = true
        return joined([text, 'break;'])
    }

    private result(expression: ts.Expression | undefined, frame: Frame): string {
        const { sink } = frame
        const text = expression ? this.text(expression, frame) : 'undefined'
        if (sink.kind === 'return') return `return ${text};`
        if (sink.kind === 'assign') {
            const value = expression ? typedText(text, expression, sink.type, this.site.tools.checker) : text
            return `${sink.target} = ${value};`
        }
        if (!expression || INERT.includes(expression.kind)) return ''
        return text.startsWith('{') ? `(${text});` : `${text};`
    }

    private children(node: ts.Node, frame: Frame, place: Place): string {
        const children = node.getChildren().filter(child => !ts.isJSDoc(child) && child.getWidth() > 0)
        if (children.length === 0) return node.getText()
        if (node.kind === ts.SyntaxKind.SyntaxList && children.some(ts.isStatement)) {
            return this.statements(children as ts.Statement[], frame, place)
        }
        let text = ''
        let end = children[0].getStart()
        for (const child of children) {
            if (child.getStart() > end) text += ' '
            text += this.text(child, frame, place)
            end = child.end
        }
        return text
    }

    private bindingElement(node: ts.BindingElement, frame: Frame): string {
        const { checker } = this.site.tools
        const key = node.propertyName ?? node.name
        const initial = node.initializer ? ` = ${this.text(node.initializer, frame)}` : ''
        const name = this.text(node.name, frame)
        if (node.dotDotDotToken) return `...${name}`
        if (!ts.isIdentifier(key)) return `${this.text(key, frame)}: ${name}${initial}`
        this.site.references.reveal(checker.getPropertyOfType(checker.getTypeAtLocation(node.parent), key.text))
        return `${key.text}: ${name}${initial}`
    }

    private identifier(node: ts.Identifier, frame: Frame): string {
        if (isMemberName(node)) return node.text
        const symbol = this.site.tools.checker.getSymbolAtLocation(node)
        return symbol ? this.symbol(symbol, node, frame) : node.text
    }

    private symbol(symbol: ts.Symbol, node: ts.Identifier, frame: Frame): string {
        const known = frame.names.get(symbol)
        if (known) return known
        const { references, tools } = this.site
        const declaration = symbol.declarations?.[0]
        if (ts.findAncestor(declaration?.parent, ancestor => ancestor === frame.callee)) {
            const name = this.site.variable(symbol.name)
            frame.names.set(symbol, name)
            return name
        }
        if (symbol.flags & ts.SymbolFlags.TypeParameter) throw new Refusal('its class has type parameters')
        if (references.isForeign(symbol) && tools.assignments.of(symbol).includes(node)) {
            throw new Refusal(`it assigns ${symbol.name} of its module`)
        }
        return references.name(symbol, ts.isPartOfTypeNode(node) && !ts.isTypeQueryNode(node.parent))
    }

    private noteInExpression(call: ts.CallExpression): void {
        const resolved = this.site.tools.callees.resolve(call)
        if (!resolved) return
        const name = 'reason' in resolved ? resolved.name : functionName(resolved.callee)
        this.site.tools.report.addRefused(call, name, IN_EXPRESSION)
    }
}

/** Pieces of code with a space between them. */
export function joined(parts: readonly string[]): string {
    return parts.filter(part => part !== '').join(' ')
}

function isEarlyReturn(statement: ts.Statement): statement is ts.IfStatement {
    if (!ts.isIfStatement(statement) || statement.elseStatement) return false
    return returnsOf(statement).length > 0 && !mayComplete([statement.thenStatement])
}

function innerPlace(statement: ts.Statement, place: Place): Place {
    const holdsJumps =
        ts.isIterationStatement(statement, false) || ts.isSwitchStatement(statement) || ts.isTryStatement(statement)
    return holdsJumps ? 'inside' : place
}

function isMemberName(node: ts.Identifier): boolean {
    const { parent } = node
    if (ts.isPropertyAccessExpression(parent) || ts.isPropertyAssignment(parent)) return parent.name === node
    if (ts.isPropertySignature(parent) || ts.isMethodSignature(parent)) return parent.name === node
    if (ts.isNamedTupleMember(parent)) return parent.name === node
    return ts.isQualifiedName(parent) && parent.right === node
}

const ENDS_ITSELF = [
    ts.SyntaxKind.ForStatement,
    ts.SyntaxKind.ForInStatement,
    ts.SyntaxKind.ForOfStatement,
    ts.SyntaxKind.WhileStatement,
    ts.SyntaxKind.SwitchStatement,
    ts.SyntaxKind.TryStatement,
]

/** Expressions that do nothing when their value is not used. */
const INERT = [
    ts.SyntaxKind.Identifier,
    ts.SyntaxKind.ThisKeyword,
    ts.SyntaxKind.NumericLiteral,
    ts.SyntaxKind.StringLiteral,
    ts.SyntaxKind.TrueKeyword,
    ts.SyntaxKind.FalseKeyword,
    ts.SyntaxKind.NullKeyword,
]
