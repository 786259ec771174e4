#!/usr/bin/env node
// The sources run as they are: tsx compiles them on the fly, so what you edit is what runs.
import { register } from 'tsx/esm/api'

register()
const { main } = await import('../src/cli/main.ts')
await main(process.argv.slice(2))
