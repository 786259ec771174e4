import ts from 'typescript'
import { isAssignment, walk } from '../inliner/syntax'
import { isPath, withoutCasts } from './constants'
import { rewritten } from './sources'

/**
 * Takes out constants that only stand for something else: unused ones, and those that name a variable which keeps its value.
 * Works on a file's text alone, by names: only a name that is declared once in the file counts.
 *
 * @param stable variables that nothing sets once they are used
 */
export function withoutCopies(name: string, text: string, stable: ReadonlySet<string>): string {
    for (;;) {
        const file = ts.createSourceFile(name, text, ts.ScriptTarget.ES2022, true)
        const next = pass(file, stable)
        if (next === undefined) return text
        text = next
    }
}

function pass(file: ts.SourceFile, stable: ReadonlySet<string>): string | undefined {
    const seen = new Map<string, number>()
    const declarations = new Map<string, ts.VariableDeclaration[]>()
    const otherwise = new Set<string>()
    walk(file, node => {
        if (!ts.isIdentifier(node)) return
        seen.set(node.text, (seen.get(node.text) ?? 0) + 1)
        const { parent } = node
        if (ts.isVariableDeclaration(parent) && parent.name === node) {
            declarations.set(node.text, [...(declarations.get(node.text) ?? []), parent])
        } else if (isProperty(node) || (parent as Partial<ts.NamedDeclaration>).name === node) otherwise.add(node.text)
    })
    /** What each of those constants is replaced by; undefined: nothing uses it. */
    const gone = new Map<string, string | undefined>()
    for (const [name, [declaration, ...others]] of declarations) {
        const { initializer } = declaration
        if (others.length > 0 || otherwise.has(name) || !isLocal(declaration) || !initializer) continue
        if (seen.get(name) === 1) {
            if (isPure(initializer)) gone.set(name, undefined)
        } else if (isConstant(declaration) && isPath(initializer) && isStable(initializer, stable, gone))
            gone.set(name, `(${initializer.getText()})`)
    }
    if (gone.size === 0) return undefined
    const text = rewritten(file, node => {
        if (ts.isVariableStatement(node)) return statement(node, gone)
        if (!ts.isIdentifier(node) || !gone.has(node.text)) return undefined
        return gone.get(node.text)?.replace(/^\((\w+)\)$/, '$1')
    })
    return file.text.slice(0, file.getStart()) + text
}

/** A statement without the declarations that go; undefined when it stays as it is. */
function statement(node: ts.VariableStatement, gone: Map<string, string | undefined>): string | undefined {
    const { declarations } = node.declarationList
    const kept = declarations.filter(({ name }) => !ts.isIdentifier(name) || !gone.has(name.text))
    if (kept.length === declarations.length) return undefined
    const ends = '\n'.repeat(node.getText().split('\n').length - 1)
    if (kept.length === 0) return ends
    const texts = kept.map(declaration =>
        rewritten(declaration, child =>
            ts.isIdentifier(child) ? gone.get(child.text)?.replace(/^\((\w+)\)$/, '$1') : undefined,
        ).replace(/\s*\n\s*/g, ' '),
    )
    return `${node.declarationList.flags & ts.NodeFlags.Const ? 'const' : 'let'} ${texts.join(', ')};${ends}`
}

function isLocal({ parent }: ts.VariableDeclaration): boolean {
    return (
        ts.isVariableDeclarationList(parent) &&
        ts.isVariableStatement(parent.parent) &&
        !ts.isSourceFile(parent.parent.parent)
    )
}

function isConstant({ parent }: ts.VariableDeclaration): boolean {
    return (parent.flags & ts.NodeFlags.Const) !== 0
}

/** Whether working an expression out changes nothing. */
function isPure(expression: ts.Expression): boolean {
    const at = withoutCasts(expression)
    if (isPath(at) || ts.isNumericLiteral(at)) return true
    if (ts.isElementAccessExpression(at)) return isPure(at.expression) && isPure(at.argumentExpression)
    return ts.isBinaryExpression(at) && !isAssignment(at) && isPure(at.left) && isPure(at.right)
}

/** The name of a variable that keeps its value, perhaps with a cast. What is itself replaced now has to wait its turn. */
function isStable(node: ts.Expression, stable: ReadonlySet<string>, gone: Map<string, string | undefined>): boolean {
    if (ts.isAsExpression(node) || ts.isParenthesizedExpression(node)) return isStable(node.expression, stable, gone)
    return ts.isIdentifier(node) && stable.has(node.text) && !gone.has(node.text)
}

/** `a` in `b.a` and in `{ a }`. */
function isProperty(node: ts.Identifier): boolean {
    const { parent } = node
    return (
        (ts.isPropertyAccessExpression(parent) && parent.name === node) ||
        ts.isShorthandPropertyAssignment(parent) ||
        ts.isBindingElement(parent)
    )
}
