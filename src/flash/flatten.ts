// Writes a firmware's program flat, from source text to source text: inlines marked calls (inline.ts), writes out loops over
// all joints, and makes variables of the fields of objects of which there is one and of the elements of arrays that only
// constants index. A field costs the board twice what a variable does, an element three times, and a turn of a loop as much as
// a sum of three elements. See flattener/ for the parts.
import path from 'node:path'
import { BuildError } from './build-error'
import { Modules } from './inliner/modules'
import { Names } from './inliner/names'
import { Constants } from './flattener/constants'
import { withoutCopies } from './flattener/copies'
import { withScalars } from './flattener/elements'
import { Fields } from './flattener/fields'
import { Singletons } from './flattener/singletons'
import { makeProgram, type ProgramOptions } from './flattener/sources'
import { Unroller } from './flattener/unroll'
import { FieldWriter } from './flattener/writer'
import { inlineProgram, type InlineResult } from './inline'
import { formatted, typeErrors } from './type-check'

export interface FlatProgram extends InlineResult {
    /** Loops written out. */
    readonly unrolled: number
    /** `Class.field` of each field that became a variable. */
    readonly variables: string[]
    /** Arrays whose elements became variables. */
    readonly arrays: string[]
}

/**
 * A program's flat texts. It reads files and writes none.
 *
 * @throws BuildError when the program has type errors: the flat texts, which assign variables of other modules, are no longer
 * checked
 */
export function flattenProgram(options: ProgramOptions): FlatProgram {
    const root = path.resolve(options.root)
    const source = makeProgram(options)
    const errors = typeErrors(source, root)
    if (errors.length > 0) throw new BuildError(`type errors:\n${formatted(errors, root)}`)
    const inlined = inlineProgram(options, source)
    const texts = new Map(inlined.files)

    let program = makeProgram(options, texts, source)
    let checker = program.getTypeChecker()
    let modules = new Modules(checker, root)
    let singletons = new Singletons(program, checker, modules)
    const unroller = new Unroller(checker, new Constants(program, checker, singletons))
    for (const file of program.getSourceFiles().filter(file => modules.isOwn(file))) {
        const text = unroller.file(file)
        if (text !== undefined) texts.set(modules.path(file), file.text.slice(0, file.getStart()) + text)
    }

    program = makeProgram(options, texts, program)
    checker = program.getTypeChecker()
    modules = new Modules(checker, root)
    singletons = new Singletons(program, checker, modules)
    const fields = new Fields(program, checker, singletons, modules, new Names(program))
    const stable = new Set(
        fields
            .all()
            .filter(field => field.stable)
            .map(({ variable }) => variable),
    )
    const writer = new FieldWriter(checker, fields, modules)
    for (const file of program.getSourceFiles().filter(file => modules.isOwn(file))) {
        texts.set(modules.path(file), withoutCopies(file.fileName, writer.file(file), stable))
    }
    const scalars = withScalars(
        texts,
        fields
            .all()
            .filter(({ stable }) => stable)
            .map(({ variable }) => variable),
    )
    return {
        ...inlined,
        files: scalars.texts,
        unrolled: unroller.count,
        variables: fields.all().map(({ owner, field }) => `${owner.name?.text}.${field.name.getText()}`),
        arrays: scalars.gone,
    }
}
