import ts from 'typescript'
import { enclosingClass, hasModifier } from './callees'
import type { Changes } from './changes'
import type { Modules } from './modules'
import type { Names } from './names'
import { Refusal } from './refusal'

interface Visible {
    readonly name: string
    readonly typeOnly: boolean
}

/** How code that moves to a call site names what is outside it: by imports, exports and public members added as needed. */
export class References {
    private readonly visible = new Map<ts.Symbol, Visible>()
    private readonly file: ts.SourceFile

    constructor(
        private readonly site: ts.Node,
        private readonly checker: ts.TypeChecker,
        private readonly modules: Modules,
        private readonly names: Names,
        private readonly changes: Changes,
        /** Names of this file's added imports, by what they import. Shared by all its call sites. */
        private readonly added: Map<ts.Symbol, Map<boolean, string>>,
    ) {
        this.file = site.getSourceFile()
        const meaning = ts.SymbolFlags.Value | ts.SymbolFlags.Type | ts.SymbolFlags.Namespace | ts.SymbolFlags.Alias
        for (const symbol of checker.getSymbolsInScope(site, meaning)) {
            const typeOnly = symbol.declarations?.some(ts.isTypeOnlyImportDeclaration) ?? false
            this.visible.set(this.resolved(symbol), { name: symbol.name, typeOnly })
        }
    }

    /**
     * The call site's name for a symbol from outside the moved code.
     *
     * @param type whether it stands for a type
     * @throws Refusal
     */
    name(symbol: ts.Symbol, type: boolean): string {
        const target = this.resolved(symbol)
        const visible = this.visible.get(target)
        if (visible && (type || !visible.typeOnly)) return visible.name
        const known = this.added.get(target)?.get(type)
        if (known) return known
        const name = this.names.unique(this.file, symbol.name)
        this.import(symbol, target, name, type)
        const names = this.added.get(target) ?? new Map<boolean, string>()
        this.added.set(target, names.set(type, name))
        this.changes.onRollback(() => names.delete(type))
        return name
    }

    /** Whether a symbol's variable belongs to another module than the call site's. */
    isForeign(symbol: ts.Symbol): boolean {
        return this.resolved(symbol).declarations?.[0]?.getSourceFile() !== this.file
    }

    /** Makes a private or protected member public when the call site is outside its class. */
    reveal(member: ts.Symbol | undefined): void {
        for (const declaration of member?.declarations ?? []) {
            if (!ts.canHaveModifiers(declaration)) continue
            const modifier = ts
                .getModifiers(declaration)
                ?.find(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword || kind === ts.SyntaxKind.ProtectedKeyword)
            if (!modifier || this.isInside(enclosingClass(declaration))) continue
            this.own(declaration.getSourceFile(), declaration.getText())
            this.changes.once(modifier, modifier.getStart(), modifier.end, 'public')
        }
    }

    private isInside(owner: ts.Node | undefined): boolean {
        for (let at: ts.Node = this.site; at; at = at.parent) if (at === owner) return true
        return false
    }

    private import(symbol: ts.Symbol, target: ts.Symbol, name: string, type: boolean): void {
        const declaration = target.declarations?.[0]
        const source = declaration?.getSourceFile()
        const written =
            symbol.declarations?.find(ts.isImportSpecifier) ?? symbol.declarations?.find(ts.isNamespaceImport)
        const specifier = written && moduleSpecifier(written)
        if (written && specifier && !specifier.startsWith('.')) {
            const imported = ts.isNamespaceImport(written) ? '*' : (written.propertyName ?? written.name).text
            this.changes.import(this.file, specifier, `${imported} as ${name}`)
            return
        }
        if (!declaration || !source || !ts.isExternalModule(source)) {
            throw new Refusal(`${symbol.name} does not mean the same at the call`)
        }
        this.own(source, symbol.name)
        this.modules.checkImport(this.file, source)
        const imported = ts.isSourceFile(declaration) ? '*' : this.exported(target, source)
        const modifier = type && imported !== '*' ? 'type ' : ''
        this.changes.import(this.file, this.modules.specifier(this.file, source), `${modifier}${imported} as ${name}`)
    }

    /** The name under which a module exports something; `export` is added where it does not. */
    private exported(target: ts.Symbol, source: ts.SourceFile): string {
        const module = this.checker.getSymbolAtLocation(source)
        const exports = module ? this.checker.getExportsOfModule(module) : []
        const existing = exports.find(candidate => this.resolved(candidate) === target)
        if (existing && existing.name !== 'default') return existing.name
        const statement = source.statements.find(candidate => declares(candidate, target))
        if (existing || !statement || exports.some(({ name }) => name === target.name)) {
            throw new Refusal(`${target.name} of ${this.modules.path(source)} cannot be exported`)
        }
        this.changes.once(statement, statement.getStart(), statement.getStart(), 'export ')
        return target.name
    }

    private own(file: ts.SourceFile, what: string): void {
        if (!this.modules.isOwn(file))
            throw new Refusal(`${what} is outside the project, in ${this.modules.path(file)}`)
    }

    private resolved(symbol: ts.Symbol): ts.Symbol {
        if (symbol.flags & ts.SymbolFlags.Alias) return this.checker.getAliasedSymbol(symbol)
        return this.checker.getExportSymbolOfSymbol(symbol)
    }
}

function moduleSpecifier(written: ts.ImportSpecifier | ts.NamespaceImport): string | undefined {
    const declaration = ts.findAncestor(written, ts.isImportDeclaration)
    return declaration && ts.isStringLiteral(declaration.moduleSpecifier) ? declaration.moduleSpecifier.text : undefined
}

function declares(statement: ts.Statement, target: ts.Symbol): boolean {
    if (hasModifier(statement, ts.SyntaxKind.DefaultKeyword)) return false
    return (target.declarations ?? []).some(
        declaration => ts.findAncestor(declaration, node => node.parent && ts.isSourceFile(node.parent)) === statement,
    )
}
