import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

/** Directory of this package, whether this is its source or what was built of it. */
export const PACKAGE_ROOT: string = (() => {
    let directory = path.dirname(fileURLToPath(import.meta.url))
    while (!existsSync(path.join(directory, 'package.json'))) directory = path.dirname(directory)
    return directory
})()

/** Of this package. */
export const PACKAGE_VERSION: string = (
    JSON.parse(readFileSync(path.join(PACKAGE_ROOT, 'package.json'), 'utf8')) as { version: string }
).version
