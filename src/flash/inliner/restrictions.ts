import ts from 'typescript'
import { hasModifier } from './callees'
import { Refusal } from './refusal'
import { type Callee, containsFunction, walk } from './syntax'

/** What may not stand in an inlined body, and how to call it. */
const FORBIDDEN = new Map<ts.SyntaxKind, string>([
    [ts.SyntaxKind.AwaitExpression, 'await'],
    [ts.SyntaxKind.YieldExpression, 'yield'],
    [ts.SyntaxKind.SuperKeyword, 'super'],
    [ts.SyntaxKind.MetaProperty, 'new.target or import.meta'],
    [ts.SyntaxKind.PrivateIdentifier, 'a #private name'],
    [ts.SyntaxKind.LabeledStatement, 'a label'],
    [ts.SyntaxKind.ThisType, 'the type `this`'],
    [ts.SyntaxKind.ImportType, 'an import type'],
])

/** @throws Refusal when a function's or method's own form forbids inlining it */
export function checkCallee(callee: Callee): void {
    if (hasModifier(callee, ts.SyntaxKind.AsyncKeyword)) throw new Refusal('async')
    if (callee.asteriskToken) throw new Refusal('a generator')
    if (callee.typeParameters) throw new Refusal('it has type parameters')
    for (const parameter of callee.parameters) {
        if (parameter.dotDotDotToken) throw new Refusal('a rest parameter')
        if (!ts.isIdentifier(parameter.name)) throw new Refusal('a destructured parameter')
        if (parameter.name.text === 'this') throw new Refusal('a declared `this`')
    }
    if (containsFunction(callee.body) || callee.parameters.some(containsFunction)) {
        throw new Refusal('a function or class inside it')
    }
    const isStatic = hasModifier(callee, ts.SyntaxKind.StaticKeyword)
    walk(callee, node => {
        const forbidden = FORBIDDEN.get(node.kind)
        if (forbidden) throw new Refusal(forbidden + ' inside it')
        if (isStatic && node.kind === ts.SyntaxKind.ThisKeyword) throw new Refusal('`this` in a static method')
        if (ts.isIdentifier(node) && node.text === 'arguments') throw new Refusal('`arguments` inside it')
        if (ts.isVariableDeclarationList(node) && (node.flags & ts.NodeFlags.BlockScoped) === 0) {
            throw new Refusal('`var` inside it')
        }
        if (isTemplatePart(node) && node.getText().includes('\n')) {
            throw new Refusal('a template over several lines inside it')
        }
    })
}

/** @throws Refusal when a call's arguments forbid inlining it */
export function checkArguments(call: ts.CallExpression, callee: Callee): void {
    if (call.arguments.length > callee.parameters.length) throw new Refusal('more arguments than parameters')
    for (const argument of call.arguments) {
        if (ts.isSpreadElement(argument)) throw new Refusal('a spread argument')
    }
    if (containsFunction(call)) throw new Refusal('a function among the arguments')
    walk(call, node => {
        if (isTemplatePart(node) && node.getText().includes('\n')) {
            throw new Refusal('a template over several lines among the arguments')
        }
    })
}

function isTemplatePart(node: ts.Node): boolean {
    return node.kind >= ts.SyntaxKind.FirstTemplateToken && node.kind <= ts.SyntaxKind.LastTemplateToken
}
