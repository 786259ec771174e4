import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import ts from 'typescript'
import { flattenProgram, type FlatProgram } from '../../../src/flash/flatten'
import { inlineProgram, type InlineResult } from '../../../src/flash/inline'

/** Source texts by path; `main.ts` is the entry. */
export type Sources = Record<string, string>

/** DeviceScript's own options, with a library that knows nothing newer than arrays and strings. */
const COMPILER_OPTIONS = {
    target: 'es2022',
    module: 'es2022',
    moduleResolution: 'node',
    lib: ['es2015'],
    strict: true,
    strictNullChecks: false,
    noImplicitReturns: true,
    noImplicitOverride: true,
    noEmit: true,
    types: [],
}

export interface Inlined extends InlineResult {
    /** Every file's text afterwards. */
    readonly texts: Sources
    /** What the type checker says about them. */
    readonly errors: string[]
}

/** Inlines a program, from a directory of its own. */
export function inline(sources: Sources): Inlined {
    const root = mkdtempSync(path.join(tmpdir(), 'tendon-inline-'))
    try {
        write(root, { ...sources, 'tsconfig.json': JSON.stringify({ compilerOptions: COMPILER_OPTIONS, include: [] }) })
        const result = inlineProgram({ entry: 'main.ts', root, configFile: 'tsconfig.json' })
        const texts = { ...sources, ...Object.fromEntries(result.files) }
        write(root, texts)
        return { ...result, texts, errors: typeErrors(root) }
    } finally {
        rmSync(root, { recursive: true })
    }
}

/** Flattens a program, from a directory of its own. */
export function flatten(sources: Sources): FlatProgram & { readonly texts: Sources } {
    const root = mkdtempSync(path.join(tmpdir(), 'tendon-flatten-'))
    try {
        write(root, { ...sources, 'tsconfig.json': JSON.stringify({ compilerOptions: COMPILER_OPTIONS, include: [] }) })
        const result = flattenProgram({ entry: 'main.ts', root, configFile: 'tsconfig.json' })
        return { ...result, texts: { ...sources, ...Object.fromEntries(result.files) } }
    } finally {
        rmSync(root, { recursive: true })
    }
}

/** Runs a program's modules and gives back what `main.ts` exports. */
export function load<T>(sources: Sources): T {
    const modules = new Map<string, object>()
    const require = (from: string, specifier: string): object => {
        const file = path.posix.join(path.posix.dirname(from), specifier) + '.ts'
        const known = modules.get(file)
        if (known) return known
        const exports = {}
        modules.set(file, exports)
        const module = ts.ModuleKind.CommonJS
        const compilerOptions = { module, target: ts.ScriptTarget.ES2022, useDefineForClassFields: false }
        const { outputText } = ts.transpileModule(sources[file], { compilerOptions })
        new Function('require', 'exports', outputText)((other: string) => require(file, other), exports)
        return exports
    }
    return require('.', './main') as T
}

/** Names of everything that is called in a text: `f` of `f()` and `a.f()`. */
export function callsIn(text: string): string[] {
    const calls: string[] = []
    const visit = (node: ts.Node): void => {
        if (ts.isCallExpression(node)) {
            calls.push(
                ts.isPropertyAccessExpression(node.expression) ? node.expression.name.text : node.expression.getText(),
            )
        }
        ts.forEachChild(node, visit)
    }
    visit(ts.createSourceFile('text.ts', text, ts.ScriptTarget.ES2022, true))
    return calls
}

function write(root: string, sources: Sources): void {
    for (const [file, text] of Object.entries(sources)) {
        mkdirSync(path.dirname(path.join(root, file)), { recursive: true })
        writeFileSync(path.join(root, file), text)
    }
}

function typeErrors(root: string): string[] {
    const { options } = ts.convertCompilerOptionsFromJson(COMPILER_OPTIONS, root)
    const program = ts.createProgram([path.join(root, 'main.ts')], options)
    return ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
        const line = file && start !== undefined ? file.getLineAndCharacterOfPosition(start).line + 1 : 0
        return `${file?.fileName ?? ''}:${line} ${ts.flattenDiagnosticMessageText(messageText, ' ')}`
    })
}
