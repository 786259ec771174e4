import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

/**
 * SHA-256 of the WebAssembly runtime inside `@devicescript/cli` 2.16.4. The offsets in `layout.ts` were read from this
 * build's sources and checked against it, so another build is refused rather than misread.
 */
const RUNTIME_SHA256 = 'a56742b09dd4bfe278815676ac94231ed4f8995cee6260818f5d758d8ab6ee1d'
const MARK = 'wasmBinaryFile = "data:application/octet-stream;base64,'

let image: WebAssembly.Module | undefined

/**
 * The stock DeviceScript runtime as published: the WebAssembly module that the CLI carries as a data URL, taken out and
 * compiled once a process. @throws Error when the installed CLI holds another runtime
 */
export function runtimeImage(): WebAssembly.Module {
    if (image) return image
    const packageFile = createRequire(import.meta.url).resolve('@devicescript/cli/package.json')
    const bundle = readFileSync(packageFile.replace(/package\.json$/, 'built/devicescript-cli.cjs'))
    const start = bundle.indexOf(MARK) + MARK.length
    const end = bundle.indexOf('"', start)
    const wasm = Buffer.from(bundle.toString('latin1', start, end), 'base64')
    const sha256 = createHash('sha256').update(wasm).digest('hex')
    if (sha256 !== RUNTIME_SHA256) {
        throw new Error(
            `the DeviceScript runtime in ${packageFile} has SHA-256 ${sha256}, expected ${RUNTIME_SHA256} ` +
                '(@devicescript/cli 2.16.4): run `npm ci`',
        )
    }
    image = new WebAssembly.Module(wasm)
    return image
}
