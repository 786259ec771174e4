import ts from 'typescript'
import { bare, type Callee, functionName, walk } from './syntax'

/** A call whose only possible callee is marked `@inline`. */
export interface ResolvedCall {
    readonly callee: Callee
    /** What stands before the dot; undefined for a function or a static method. */
    readonly receiver?: ts.Expression
    /** The callee's class, where the receiver's type is another, such as an interface. */
    readonly castTo?: ts.ClassDeclaration
}

/** A call that may reach a marked callee, and why it cannot be inlined. */
export interface UnresolvedCall {
    readonly name: string
    readonly reason: string
}

const TAG = 'inline'

/** The `@inline` tag of a declaration's doc comment. */
export function inlineTag(node: ts.Node): ts.JSDocTag | undefined {
    return ts.getJSDocTags(node).find(tag => tag.tagName.text === TAG)
}

/** Finds what a call runs. */
export class Callees {
    private readonly classes: ts.ClassDeclaration[] = []
    private readonly literals: ts.ObjectLiteralExpression[] = []
    private readonly known = new Map<ts.CallExpression, ResolvedCall | UnresolvedCall | undefined>()

    constructor(
        program: ts.Program,
        private readonly checker: ts.TypeChecker,
    ) {
        for (const file of program.getSourceFiles()) {
            if (file.isDeclarationFile) continue
            walk(file, node => {
                if (ts.isClassDeclaration(node)) this.classes.push(node)
                else if (ts.isObjectLiteralExpression(node)) this.literals.push(node)
            })
        }
    }

    /** Undefined for a call that cannot reach a marked callee. */
    resolve(call: ts.CallExpression): ResolvedCall | UnresolvedCall | undefined {
        if (!this.known.has(call)) this.known.set(call, this.search(call))
        return this.known.get(call)
    }

    private search(call: ts.CallExpression): ResolvedCall | UnresolvedCall | undefined {
        const called = bare(call.expression)
        const property = ts.isPropertyAccessExpression(called) ? called : undefined
        let symbol = this.checker.getSymbolAtLocation(property ? property.name : called)
        if (symbol && symbol.flags & ts.SymbolFlags.Alias) symbol = this.checker.getAliasedSymbol(symbol)
        const declaration = symbol?.valueDeclaration ?? symbol?.declarations?.[0]
        if (!symbol || !declaration) return undefined
        if (ts.isFunctionDeclaration(declaration) || isStatic(declaration)) {
            const reason = ts.isOptionalChain(called) ? 'an optional call' : undefined
            return this.single(symbol.declarations ?? [], undefined, reason)
        }
        if (!property || !(ts.isMethodDeclaration(declaration) || ts.isMethodSignature(declaration))) return undefined
        const receiver = bare(property.expression)
        if (receiver.kind === ts.SyntaxKind.SuperKeyword)
            return this.single([declaration], undefined, 'a call of super')
        const methods = this.methods(receiver, symbol.name)
        if (ts.isMethodDeclaration(declaration) && declaration.body) methods.unshift(declaration)
        if (!methods.some(method => inlineTag(method))) return undefined
        const owners = [...new Set(methods)].map(method => functionName(method))
        if (owners.length > 1) {
            return { name: owners.join(' | '), reason: 'more than one could be called: ' + owners.join(', ') }
        }
        const reason = ts.isOptionalChain(called) || call.questionDotToken ? 'an optional call' : undefined
        return this.single(methods.slice(0, 1), receiver, reason)
    }

    private single(
        declarations: readonly ts.Node[],
        receiver: ts.Expression | undefined,
        reason: string | undefined,
    ): ResolvedCall | UnresolvedCall | undefined {
        const marked = declarations.find(declaration => inlineTag(declaration))
        if (!marked) return undefined
        const name = functionName(marked)
        if (reason) return { name, reason }
        if (!ts.isFunctionDeclaration(marked) && !ts.isMethodDeclaration(marked)) {
            return { name, reason: 'neither a function declaration nor a method of a class' }
        }
        if (declarations.length > 1) return { name, reason: 'overloaded' }
        if (!marked.body) return { name, reason: 'has no body' }
        const callee = marked as Callee
        if (!receiver || receiver.kind === ts.SyntaxKind.ThisKeyword) return { callee, receiver }
        const owner = callee.parent as ts.ClassDeclaration
        const known = this.checker.isTypeAssignableTo(this.checker.getTypeAtLocation(receiver), this.classType(owner))
        return { callee, receiver, castTo: known ? undefined : owner }
    }

    /**
     * Every method that `receiver.name()` may run: of each class in the program whose objects may stand there. An object
     * literal that may stand there counts too. (A cast from `unknown` escapes this.)
     */
    private methods(receiver: ts.Expression, name: string): ts.Node[] {
        const self = receiver.kind === ts.SyntaxKind.ThisKeyword ? enclosingClass(receiver) : undefined
        const written = this.checker.getNonNullableType(this.checker.getTypeAtLocation(receiver))
        const type = this.checker.getBaseConstraintOfType(written) ?? written
        const found: ts.Node[] = []
        for (const declaration of this.classes) {
            const classType = this.classType(declaration)
            const method = this.checker.getPropertyOfType(classType, name)?.valueDeclaration
            if (!method || hasModifier(method, ts.SyntaxKind.AbstractKeyword)) continue
            if (self ? this.extends(declaration, self) : this.fits(declaration, type)) found.push(method)
        }
        if (self) return found
        for (const literal of this.literals) {
            const literalType = this.checker.getTypeAtLocation(literal)
            const method = this.checker.getPropertyOfType(literalType, name)?.valueDeclaration
            if (method && this.checker.isTypeAssignableTo(literalType, type)) found.push(method)
        }
        return found
    }

    /** Whether an object of a class may stand where a type is asked for. Of a class with type parameters, names decide. */
    private fits(declaration: ts.ClassDeclaration, type: ts.Type): boolean {
        const classType = this.classType(declaration)
        if (this.checker.isTypeAssignableTo(classType, type)) return true
        if (!declaration.typeParameters) return false
        return type.getProperties().every(({ name }) => this.checker.getPropertyOfType(classType, name))
    }

    private classType(declaration: ts.ClassDeclaration): ts.Type {
        return this.checker.getTypeAtLocation(declaration)
    }

    private extends(declaration: ts.ClassDeclaration, base: ts.Node): boolean {
        if (declaration === base) return true
        return (this.classType(declaration).getBaseTypes() ?? []).some(type => {
            const parent = type.symbol?.valueDeclaration
            return parent && ts.isClassDeclaration(parent) ? this.extends(parent, base) : false
        })
    }
}

/** The class that a node is written in. */
export function enclosingClass(node: ts.Node): ts.ClassLikeDeclaration | undefined {
    for (let at = node.parent; at; at = at.parent) if (ts.isClassLike(at)) return at
    return undefined
}

function isStatic(node: ts.Node): boolean {
    return ts.isMethodDeclaration(node) && hasModifier(node, ts.SyntaxKind.StaticKeyword)
}

/** Whether a declaration has a modifier. */
export function hasModifier(node: ts.Node, kind: ts.SyntaxKind): boolean {
    return ts.canHaveModifiers(node) && (ts.getModifiers(node)?.some(modifier => modifier.kind === kind) ?? false)
}
