import ts from 'typescript'
import type { ResolvedCall } from './callees'
import type { Frame, ResultType, Sink } from './frame'
import { Parameters } from './parameters'
import { Refusal } from './refusal'
import { checkArguments, checkCallee } from './restrictions'
import type { Site } from './site'
import { type Callee, callForm, type CallForm, functionName, mayComplete, returnsOf } from './syntax'
import { typedText } from './types'
import { type CallReplacer, joined, Writer } from './writer'

/** Replaces the calls at one site, and those inside what replaces them. */
export class Expansion implements CallReplacer {
    private readonly writer: Writer
    private readonly parameters: Parameters

    constructor(private readonly site: Site) {
        this.writer = new Writer(site, this)
        this.parameters = new Parameters(site, this.writer)
    }

    replacement(form: CallForm, frame: Frame): string | undefined {
        const { call, kind } = form
        return this.attempt(call, resolved => {
            if (kind === 'discard') return `{ ${this.body(call, resolved, frame, { kind })} }`
            if (kind === 'return') return `{ ${this.body(call, resolved, frame, frame.sink)} }`
            if (kind === 'assign') return this.assignment(form.target, call, resolved, frame)
            if (kind === 'declare') return this.declaration(form.statement, call, resolved, frame)
            throw new Error('a condition is not replaced as a whole')
        })
    }

    condition(form: CallForm & { kind: 'condition' }, frame: Frame): { before: string; condition: string } | undefined {
        const { call, negated } = form
        return this.attempt(call, resolved => {
            const { callee } = resolved
            const type = this.resultType(callee, frame)
            if (this.isStraight(callee)) {
                const { before, value } = this.straight(call, resolved, frame, type)
                return { before, condition: negated ? `!(${value})` : value }
            }
            const target = this.site.variable(callee.name ? callee.name.getText() : 'result')
            const body = this.body(call, resolved, frame, { kind: 'assign', target, type })
            return { before: `let ${target}: ${type.text}; { ${body} }`, condition: (negated ? '!' : '') + target }
        })
    }

    /** Runs an attempt to replace a call; when it is refused, takes back what it did and reports why. */
    private attempt<T>(call: ts.CallExpression, write: (resolved: ResolvedCall) => T): T | undefined {
        const { callees, changes, report } = this.site.tools
        const resolved = callees.resolve(call)
        if (!resolved) return undefined
        if ('reason' in resolved) {
            report.addRefused(call, resolved.name, resolved.reason)
            return undefined
        }
        const mark = changes.mark()
        try {
            const result = write(resolved)
            report.addInlined(call, resolved.callee)
            return result
        } catch (error) {
            if (!(error instanceof Refusal)) throw error
            changes.rollback(mark)
            report.addRefused(call, functionName(resolved.callee), error.message)
            return undefined
        }
    }

    private assignment(target: ts.Expression, call: ts.CallExpression, resolved: ResolvedCall, frame: Frame): string {
        const owner = ts.isPropertyAccessExpression(target) ? target.expression : undefined
        if (owner && ts.isIdentifier(owner) && !this.parameters.isSteady(owner, call, frame)) {
            throw new Refusal(`the call may change ${owner.text}, to whose field its result goes`)
        }
        const type = this.resultType(resolved.callee, frame)
        const text = this.writer.text(target, frame)
        return `{ ${this.body(call, resolved, frame, { kind: 'assign', target: text, type })} }`
    }

    private declaration(
        statement: ts.VariableStatement,
        call: ts.CallExpression,
        resolved: ResolvedCall,
        frame: Frame,
    ): string {
        const { flags, declarations } = statement.declarationList
        const result = this.resultType(resolved.callee, frame)
        const annotation = declarations[0].type && this.writer.text(declarations[0].type, frame)
        const target = this.writer.text(declarations[0].name, frame)
        if (!this.isStraight(resolved.callee)) {
            const body = this.body(call, resolved, frame, { kind: 'assign', target, type: result })
            return `let ${target}: ${annotation ?? result.text}; { ${body} }`
        }
        const { before, value } = this.straight(call, resolved, frame, result)
        const keyword = flags & ts.NodeFlags.Const ? 'const' : 'let'
        const text = joined([before, `${keyword} ${target}${annotation ? `: ${annotation}` : ''} = ${value};`])
        // The line before may lack its semicolon.
        return /^[\w${]/.test(text) ? text : `;${text}`
    }

    /** Whether a callee's only return is its last statement, and no call that is replaced itself. */
    private isStraight({ body }: Callee): boolean {
        const last = body.statements.at(-1)
        if (!last || !ts.isReturnStatement(last) || !last.expression || returnsOf(body).length > 1) return false
        const form = callForm(last)
        return !form || !this.site.tools.callees.resolve(form.call)
    }

    /** A straight body, as statements and the expression that follows them. */
    private straight(
        call: ts.CallExpression,
        resolved: ResolvedCall,
        outer: Frame,
        type: ResultType,
    ): { before: string; value: string } {
        const { frame, bindings } = this.enter(call, resolved, outer, { kind: 'discard' })
        const { statements } = resolved.callee.body
        const before = this.writer.statements(statements.slice(0, -1), frame, 'middle')
        const expression = (statements[statements.length - 1] as ts.ReturnStatement).expression as ts.Expression
        const value = typedText(this.writer.text(expression, frame), expression, type, this.site.tools.checker)
        return { before: joined([...bindings, before]), value }
    }

    /** A whole body, as statements. */
    private body(call: ts.CallExpression, resolved: ResolvedCall, outer: Frame, sink: Sink): string {
        const { frame, bindings } = this.enter(call, resolved, outer, sink)
        const { statements } = resolved.callee.body
        const text = [this.writer.statements(statements, frame, 'end')]
        if (mayComplete(statements)) {
            if (sink.kind === 'assign') text.push(`${sink.target} = undefined;`)
            else if (sink.kind === 'return') text.push('return undefined;')
        }
        // DeviceScript has no labels to jump out of, and no `do`.
        return joined(frame.jumps ? [...bindings, 'for (;;) {', ...text, 'break; }'] : [...bindings, ...text])
    }

    private enter(
        call: ts.CallExpression,
        resolved: ResolvedCall,
        outer: Frame,
        sink: Sink,
    ): { frame: Frame; bindings: string[] } {
        const { callee } = resolved
        if (outer.path.includes(callee)) throw new Refusal('recursive')
        checkCallee(callee)
        checkArguments(call, callee)
        const bindings: string[] = []
        const self = this.parameters.self(call, resolved, outer, bindings)
        const frame: Frame = { callee, self, names: new Map(), sink, path: [...outer.path, callee], jumps: false }
        this.parameters.bind(call, callee, outer, frame, bindings)
        return { frame, bindings }
    }

    private resultType(callee: Callee, outer: Frame): ResultType {
        const { checker } = this.site.tools
        const signature = checker.getSignatureFromDeclaration(callee)
        if (!signature) throw new Refusal('no signature')
        const node = callee.type && !ts.isTypePredicateNode(callee.type) ? callee.type : undefined
        return this.parameters.type(node, checker.getReturnTypeOfSignature(signature), { ...outer, callee })
    }
}
