import ts from 'typescript'
import type { Modules } from '../inliner/modules'
import { constructorOf, type Fields, type MovedField } from './fields'
import { rewritten } from './sources'

/** Writes files anew with moved fields as variables. Every line keeps its number. */
export class FieldWriter {
    private imports = new Map<ts.SourceFile, Set<string>>()

    constructor(
        private readonly checker: ts.TypeChecker,
        private readonly fields: Fields,
        private readonly modules: Modules,
    ) {}

    /** A file's new text. */
    file(file: ts.SourceFile): string {
        this.imports = new Map()
        const text = file.text.slice(0, file.getStart()) + rewritten(file, node => this.node(node))
        return unchecked(this.withImports(file, text))
    }

    private node(node: ts.Node): string | undefined {
        if (ts.isClassDeclaration(node)) return this.classOf(node)
        if (ts.isPropertyAccessExpression(node)) {
            const field = this.fields.used(node)
            return field && this.name(field, node)
        }
        if (ts.isVariableDeclaration(node) && ts.isObjectBindingPattern(node.name)) return this.destructuring(node)
        return undefined
    }

    /** `const { a, b: c } = object` names variables that are there already, or copies what may change. */
    private destructuring(node: ts.VariableDeclaration): string | undefined {
        const pattern = node.name as ts.ObjectBindingPattern
        const used = pattern.elements.map(element => ({ element, field: this.fields.used(element) }))
        if (!used.some(({ field }) => field)) return undefined
        const rest = used.filter(({ field }) => !field).map(({ element }) => element.getText())
        const initializer = node.initializer ? this.text(node.initializer) : ''
        const parts = rest.length > 0 ? [`{ ${rest.join(', ')} } = ${initializer}`] : []
        for (const { element, field } of used) {
            if (field) parts.push(`${element.name.getText()} = ${this.name(field, element)}`)
        }
        return oneLine(parts.join(', ')) + lineEnds(node)
    }

    private classOf(node: ts.ClassDeclaration): string | undefined {
        const moved = this.fields.all().filter(({ owner }) => owner === node)
        if (moved.length === 0) return undefined
        const make = constructorOf(node)
        const start = `${this.initialised(moved).join('; ')};`
        let first = true
        const body = rewritten(node, child => {
            if (child === node) return undefined
            if (child === make) return this.constructorText(make, start)
            const field = ts.isPropertyDeclaration(child) ? this.fields.declared(child) : undefined
            if (!field) return this.node(child)
            const ends = lineEnds(child)
            if (make || !first) return ends
            first = false
            return `constructor() { ${start} }${ends}`
        })
        const variables = moved.map(field => `${field.variable}: ${this.typeOf(field)}`)
        return `export let ${variables.join(', ')}; ${body}`
    }

    private constructorText(make: ts.ConstructorDeclaration, start: string): string {
        return rewritten(make, child => {
            if (child === make) return undefined
            if (ts.isParameter(child) && this.fields.declared(child)) return this.parameter(child)
            if (child !== make.body) return this.node(child)
            return '{ ' + start + this.text(child).slice(1)
        })
    }

    /** Without what makes it a field. */
    private parameter(node: ts.ParameterDeclaration): string {
        const type = node.type ? `: ${node.type.getText()}` : ''
        const value = node.initializer ? ` = ${this.text(node.initializer)}` : ''
        return `${node.name.getText()}${node.questionToken ? '?' : ''}${type}${value}`
    }

    /** Parameters first, then initialisers, as a constructor does. */
    private initialised(moved: MovedField[]): string[] {
        return moved.flatMap(({ field, variable }) => {
            if (ts.isParameter(field)) return [`${variable} = ${field.name.getText()}`]
            return field.initializer ? [`${variable} = ${oneLine(this.text(field.initializer))}`] : []
        })
    }

    private typeOf({ field, owner }: MovedField): string {
        if (field.type) return oneLine(field.type.getText())
        const type = this.checker.getBaseTypeOfLiteralType(this.checker.getTypeAtLocation(field.name))
        return this.checker.typeToString(type, owner, ts.TypeFormatFlags.NoTruncation)
    }

    private name({ field, variable }: MovedField, at: ts.Node): string {
        const [from, to] = [at.getSourceFile(), field.getSourceFile()]
        if (from !== to) this.imports.set(to, (this.imports.get(to) ?? new Set()).add(variable))
        return variable
    }

    private text(node: ts.Node): string {
        return rewritten(node, child => this.node(child))
    }

    /** After the imports there are, so that modules still start in the same order. */
    private withImports(file: ts.SourceFile, text: string): string {
        const statements = [...this.imports].map(
            ([to, names]) => `import { ${[...names].join(', ')} } from '${this.modules.specifier(file, to)}'`,
        )
        if (statements.length === 0) return text
        const last = file.statements.filter(ts.isImportDeclaration).at(-1)
        // Nothing before it has changed: imports stand first.
        const at = last?.end ?? 0
        return `${text.slice(0, at)}; ${statements.join('; ')}; ${text.slice(at)}`
    }
}

/** As many line ends as a node's text has. */
function lineEnds(node: ts.Node): string {
    return '\n'.repeat(node.getText().split('\n').length - 1)
}

function oneLine(text: string): string {
    return text.replace(/\s*\n\s*/g, ' ')
}

/**
 * A variable of another module is assigned, which the compiler can do and TypeScript forbids. The comment that turns its
 * check off must stand on a line of its own, so the first line is a comment already or moves to the second.
 */
function unchecked(text: string): string {
    const note = '// @ts-nocheck'
    const [first, second = '', ...others] = text.split('\n')
    if (first.startsWith('//') || first === '') return [note, second, ...others].join('\n')
    const [statement] = ts.createSourceFile('', text, ts.ScriptTarget.ES2022).statements
    const whole = statement === undefined || statement.end <= first.length
    return [note, `${first}${whole ? ';' : ''} ${second}`, ...others].join('\n')
}
