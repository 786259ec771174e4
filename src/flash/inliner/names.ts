import ts from 'typescript'
import { walk } from './syntax'

/** Makes names that occur nowhere else. */
export class Names {
    private readonly written = new Set<string>()
    private readonly given = new Map<ts.SourceFile, Set<string>>()

    constructor(program: ts.Program) {
        for (const file of program.getSourceFiles()) {
            if (file.isDeclarationFile) continue
            walk(file, node => {
                if (ts.isIdentifier(node)) this.written.add(node.text)
            })
        }
    }

    /** `name_1`, or a higher number: unlike every name of the program and every other one made for the file. */
    unique(file: ts.SourceFile, name: string): string {
        const given = this.given.get(file) ?? new Set()
        this.given.set(file, given)
        let number = 1
        while (this.written.has(`${name}_${number}`) || given.has(`${name}_${number}`)) number++
        given.add(`${name}_${number}`)
        return `${name}_${number}`
    }
}
