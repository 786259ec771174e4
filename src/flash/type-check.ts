import path from 'node:path'
import ts from 'typescript'

/** DeviceScript's compiler loops over arrays without the iterators that TypeScript asks for. */
const NO_ITERATOR = 2488

/**
 * What the type checker says of a firmware's own files. DeviceScript's packages are TypeScript sources that do not pass it
 * themselves, so their diagnostics are left out.
 */
export function typeErrors(program: ts.Program, root: string): ts.Diagnostic[] {
    const isOurs = (file: ts.SourceFile | undefined) =>
        !file || !path.relative(root, file.fileName).split(path.sep).includes('node_modules')
    return ts.getPreEmitDiagnostics(program).filter(({ file, code }) => isOurs(file) && code !== NO_ITERATOR)
}

/** As the compiler prints them, with the source lines. */
export function formatted(errors: readonly ts.Diagnostic[], root: string): string {
    return ts.formatDiagnosticsWithColorAndContext(errors, {
        getCanonicalFileName: name => name,
        getCurrentDirectory: () => root,
        getNewLine: () => '\n',
    })
}
