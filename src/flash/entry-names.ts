// What a robot's `main.ts` imports and names, by TypeScript's own parser.
import ts from 'typescript'

/** The modules that a program imports, as it writes them. */
export function importsOf(text: string): string[] {
    return ts.preProcessFile(text, true, false).importedFiles.map(({ fileName }) => fileName)
}

/** Every name that the program has outside comments and texts. */
export function namesIn(text: string): Set<string> {
    const names = new Set<string>()
    const visit = (node: ts.Node): void => {
        if (ts.isIdentifier(node)) names.add(node.text)
        ts.forEachChild(node, visit)
    }
    visit(ts.createSourceFile('main.ts', text, ts.ScriptTarget.Latest))
    return names
}
