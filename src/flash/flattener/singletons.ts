import ts from 'typescript'
import { hasModifier } from '../inliner/callees'
import { Modules } from '../inliner/modules'
import { assignmentTarget, enclosingFunction, walk } from '../inliner/syntax'

/** A field, as it is declared: `x = 0`, or a constructor's `readonly x: number`. */
export type Field = ts.PropertyDeclaration | ts.ParameterPropertyDeclaration

/**
 * The classes of which a program makes one object: written once, in a place that runs once. A place runs once when it is at
 * module level, in such a class's constructor, or in a function or such a class's method that is called once from such a
 * place; and in no loop.
 */
export class Singletons {
    readonly classes: ts.ClassDeclaration[] = []
    private readonly creations = new Map<ts.Symbol, ts.NewExpression[]>()
    /** Uses of each function's and method's name, imports left out. */
    private readonly uses = new Map<ts.Symbol, ts.Identifier[]>()
    private readonly writes = new Map<ts.Symbol, ts.Node[]>()
    private readonly once = new Map<ts.Node, boolean>()

    constructor(
        program: ts.Program,
        private readonly checker: ts.TypeChecker,
        modules: Modules,
    ) {
        const classes: ts.ClassDeclaration[] = []
        for (const file of program.getSourceFiles()) {
            if (file.isDeclarationFile) continue
            walk(file, node => {
                if (ts.isClassDeclaration(node) && modules.isOwn(file)) classes.push(node)
                else this.note(node)
            })
        }
        const bases = new Set(classes.flatMap(node => this.basesOf(node)))
        for (const node of classes) {
            const symbol = this.symbolOf(node)
            if (symbol && !bases.has(symbol) && isPlain(node) && this.creation(node)) this.classes.push(node)
        }
    }

    /** The only `new` of a class, when it runs once. */
    creation(node: ts.ClassLikeDeclaration): ts.NewExpression | undefined {
        const symbol = this.symbolOf(node)
        const [creation, ...others] = (symbol && this.creations.get(symbol)) ?? []
        return creation && others.length === 0 && this.runsOnce(creation) ? creation : undefined
    }

    /** The only call of a function, when it is used in no other way. */
    onlyCall(node: ts.FunctionDeclaration): ts.CallExpression | undefined {
        const symbol = this.symbolOf(node)
        const [use, ...others] = (symbol && this.uses.get(symbol)) ?? []
        if (!use || others.length > 0) return undefined
        return ts.isCallExpression(use.parent) && use.parent.expression === use ? use.parent : undefined
    }

    /** The single object's class that a field belongs to. */
    ownerOf(field: ts.Declaration): ts.ClassDeclaration | undefined {
        const owner = ts.isParameter(field) ? field.parent.parent : field.parent
        if (!ts.isPropertyDeclaration(field) && !ts.isParameterPropertyDeclaration(field, field.parent))
            return undefined
        return this.classes.find(node => node === owner)
    }

    /** Where a field is written but by its declaration. */
    writesOf(field: ts.Declaration): ts.Node[] {
        const symbols = this.fieldSymbols(field)
        return symbols.flatMap(symbol => this.writes.get(symbol) ?? [])
    }

    /** Whether a parameter gets another value in its function. */
    isAssigned(parameter: ts.ParameterDeclaration): boolean {
        const symbol = this.checker.getSymbolAtLocation(parameter.name)
        return symbol !== undefined && (this.writes.get(symbol)?.length ?? 0) > 0
    }

    /** A parameter property is a parameter and a field: two symbols. */
    private fieldSymbols(field: ts.Declaration): ts.Symbol[] {
        const name = (field as ts.NamedDeclaration).name as ts.Node
        if (ts.isParameter(field) && ts.isParameterPropertyDeclaration(field, field.parent)) {
            return this.checker.getSymbolsOfParameterPropertyDeclaration(field, (name as ts.Identifier).text)
        }
        const symbol = this.checker.getSymbolAtLocation(name)
        return symbol ? [symbol] : []
    }

    private runsOnce(node: ts.Node): boolean {
        let known = this.once.get(node)
        if (known === undefined) {
            this.once.set(node, false)
            known = this.search(node)
            this.once.set(node, known)
        }
        return known
    }

    private search(node: ts.Node): boolean {
        const owner = enclosingFunction(node)
        for (let at = node.parent; at && at !== owner; at = at.parent)
            if (ts.isIterationStatement(at, false)) return false
        if (!owner) {
            const field = ts.findAncestor(node, ts.isPropertyDeclaration)
            return !field || (ts.isClassLike(field.parent) && this.creation(field.parent) !== undefined)
        }
        if (ts.isConstructorDeclaration(owner)) return this.creation(owner.parent) !== undefined
        if (ts.isMethodDeclaration(owner)) {
            if (!ts.isClassLike(owner.parent) || !this.creation(owner.parent)) return false
        } else if (!ts.isFunctionDeclaration(owner)) return false
        const symbol = owner.name && this.checker.getSymbolAtLocation(owner.name)
        const [use, ...others] = (symbol && this.uses.get(symbol)) ?? []
        if (!use || others.length > 0) return false
        // `main()` or, as a fiber, `main.start()`.
        const path = ts.isPropertyAccessExpression(use.parent) && use.parent.name === use ? use.parent : use
        const started = ts.isPropertyAccessExpression(path.parent) && path.parent.name.text === 'start'
        const callee = started ? path.parent : path
        return ts.isCallExpression(callee.parent) && callee.parent.expression === callee && this.runsOnce(callee.parent)
    }

    private note(node: ts.Node): void {
        if (ts.isNewExpression(node)) add(this.creations, this.resolved(node.expression), node)
        if (ts.isIdentifier(node) && !ts.isImportSpecifier(node.parent) && !isDeclared(node)) {
            const symbol = this.resolved(node)
            const callable = ts.SymbolFlags.Function | ts.SymbolFlags.Method
            if (symbol && symbol.flags & callable) add(this.uses, symbol, node)
        }
        const target = assignmentTarget(node)
        if (target) {
            const name = ts.isPropertyAccessExpression(target) ? target.name : target
            const symbol = this.checker.getSymbolAtLocation(name)
            if (symbol) add(this.writes, symbol, target)
        }
    }

    private basesOf(node: ts.ClassDeclaration): ts.Symbol[] {
        const clauses = (node.heritageClauses ?? []).filter(({ token }) => token === ts.SyntaxKind.ExtendsKeyword)
        return clauses.flatMap(({ types }) => types.flatMap(({ expression }) => this.resolved(expression) ?? []))
    }

    private resolved(node: ts.Node): ts.Symbol | undefined {
        const symbol = this.checker.getSymbolAtLocation(node)
        return symbol && symbol.flags & ts.SymbolFlags.Alias ? this.checker.getAliasedSymbol(symbol) : symbol
    }

    private symbolOf(node: ts.ClassLikeDeclaration | ts.FunctionDeclaration): ts.Symbol | undefined {
        return node.name && this.checker.getSymbolAtLocation(node.name)
    }
}

/** Nothing but fields, methods and a constructor; it extends nothing and is no template. */
function isPlain(node: ts.ClassDeclaration): boolean {
    if (!node.name || node.typeParameters || hasModifier(node, ts.SyntaxKind.AbstractKeyword)) return false
    if (node.heritageClauses?.some(({ token }) => token === ts.SyntaxKind.ExtendsKeyword)) return false
    return node.members.every(member => !ts.isAccessor(member) && !ts.isClassStaticBlockDeclaration(member))
}

function isDeclared(node: ts.Identifier): boolean {
    return (node.parent as Partial<ts.NamedDeclaration>).name === node && !ts.isPropertyAccessExpression(node.parent)
}

function add<K, V>(lists: Map<K, V[]>, key: K | undefined, value: V): void {
    if (key === undefined) return
    const list = lists.get(key)
    if (list) list.push(value)
    else lists.set(key, [value])
}
