import ts from 'typescript'
import { inlineTag } from '../inliner/callees'
import { walk } from '../inliner/syntax'
import { rewritten } from './sources'

/** Arrays with more elements stay arrays. */
const MOST = 4

/** An array whose every element has become a variable. */
interface Scalars {
    readonly elements: number
}

/**
 * Makes variables of the elements of arrays that are used by constant indices only, such as what the tick keeps of each joint
 * once its loops are written out: an element costs three operations, a variable one. Works on a program's texts, by names that
 * occur in it for one variable each.
 *
 * @param arrays names of the variables that hold the arrays. They are made and filled in their class's constructor, and nothing
 *   else sets them
 * @returns the new texts, and the arrays that are gone
 */
export function withScalars(
    texts: ReadonlyMap<string, string>,
    arrays: readonly string[],
): { texts: Map<string, string>; gone: string[] } {
    const files = new Map([...texts].map(([name, text]) => [name, parse(name, text)]))
    const found = new Map<string, Scalars>()
    const unused = unusedFunctions([...files.values()])
    for (const array of arrays) {
        const elements = elementsOf(array, [...files.values()], unused)
        if (elements !== undefined && elements > 0 && elements <= MOST) found.set(array, { elements })
    }
    const result = new Map(texts)
    for (const [name, file] of files) {
        const text = rewritten(file, node => scalar(node, found))
        if (text !== file.text.slice(file.getStart())) result.set(name, file.text.slice(0, file.getStart()) + text)
    }
    return { texts: result, gone: [...found.keys()] }
}

/** One more than the highest index; undefined when the array is used in any other way. */
function elementsOf(array: string, files: readonly ts.SourceFile[], unused: ReadonlySet<ts.Node>): number | undefined {
    let elements = 0
    let plain = true
    for (const file of files) {
        if (!file.text.includes(array)) continue
        walk(file, node => {
            if (!ts.isIdentifier(node) || node.text !== array) return
            const { parent } = node
            if (ts.findAncestor(node, at => unused.has(at))) return
            if (ts.isImportSpecifier(parent) || (ts.isVariableDeclaration(parent) && parent.name === node)) return
            if (inConstructor(node)) {
                if (!isFilling(node)) plain = false
                return
            }
            const index = constantIndex(node)
            if (index === undefined) plain = false
            else elements = Math.max(elements, index + 1)
        })
    }
    return plain ? elements : undefined
}

/** Functions and methods that were inlined wherever they were called: the compiler leaves them out. */
function unusedFunctions(files: readonly ts.SourceFile[]): Set<ts.Node> {
    const called = new Set<string>()
    const marked: (ts.FunctionDeclaration | ts.MethodDeclaration)[] = []
    for (const file of files) {
        walk(file, node => {
            if ((ts.isFunctionDeclaration(node) || ts.isMethodDeclaration(node)) && inlineTag(node)) marked.push(node)
            if (!ts.isIdentifier(node) || ts.isImportSpecifier(node.parent)) return
            if (!marked.some(({ name }) => name === node)) called.add(node.text)
        })
    }
    return new Set(marked.filter(({ name }) => name && !called.has(name.getText())))
}

function scalar(node: ts.Node, found: ReadonlyMap<string, Scalars>): string | undefined {
    if (ts.isElementAccessExpression(node) && ts.isIdentifier(node.expression) && !inConstructor(node)) {
        if (found.has(node.expression.text)) return `${node.expression.text}_${node.argumentExpression.getText()}`
    }
    if (ts.isImportSpecifier(node) && found.has(node.name.text)) return names(node.name.text, found).join(', ')
    if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) && found.has(node.name.text)) {
        const type = node.type && ts.isArrayTypeNode(node.type) ? node.type.elementType.getText() : 'any'
        const scalars = names(node.name.text, found).map(name => `${name}: ${type}`)
        return [node.getText(), ...scalars].join(', ')
    }
    if (ts.isConstructorDeclaration(node) && node.body) {
        // What was filled here is handed over at the end; the array goes, because each object lengthens every collection.
        const made = new Set<string>()
        walk(node.body, child => {
            if (ts.isIdentifier(child) && found.has(child.text)) made.add(child.text)
        })
        if (made.size === 0) return undefined
        const handed = [...made].flatMap(array => [
            ...names(array, found).map((name, index) => `${name} = ${array}[${index}]`),
            `${array} = undefined`,
        ])
        const body = node.body
        return rewritten(node, child => {
            if (child === node) return undefined
            if (child !== body) return scalar(child, found)
            const inner = rewritten(body, part => (part === body ? undefined : scalar(part, found)))
            return `${inner.slice(0, -1)}; ${handed.join('; ')} }`
        })
    }
    return undefined
}

function names(array: string, found: ReadonlyMap<string, Scalars>): string[] {
    return Array.from({ length: found.get(array)?.elements ?? 0 }, (_, index) => `${array}_${index}`)
}

function constantIndex(node: ts.Identifier): number | undefined {
    const access = node.parent
    if (!ts.isElementAccessExpression(access) || access.expression !== node) return undefined
    return ts.isNumericLiteral(access.argumentExpression) ? Number(access.argumentExpression.text) : undefined
}

/** `array = []` or `array.push(…)`: nobody else holds the array. */
function isFilling(node: ts.Identifier): boolean {
    const { parent } = node
    if (ts.isBinaryExpression(parent) && parent.left === node) {
        const made = parent.operatorToken.kind === ts.SyntaxKind.EqualsToken && parent.right
        return made && ts.isArrayLiteralExpression(made) && made.elements.length === 0
    }
    const called = ts.isPropertyAccessExpression(parent) && parent.name.text === 'push' ? parent.parent : undefined
    return called !== undefined && ts.isCallExpression(called) && ts.isExpressionStatement(called.parent)
}

function inConstructor(node: ts.Node): boolean {
    return ts.findAncestor(node, ts.isConstructorDeclaration) !== undefined
}

function parse(name: string, text: string): ts.SourceFile {
    return ts.createSourceFile(name, text, ts.ScriptTarget.ES2022, true)
}
