// Makes what is published: JavaScript and types of the API (dist), and the robots' programs, so that a robot can be
// simulated without DeviceScript's compiler. `npm pack` and `npm publish` run it.
import { existsSync, statSync } from 'node:fs'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'
import path from 'node:path'
import { listRobots, shipFirmware } from '../src/flash/build'

const OUT = path.resolve('dist')

/** The specifier as Node wants it: with its extension. The sources leave it out, tsc changes none. */
function complete(specifier, file) {
    const target = path.resolve(path.dirname(file), specifier)
    if (existsSync(`${target}.js`) || existsSync(`${target}.d.ts`)) return `${specifier}.js`
    if (existsSync(target) && statSync(target).isDirectory()) return `${specifier}/index.js`
    return specifier
}

async function completeSpecifiers(file) {
    const text = await readFile(file, 'utf8')
    const changed = text
        .replace(/(\b(?:from|import)\s*\(?\s*)(['"])(\.{1,2}\/[^'"]+)\2/g, (_, before, quote, specifier) => {
            return `${before}${quote}${complete(specifier, file)}${quote}`
        })
        // Robots are imported by a name that is known at run time only.
        .replace(/import\((`[^`]+)\.ts`\)/g, 'import($1.js`)')
    await writeFile(file, changed)
}

await rm(OUT, { recursive: true, force: true })
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc')
execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { stdio: 'inherit' })
for (const entry of await readdir(OUT, { recursive: true })) {
    if (/\.(js|d\.ts)$/.test(entry)) await completeSpecifiers(path.join(OUT, entry))
}
for (const robot of await listRobots()) await shipFirmware(robot)
