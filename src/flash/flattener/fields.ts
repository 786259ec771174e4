import ts from 'typescript'
import { hasModifier } from '../inliner/callees'
import type { Modules } from '../inliner/modules'
import type { Names } from '../inliner/names'
import { Refusal } from '../inliner/refusal'
import { containsFunction, walk } from '../inliner/syntax'
import { isPath } from './constants'
import type { Field, Singletons } from './singletons'
import { Views } from './views'

/** A field that becomes a variable of its class's module. */
export interface MovedField {
    readonly field: Field
    readonly owner: ts.ClassDeclaration
    /** The variable's name, unlike every other in the program. */
    readonly variable: string
    /** Only the constructor sets it. */
    readonly stable: boolean
}

/** Which fields of single objects can become variables, and where they are used. */
export class Fields {
    private readonly moved = new Map<Field, MovedField>()
    private readonly byName = new Map<string, Field[]>()
    private readonly refused = new Set<Field>()
    /** `object.field`, and `field` in `const { field } = object`. */
    private readonly uses = new Map<ts.Node, Field>()
    private readonly views: Views
    private readonly classes: ts.ClassDeclaration[] = []
    private readonly literals: ts.ObjectLiteralExpression[] = []

    constructor(
        program: ts.Program,
        private readonly checker: ts.TypeChecker,
        private readonly singletons: Singletons,
        private readonly modules: Modules,
        names: Names,
    ) {
        const own = program.getSourceFiles().filter(file => modules.isOwn(file))
        this.views = new Views(own, checker)
        for (const owner of singletons.classes) this.declare(owner)
        for (const file of program.getSourceFiles()) {
            if (!file.isDeclarationFile) walk(file, node => this.collect(node))
        }
        for (const file of own) walk(file, node => this.visit(node))
        for (const owner of singletons.classes) this.checkInitializers(owner)
        const [anywhere] = own
        for (const owner of singletons.classes) {
            for (const field of fieldsOf(owner)) {
                if (this.refused.has(field)) continue
                const variable = names.unique(anywhere, `${owner.name?.text}_${field.name.getText()}`)
                this.moved.set(field, { field, owner, variable, stable: this.isStable(field, owner) })
            }
        }
    }

    /** All that move. */
    all(): MovedField[] {
        return [...this.moved.values()]
    }

    /** The field that a class member or a constructor's parameter declares, when it moves. */
    declared(node: ts.Node): MovedField | undefined {
        return this.moved.get(node as Field)
    }

    /** The field that is used here, when it moves. */
    used(node: ts.Node): MovedField | undefined {
        const field = this.uses.get(node)
        return field && this.moved.get(field)
    }

    private declare(owner: ts.ClassDeclaration): void {
        for (const field of fieldsOf(owner)) {
            const name = field.name.getText()
            const others = this.byName.get(name)
            if (others) others.push(field)
            else this.byName.set(name, [field])
            if (!ts.isIdentifier(field.name)) this.refused.add(field)
            if (field.initializer && !ts.isParameter(field) && !canMove(field.initializer, owner))
                this.refused.add(field)
        }
    }

    private collect(node: ts.Node): void {
        if (ts.isClassDeclaration(node)) this.classes.push(node)
        else if (ts.isObjectLiteralExpression(node)) this.literals.push(node)
    }

    private visit(node: ts.Node): void {
        if (ts.isPropertyAccessExpression(node)) {
            const fits = isPath(node.expression) && !node.questionDotToken
            this.note(node, node.name.text, node.expression, fits)
        } else if (ts.isBindingElement(node) && ts.isObjectBindingPattern(node.parent)) {
            const name = (node.propertyName ?? node.name).getText()
            const declaration = node.parent.parent
            const source = ts.isVariableDeclaration(declaration) ? declaration.initializer : undefined
            const fits = source !== undefined && isPath(source) && isFlat(node.parent)
            this.note(node, name, source ?? node.parent, fits)
        } else if (ts.isElementAccessExpression(node) && ts.isStringLiteralLike(node.argumentExpression)) {
            this.note(node, node.argumentExpression.text, node.expression, false)
        } else if (ts.isSpreadAssignment(node) || ts.isSpreadElement(node)) {
            this.escapes(node.expression)
        }
    }

    /** Somebody uses a property of this name: is it one of ours? */
    private note(node: ts.Node, name: string, receiver: ts.Node, fits: boolean): void {
        const candidates = this.byName.get(name)
        if (!candidates) return
        const type = this.checker.getNonNullableType(this.views.typeOf(receiver))
        for (const field of candidates) {
            const owner = this.singletons.ownerOf(field) as ts.ClassDeclaration
            const exact = type.symbol?.valueDeclaration === owner
            if (!exact && !this.views.mayBe(owner, type)) continue
            if (fits && (exact || this.isOnly(owner, type))) this.uses.set(node, field)
            else this.refused.add(field)
            if (exact) return
        }
        const field = this.uses.get(node)
        if (field) this.checkImport(node, field)
    }

    private checkImport(node: ts.Node, field: Field): void {
        const [from, to] = [node.getSourceFile(), field.getSourceFile()]
        if (from === to) return
        try {
            this.modules.checkImport(from, to)
        } catch (error) {
            if (!(error instanceof Refusal)) throw error
            this.refused.add(field)
        }
    }

    /** All fields of an object that is copied. */
    private escapes(object: ts.Expression): void {
        const type = this.checker.getTypeAtLocation(object)
        const owner = this.singletons.classes.find(node => type.symbol?.valueDeclaration === node)
        if (owner) for (const field of fieldsOf(owner)) this.refused.add(field)
    }

    /** Whether nothing else in the program fits a type. (A cast from `unknown` escapes this.) */
    private isOnly(owner: ts.ClassDeclaration, type: ts.Type): boolean {
        if (type.flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown)) return false
        const fits = (node: ts.Node) => this.checker.isTypeAssignableTo(this.checker.getTypeAtLocation(node), type)
        return !this.classes.some(node => node !== owner && fits(node)) && !this.literals.some(fits)
    }

    /** A field that stays is set before those that move: it may not need them. */
    private checkInitializers(owner: ts.ClassDeclaration): void {
        for (const field of fieldsOf(owner)) {
            if (!this.refused.has(field) || !field.initializer) continue
            walk(field.initializer, node => {
                const used = this.uses.get(node)
                if (used) this.refused.add(used)
            })
        }
    }

    private isStable(field: Field, owner: ts.ClassDeclaration): boolean {
        return this.singletons.writesOf(field).every(write => {
            const place = ts.findAncestor(write, ts.isFunctionLike)
            return place !== undefined && ts.isConstructorDeclaration(place) && place.parent === owner
        })
    }
}

/** The fields that a class's objects have. */
export function fieldsOf(owner: ts.ClassDeclaration): Field[] {
    const fields: Field[] = []
    for (const parameter of constructorOf(owner)?.parameters ?? []) {
        if (ts.isParameterPropertyDeclaration(parameter, parameter.parent)) fields.push(parameter)
    }
    for (const member of owner.members) {
        if (ts.isPropertyDeclaration(member) && !hasModifier(member, ts.SyntaxKind.StaticKeyword)) fields.push(member)
    }
    return fields
}

export function constructorOf(owner: ts.ClassDeclaration): ts.ConstructorDeclaration | undefined {
    return owner.members.find(
        (member): member is ts.ConstructorDeclaration => ts.isConstructorDeclaration(member) && !!member.body,
    )
}

/** Whether an initialiser means the same in the constructor, on one line. */
function canMove(initializer: ts.Expression, owner: ts.ClassDeclaration): boolean {
    if (containsFunction(initializer) || /\/\/|\/\*/.test(initializer.getText())) return false
    const taken = new Set<string>()
    const make = constructorOf(owner)
    if (make) walk(make, node => ts.isIdentifier(node) && taken.add(node.text))
    let free = true
    walk(initializer, node => {
        if (ts.isTemplateExpression(node) || ts.isNoSubstitutionTemplateLiteral(node)) free = false
        if (!ts.isIdentifier(node) || ts.isPropertyAccessExpression(node.parent)) return
        if (taken.has(node.text) && make && declares(make, node.text)) free = false
    })
    return free
}

function declares(node: ts.Node, name: string): boolean {
    let found = false
    walk(node, child => {
        const declared = (ts.isParameter(child) || ts.isVariableDeclaration(child)) && child.name.getText() === name
        if (declared) found = true
    })
    return found
}

/** Names only: no defaults, no rest, nothing nested. */
function isFlat(pattern: ts.ObjectBindingPattern): boolean {
    return pattern.elements.every(
        ({ name, initializer, dotDotDotToken }) => ts.isIdentifier(name) && !initializer && !dotDotDotToken,
    )
}
