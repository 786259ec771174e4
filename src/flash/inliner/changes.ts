import ts from 'typescript'

interface Edit {
    readonly start: number
    readonly end: number
    readonly text: string
}

interface Import {
    readonly specifier: string
    /** One binding inside the braces; or `* as name`. */
    readonly binding: string
}

/** Changes of source texts. They can be taken back to a {@link mark}, for an attempt that fails half way. */
export class Changes {
    private readonly edits = new Map<ts.SourceFile, Edit[]>()
    private readonly imports = new Map<ts.SourceFile, Import[]>()
    private readonly done = new Set<ts.Node>()
    private readonly undo: (() => void)[] = []

    /** Replaces a range of a file, or inserts. Ranges may not overlap. */
    replace(file: ts.SourceFile, start: number, end: number, text: string): void {
        this.push(this.edits, file, { start, end, text })
    }

    /** Like {@link replace}, but only the first time for a node. */
    once(node: ts.Node, start: number, end: number, text: string): void {
        if (this.done.has(node)) return
        this.replace(node.getSourceFile(), start, end, text)
        this.done.add(node)
        this.undo.push(() => this.done.delete(node))
    }

    /** Adds an import to a file. */
    import(file: ts.SourceFile, specifier: string, binding: string): void {
        this.push(this.imports, file, { specifier, binding })
    }

    /** Registers what takes back a change kept elsewhere. */
    onRollback(undo: () => void): void {
        this.undo.push(undo)
    }

    /** For {@link rollback}. */
    mark(): number {
        return this.undo.length
    }

    /** Takes back everything since a {@link mark}. */
    rollback(mark: number): void {
        while (this.undo.length > mark) this.undo.pop()?.()
    }

    /** New texts of the files that changed. */
    texts(): Map<ts.SourceFile, string> {
        const texts = new Map<ts.SourceFile, string>()
        for (const file of new Set([...this.edits.keys(), ...this.imports.keys()])) {
            const edits = [...(this.edits.get(file) ?? [])]
            const imports = importText(this.imports.get(file) ?? [])
            if (imports !== '') edits.push(importEdit(file, imports))
            if (edits.length > 0) texts.set(file, apply(file.text, edits))
        }
        return texts
    }

    private push<T>(lists: Map<ts.SourceFile, T[]>, file: ts.SourceFile, entry: T): void {
        const list = lists.get(file) ?? []
        lists.set(file, list)
        list.push(entry)
        this.undo.push(() => list.pop())
    }
}

function apply(text: string, edits: Edit[]): string {
    let result = ''
    let at = 0
    // A stable sort: insertions at one place stay in their order.
    for (const edit of edits.sort((a, b) => a.start - b.start)) {
        if (edit.start < at) throw new Error('two changes overlap at ' + edit.start)
        result += text.slice(at, edit.start) + edit.text
        at = edit.end
    }
    return result + text.slice(at)
}

function importText(imports: readonly Import[]): string {
    const named = new Map<string, string[]>()
    const statements: string[] = []
    for (const { specifier, binding } of imports) {
        if (binding.startsWith('*')) statements.push(`import ${binding} from '${specifier}'`)
        else named.set(specifier, [...(named.get(specifier) ?? []), binding])
    }
    for (const [specifier, bindings] of named) {
        statements.push(`import { ${bindings.join(', ')} } from '${specifier}'`)
    }
    return statements.join('; ')
}

/** After the imports there are, so that modules still start in the same order; on a line there is, to keep line numbers. */
function importEdit(file: ts.SourceFile, text: string): Edit {
    const last = file.statements.filter(ts.isImportDeclaration).at(-1)
    if (!last) return { start: 0, end: 0, text: text + '; ' }
    return { start: last.end, end: last.end, text: '; ' + text }
}
