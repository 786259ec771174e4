// Writes docs/drivers.md: `npm run docs:drivers`.
import { writeFile } from 'node:fs/promises'
import '../../sim/device-script-buffer'
import { driversPage } from './page'

await writeFile('docs/drivers.md', await driversPage())
