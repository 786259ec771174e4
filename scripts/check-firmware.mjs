// Type check of everything that runs on the board.
import path from 'node:path'
import ts from 'typescript'
import { formatted, typeErrors } from '../src/flash/type-check'

const root = path.resolve('.')
const config = ts.getParsedCommandLineOfConfigFile(
    'tsconfig.firmware.json',
    {},
    {
        ...ts.sys,
        onUnRecoverableConfigFileDiagnostic: diagnostic => {
            throw new Error(ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n'))
        },
    },
)
const errors = typeErrors(ts.createProgram(config.fileNames, config.options), root)
process.stdout.write(formatted(errors, root))
process.exit(errors.length > 0 ? 1 : 0)
