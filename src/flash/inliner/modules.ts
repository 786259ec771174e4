import path from 'node:path'
import ts from 'typescript'
import { Refusal } from './refusal'

interface Edge {
    readonly file: ts.SourceFile
    /** Something of it exists at run time. */
    readonly value: boolean
}

/** The files of a project and what they import. */
export class Modules {
    private readonly edges = new Map<ts.SourceFile, Edge[]>()

    constructor(
        private readonly checker: ts.TypeChecker,
        private readonly root: string,
    ) {}

    /** Path from the project's root, with slashes. */
    path(file: ts.SourceFile): string {
        return path.relative(this.root, file.fileName).split(path.sep).join('/')
    }

    /** Whether a file is the project's own source, which may be changed. */
    isOwn(file: ts.SourceFile): boolean {
        const relative = this.path(file)
        return !file.isDeclarationFile && !relative.startsWith('..') && !relative.includes('node_modules/')
    }

    /** What `from` writes to import `to`. */
    specifier(from: ts.SourceFile, to: ts.SourceFile): string {
        const relative = path.posix.relative(path.posix.dirname(this.path(from)), this.path(to)).replace(/\.ts$/, '')
        return relative.startsWith('.') ? relative : './' + relative
    }

    /**
     * DeviceScript runs modules in the order in which imports, types included, are met. A new import must not put a module
     * before one whose values it uses.
     *
     * @throws Refusal when it would
     */
    checkImport(from: ts.SourceFile, to: ts.SourceFile): void {
        if (this.imports(from).some(edge => edge.file === to)) return
        const seen = new Set([from])
        const pending = [to]
        for (let file = pending.pop(); file; file = pending.pop()) {
            if (seen.has(file)) continue
            seen.add(file)
            for (const edge of this.imports(file)) {
                if (edge.file === from && edge.value) {
                    const [importing, imported] = [this.path(from), this.path(to)]
                    throw new Refusal(`${importing} would import ${imported}, which needs ${importing} to start first`)
                }
                pending.push(edge.file)
            }
        }
    }

    private imports(file: ts.SourceFile): Edge[] {
        let edges = this.edges.get(file)
        if (!edges) {
            edges = file.statements.flatMap(statement => this.edge(statement))
            this.edges.set(file, edges)
        }
        return edges
    }

    private edge(statement: ts.Statement): Edge[] {
        if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) return []
        if (!statement.moduleSpecifier) return []
        const module = this.checker.getSymbolAtLocation(statement.moduleSpecifier)?.valueDeclaration
        if (!module || !ts.isSourceFile(module)) return []
        if (ts.isExportDeclaration(statement)) return [{ file: module, value: !statement.isTypeOnly }]
        const clause = statement.importClause
        const bindings = clause?.namedBindings
        if (!clause || clause.name || !bindings || ts.isNamespaceImport(bindings)) {
            return [{ file: module, value: !clause?.isTypeOnly }]
        }
        const value =
            !clause.isTypeOnly && bindings.elements.some(element => !element.isTypeOnly && this.isValue(element))
        return [{ file: module, value }]
    }

    private isValue(specifier: ts.ImportSpecifier): boolean {
        const symbol = this.checker.getSymbolAtLocation(specifier.name)
        return !symbol || (this.checker.getAliasedSymbol(symbol).flags & ts.SymbolFlags.Value) !== 0
    }
}
