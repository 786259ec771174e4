import ts from 'typescript'
import type { ResolvedCall } from './callees'
import type { Frame, ResultType } from './frame'
import { Refusal } from './refusal'
import type { Site } from './site'
import { type Callee, enclosingFunction } from './syntax'
import { isNeverUndefined, isSameType, primitiveText, typedText } from './types'
import type { Writer } from './writer'

/** Hands a call's receiver and arguments to the inlined body: as names of the call site where that is the same, else in variables. */
export class Parameters {
    constructor(
        private readonly site: Site,
        private readonly writer: Writer,
    ) {}

    /** What stands for `this`. Adds statements to `bindings`. */
    self(call: ts.CallExpression, { receiver, castTo }: ResolvedCall, outer: Frame, bindings: string[]): string {
        if (!receiver) return 'undefined'
        if (receiver.kind === ts.SyntaxKind.ThisKeyword) return outer.self
        const text = this.writer.text(receiver, outer)
        if (!castTo && ts.isIdentifier(receiver) && this.isSteady(receiver, call, outer)) return text
        const name = this.site.variable(baseName(receiver))
        bindings.push(`const ${name} = ${text}${castTo ? ` as unknown as ${this.className(castTo)}` : ''};`)
        return name
    }

    /** Names a callee's parameters in `frame`. Adds statements to `bindings`. */
    bind(call: ts.CallExpression, callee: Callee, outer: Frame, frame: Frame, bindings: string[]): void {
        const defaults: string[] = []
        callee.parameters.forEach((parameter, index) => {
            const symbol = this.symbol(parameter.name)
            const isAssigned = this.site.tools.assignments.of(symbol).length > 0
            const type = this.type(parameter.type, this.site.tools.checker.getTypeOfSymbol(symbol), frame)
            const given = call.arguments[index] as ts.Expression | undefined
            const argument = given && ts.isIdentifier(given) && given.text === 'undefined' ? undefined : given
            const { initializer } = parameter
            const mayDefault = argument !== undefined && initializer !== undefined && !isNeverUndefined(argument)
            if (argument && !isAssigned && !mayDefault && this.isSubstitutable(argument, call, outer, type.type)) {
                frame.names.set(symbol, this.writer.text(argument, outer))
                return
            }
            const name = this.site.variable(symbol.name)
            frame.names.set(symbol, name)
            const declared = isAssigned || mayDefault ? `let ${name}: ${type.text}` : `const ${name}`
            if (argument) bindings.push(`${declared} = ${this.typed(argument, outer, type)};`)
            else if (!initializer) bindings.push(`${declared} = undefined as ${type.text};`)
            else defaults.push(`${declared} = ${this.typed(initializer, frame, type)};`)
            if (mayDefault)
                defaults.push(`if (${name} === undefined) ${name} = ${this.typed(initializer, frame, type)};`)
        })
        // Arguments are evaluated before any default is.
        bindings.push(...defaults)
    }

    /** A declared type, as the call site can write it. @throws Refusal when it is not written and not primitive */
    type(node: ts.TypeNode | undefined, type: ts.Type, frame: Frame): ResultType {
        const text = node ? this.writer.text(node, frame) : primitiveText(type, this.site.tools.checker)
        if (text === undefined) throw new Refusal('the types of its parameters and result must be written')
        return { type, text }
    }

    /** Whether a name means the same from the call's first argument to the end of the inlined body. */
    isSteady(name: ts.Identifier, call: ts.CallExpression, frame: Frame): boolean {
        const { checker, assignments } = this.site.tools
        let symbol = checker.getSymbolAtLocation(name)
        if (symbol && symbol.flags & ts.SymbolFlags.Alias) symbol = checker.getAliasedSymbol(symbol)
        const declaration = symbol?.valueDeclaration
        if (!symbol || !declaration) return false
        const isVariable = ts.isVariableDeclaration(declaration) || ts.isBindingElement(declaration)
        if (!isVariable && !ts.isParameter(declaration)) return true
        if (ts.getCombinedNodeFlags(declaration) & ts.NodeFlags.Const) return true
        const home = enclosingFunction(declaration)
        // A module's variable, or a surrounding function's, may change in any call.
        if (!home || home !== (frame.callee ?? enclosingFunction(call))) return false
        return assignments.of(symbol).every(assigned => {
            const isInCall = assigned.pos >= call.pos && assigned.end <= call.end
            return enclosingFunction(assigned) === home && !isInCall
        })
    }

    private isSubstitutable(argument: ts.Expression, call: ts.CallExpression, outer: Frame, wanted: ts.Type): boolean {
        const { checker } = this.site.tools
        if (!isSameType(checker.getTypeAtLocation(argument), wanted, checker)) return false
        if (argument.kind === ts.SyntaxKind.ThisKeyword) return true
        return ts.isIdentifier(argument) && this.isSteady(argument, call, outer)
    }

    private typed(expression: ts.Expression, frame: Frame, type: ResultType): string {
        return typedText(this.writer.text(expression, frame), expression, type, this.site.tools.checker)
    }

    private className(owner: ts.ClassDeclaration): string {
        if (owner.typeParameters || !owner.name) throw new Refusal('its class has type parameters or no name')
        return this.site.references.name(this.symbol(owner.name), true)
    }

    private symbol(name: ts.Node): ts.Symbol {
        const symbol = this.site.tools.checker.getSymbolAtLocation(name)
        if (!symbol) throw new Refusal(`${name.getText()} is not known`)
        return symbol
    }
}

/** What to call a variable that holds a receiver. */
function baseName(receiver: ts.Expression): string {
    if (ts.isIdentifier(receiver)) return receiver.text
    return ts.isPropertyAccessExpression(receiver) ? receiver.name.text : 'self'
}
