import ts from 'typescript'
import type { ResultType } from './frame'

const CONTAINERS = [
    ts.SyntaxKind.Identifier,
    ts.SyntaxKind.ThisKeyword,
    ts.SyntaxKind.NumericLiteral,
    ts.SyntaxKind.StringLiteral,
    ts.SyntaxKind.TrueKeyword,
    ts.SyntaxKind.FalseKeyword,
    ts.SyntaxKind.NullKeyword,
    ts.SyntaxKind.PropertyAccessExpression,
    ts.SyntaxKind.ElementAccessExpression,
    ts.SyntaxKind.CallExpression,
    ts.SyntaxKind.ParenthesizedExpression,
]

const PRIMITIVE = ts.TypeFlags.Number | ts.TypeFlags.String | ts.TypeFlags.Boolean | ts.TypeFlags.Void

/** How a type is written that any file can write; undefined for others. */
export function primitiveText(type: ts.Type, checker: ts.TypeChecker): string | undefined {
    return (type.flags & PRIMITIVE) !== 0 ? checker.typeToString(type) : undefined
}

/** Whether code written for one type sees no difference when it gets the other. */
export function isSameType(from: ts.Type, to: ts.Type, checker: ts.TypeChecker): boolean {
    const [a, b] = [from, to].map(type => checker.getBaseConstraintOfType(type) ?? type)
    const any = ts.TypeFlags.Any
    if ((a.flags & any) !== (b.flags & any)) return false
    if ((a.flags & ts.TypeFlags.Object) !== 0 && (b.flags & ts.TypeFlags.Object) !== 0) return true
    return checker.isTypeAssignableTo(a, b) && checker.isTypeAssignableTo(b, a)
}

/**
 * An expression's text with the type that parameter or result declares. Without it the compiler would know more than it did
 * in the callee (`true` instead of `boolean`), and report comparisons that cannot succeed here.
 */
export function typedText(text: string, node: ts.Expression, wanted: ResultType, checker: ts.TypeChecker): string {
    if (isSameType(checker.getTypeAtLocation(node), wanted.type, checker)) return text
    return `${CONTAINERS.includes(node.kind) ? text : `(${text})`} as ${wanted.text}`
}

/** Whether an expression's value is never `undefined`, so that a parameter's default does not apply. */
export function isNeverUndefined(node: ts.Expression): boolean {
    if (ts.isParenthesizedExpression(node) || ts.isAsExpression(node)) return isNeverUndefined(node.expression)
    if (ts.isBinaryExpression(node)) {
        const { kind } = node.operatorToken
        return ARITHMETIC.includes(kind)
    }
    return DEFINED.includes(node.kind)
}

const DEFINED = [
    ts.SyntaxKind.NumericLiteral,
    ts.SyntaxKind.StringLiteral,
    ts.SyntaxKind.NoSubstitutionTemplateLiteral,
    ts.SyntaxKind.TemplateExpression,
    ts.SyntaxKind.TrueKeyword,
    ts.SyntaxKind.FalseKeyword,
    ts.SyntaxKind.NullKeyword,
    ts.SyntaxKind.ThisKeyword,
    ts.SyntaxKind.PrefixUnaryExpression,
    ts.SyntaxKind.PostfixUnaryExpression,
    ts.SyntaxKind.ObjectLiteralExpression,
    ts.SyntaxKind.ArrayLiteralExpression,
    ts.SyntaxKind.NewExpression,
    ts.SyntaxKind.TypeOfExpression,
]

const ARITHMETIC = [
    ts.SyntaxKind.PlusToken,
    ts.SyntaxKind.MinusToken,
    ts.SyntaxKind.AsteriskToken,
    ts.SyntaxKind.SlashToken,
    ts.SyntaxKind.PercentToken,
    ts.SyntaxKind.AmpersandToken,
    ts.SyntaxKind.BarToken,
    ts.SyntaxKind.CaretToken,
    ts.SyntaxKind.LessThanLessThanToken,
    ts.SyntaxKind.GreaterThanGreaterThanToken,
    ts.SyntaxKind.GreaterThanGreaterThanGreaterThanToken,
    ts.SyntaxKind.LessThanToken,
    ts.SyntaxKind.LessThanEqualsToken,
    ts.SyntaxKind.GreaterThanToken,
    ts.SyntaxKind.GreaterThanEqualsToken,
    ts.SyntaxKind.EqualsEqualsEqualsToken,
    ts.SyntaxKind.ExclamationEqualsEqualsToken,
]
