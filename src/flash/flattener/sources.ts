import path from 'node:path'
import ts from 'typescript'

export interface ProgramOptions {
    /** The program's main file, relative to `root` or absolute. */
    readonly entry: string
    /** The project's directory. */
    readonly root: string
    /** TypeScript options of the board's code, relative to `root`; `tsconfig.firmware.json` by default. */
    readonly configFile?: string
}

/**
 * The board's program as TypeScript sees it.
 *
 * @param texts new texts of files that an earlier step changed, by path relative to the root
 */
export function makeProgram(
    options: ProgramOptions,
    texts: ReadonlyMap<string, string> = new Map(),
    old?: ts.Program,
): ts.Program {
    const root = path.resolve(options.root)
    const configFile = path.resolve(root, options.configFile ?? 'tsconfig.firmware.json')
    const config = ts.getParsedCommandLineOfConfigFile(configFile, undefined, {
        ...ts.sys,
        onUnRecoverableConfigFileDiagnostic: diagnostic => {
            throw new Error(ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n'))
        },
    })
    if (!config) throw new Error(`cannot read ${configFile}`)
    const entry = path.resolve(root, options.entry)
    if (!ts.sys.fileExists(entry)) throw new Error(`no file ${entry}`)
    const declarations = config.fileNames.filter(name => name.endsWith('.d.ts'))
    const host = ts.createCompilerHost(config.options, true)
    const read = host.getSourceFile
    host.getSourceFile = (name, version, ...rest) => {
        const text = texts.get(relativePath(root, name))
        if (text !== undefined) return ts.createSourceFile(name, text, version, true)
        // A file that did not change needs no parsing again.
        return old?.getSourceFile(name) ?? read(name, version, ...rest)
    }
    return ts.createProgram([...declarations, entry], config.options, host)
}

/** Path from the project's root, with slashes. */
export function relativePath(root: string, name: string): string {
    return path.relative(root, name).split(path.sep).join('/')
}

/**
 * A node's text with some of its parts written anew.
 *
 * @param replace the new text of a node, or undefined to look at its parts
 */
export function rewritten(node: ts.Node, replace: (node: ts.Node) => string | undefined): string {
    const own = replace(node)
    if (own !== undefined) return own
    const file = node.getSourceFile()
    let text = ''
    let at = node.getStart(file)
    const visit = (child: ts.Node): void => {
        const start = child.getStart(file)
        // What has no text of its own, such as a missing token, or stands before: the syntax tree repeats some nodes.
        if (start < at || child.end === child.pos) return
        text += file.text.slice(at, start) + rewritten(child, replace)
        at = child.end
    }
    ts.forEachChild(node, visit)
    return text + file.text.slice(at, node.end)
}

/** Statements on one line, without comments. The style has no semicolons, so each statement gets its own. */
export function onOneLine(statements: string): string {
    const file = ts.createSourceFile('statements.ts', statements, ts.ScriptTarget.ES2022, true)
    const ended = rewritten(file, node => (isEnded(node) ? `${withoutBreaks(node.getText())};` : undefined))
    return withoutBreaks(ended)
}

/** Whether a statement ends where a semicolon may stand. */
function isEnded(node: ts.Node): boolean {
    const ends = ts.isExpressionStatement(node) || ts.isVariableStatement(node) || ts.isReturnStatement(node)
    const leaves = ts.isBreakOrContinueStatement(node) || ts.isThrowStatement(node)
    return (ends || leaves) && !node.getText().endsWith(';')
}

function withoutBreaks(text: string): string {
    const scanner = ts.createScanner(ts.ScriptTarget.ES2022, false, ts.LanguageVariant.Standard, text)
    let line = ''
    for (let token = scanner.scan(); token !== ts.SyntaxKind.EndOfFileToken; token = scanner.scan()) {
        const comment =
            token === ts.SyntaxKind.SingleLineCommentTrivia || token === ts.SyntaxKind.MultiLineCommentTrivia
        line += comment || token === ts.SyntaxKind.NewLineTrivia ? ' ' : scanner.getTokenText()
    }
    return line
}
