// Replaces calls of functions and methods marked `@inline` by their bodies, from source text to source text: a call costs the
// board as much as 50 operations, and the control tick is written as several. See inliner/ for the parts.
import path from 'node:path'
import ts from 'typescript'
import { makeProgram, type ProgramOptions } from './flattener/sources'
import { Assignments } from './inliner/assignments'
import { Callees, inlineTag } from './inliner/callees'
import { Changes } from './inliner/changes'
import { Expansion } from './inliner/expansion'
import { outermostFrame } from './inliner/frame'
import { Modules } from './inliner/modules'
import { Names } from './inliner/names'
import { References } from './inliner/references'
import { IN_EXPRESSION, type InlinedCall, type RefusedCall, Report } from './inliner/report'
import { Site, type Tools } from './inliner/site'
import { callForm, type CallForm, enclosingFunction, functionName } from './inliner/syntax'
import { Variables } from './inliner/variables'

export type { InlinedCall, RefusedCall } from './inliner/report'

export interface InlineResult {
    /** New texts of the files that change, by path relative to the root. Every line keeps its number. */
    readonly files: Map<string, string>
    /** Calls replaced. A call inside a marked function is listed once, however often that is inlined. */
    readonly inlined: InlinedCall[]
    /** Calls of marked functions that stay calls, at least in one place. */
    readonly refused: RefusedCall[]
}

/** Inlines the marked functions of a program. It reads files and writes none. */
export function inlineProgram(options: ProgramOptions, program = makeProgram(options)): InlineResult {
    const root = path.resolve(options.root)
    const checker = program.getTypeChecker()
    const modules = new Modules(checker, root)
    const changes = new Changes()
    const tools: Tools = {
        checker,
        callees: new Callees(program, checker),
        assignments: new Assignments(checker),
        changes,
        names: new Names(program),
        variables: new Variables(changes),
        report: new Report(modules, changes),
    }
    for (const file of program.getSourceFiles()) if (modules.isOwn(file)) inlineFile(file, tools, modules)
    const files = new Map<string, string>()
    for (const [file, text] of changes.texts()) files.set(modules.path(file), text)
    return { files, inlined: tools.report.inlined, refused: tools.report.refused }
}

function inlineFile(file: ts.SourceFile, tools: Tools, modules: Modules): void {
    const added = new Map<ts.Symbol, Map<boolean, string>>()
    const visit = (node: ts.Node): void => {
        if (ts.isMethodDeclaration(node)) dropWhenUnused(node, tools.changes)
        const form = ts.isStatement(node) ? callForm(node) : undefined
        if (form && tools.callees.resolve(form.call)) {
            const owner = enclosingFunction(form.statement)
            if (owner && replace(form, owner)) {
                if (form.kind !== 'condition') return
                visit(form.statement.thenStatement)
                if (form.statement.elseStatement) visit(form.statement.elseStatement)
                return
            }
            if (!owner) refuse(form.call, 'at module level')
        }
        if (ts.isCallExpression(node)) refuse(node, IN_EXPRESSION)
        ts.forEachChild(node, visit)
    }
    const replace = (form: CallForm, owner: ts.FunctionLikeDeclaration): boolean => {
        const references = new References(form.call, tools.checker, modules, tools.names, tools.changes, added)
        return replaceStatement(form, new Expansion(new Site(tools, owner, references)), tools.changes)
    }
    const refuse = (call: ts.CallExpression, reason: string): void => {
        const resolved = tools.callees.resolve(call)
        if (!resolved) return
        if ('reason' in resolved) tools.report.addRefused(call, resolved.name, resolved.reason)
        else tools.report.addRefused(call, functionName(resolved.callee), reason)
    }
    visit(file)
}

/** The statement's new text takes as many lines as the old one. */
function replaceStatement(form: CallForm, expansion: Expansion, changes: Changes): boolean {
    const { statement } = form
    const file = statement.getSourceFile()
    const replace = (node: ts.Node, text: string): void => {
        const lines = node.getText().split('\n').length
        changes.replace(file, node.getStart(), node.end, text + '\n'.repeat(lines - 1))
    }
    if (form.kind !== 'condition') {
        const text = expansion.replacement(form, outermostFrame())
        if (text !== undefined) replace(statement, text)
        return text !== undefined
    }
    const written = expansion.condition(form, outermostFrame())
    if (!written) return false
    changes.replace(file, statement.getStart(), statement.getStart(), `{ ${written.before} `)
    replace(form.statement.expression, written.condition)
    changes.replace(file, statement.end, statement.end, ' }')
    return true
}

/** DeviceScript keeps every method of a class, unless its doc comment says otherwise, in a tag at the start of a line. */
function dropWhenUnused(method: ts.MethodDeclaration, changes: Changes): void {
    const comment = inlineTag(method)?.parent
    if (comment) changes.once(comment, comment.pos + 3, comment.pos + 3, ' @devsWhenUsed')
}
