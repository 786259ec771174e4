// Type check of what runs on the board. DeviceScript's packages are TypeScript sources that do not pass it themselves, so
// their own diagnostics are left out; and its compiler loops over arrays without the iterators that TypeScript asks for.
import path from 'node:path'
import ts from 'typescript'

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
const program = ts.createProgram(config.fileNames, config.options)
const NO_ITERATOR = 2488
const ours = ts
    .getPreEmitDiagnostics(program)
    .filter(({ file }) => !file || !path.relative('.', file.fileName).startsWith('node_modules'))
    .filter(({ code }) => code !== NO_ITERATOR)
process.stdout.write(
    ts.formatDiagnosticsWithColorAndContext(ours, {
        getCanonicalFileName: name => name,
        getCurrentDirectory: ts.sys.getCurrentDirectory,
        getNewLine: () => '\n',
    }),
)
process.exit(ours.length > 0 ? 1 : 0)
