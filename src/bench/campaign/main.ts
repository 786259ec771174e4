// `npm run bench:campaign`: every claim of the bench on drawn actuators, and what was seen of it.
import '../../sim/device-script-buffer'
import { print, printJson, table } from '../../cli/output'
import { buildFirmware } from '../../flash/build'
import { scriptOptions, wrongUsage } from '../script-options'
import { campaign, type Verdict } from './campaign'
import { parts } from './rows'

const USAGE = `Usage: npm run bench:campaign [-- <part> …] [-- --seeds <n> --first <seed> --json]

Runs the tests of the bench on simulated actuators whose motors, loads and supplies are drawn by the seed, and holds what they
find against what is true. Parts: ${parts.map(({ name }) => name).join(', ')} (default: all).

  --seeds <n>      how many (default 50)
  --first <seed>   the first (default 1)
  --json           the last line is the result as one object`

const fail = (problem: string) => wrongUsage(USAGE, problem)

function shown(value: number, unit: Verdict['unit']): string {
    if (unit === undefined) return `${(100 * value).toFixed(2)} %`
    return `${(1000 * value).toFixed(2)} m${unit}`
}

function row({ what, runs, good, asked, most, worst, unit, seeds, pass }: Verdict): string[] {
    const error = worst === undefined || most === undefined ? '' : `${shown(worst, unit)} of ${shown(most, unit)}`
    return [what, `${good} of ${runs}`, `${asked}`, error, seeds.slice(0, 8).join(' '), pass ? 'ok' : 'FAILS']
}

const { values, positionals } = scriptOptions(
    USAGE,
    {
        seeds: { type: 'string', default: '50' },
        first: { type: 'string', default: '1' },
        json: { type: 'boolean' },
    },
    true,
)
const [count, first] = [Number(values.seeds), Number(values.first)]
if (!Number.isInteger(count) || count < 1) fail(`--seeds ${values.seeds}: allowed are whole numbers from 1`)
if (!Number.isInteger(first) || first < 0) fail(`--first ${values.first}: allowed are whole numbers from 0`)
const unknown = positionals.find(name => !parts.some(part => part.name === name))
if (unknown !== undefined) fail(`part "${unknown}" does not exist`)
await buildFirmware('actuator')
const tell = (text: string) => process.stderr.isTTY && process.stderr.write(`\r\x1b[K${text}`)
const result = await campaign(first, count, positionals, tell)
if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
const head = ['asked', 'as asked', 'needed', 'worst error', 'its seed, or those that fail', '']
for (const line of table([head, ...result.verdicts.map(row)], [1, 2])) print(line)
print(
    `seeds ${first} to ${first + count - 1}: ${result.runs} runs, ${result.samples} samples, ${result.missing} missing`,
)
if (values.json) printJson(result)
process.exitCode = result.pass ? 0 : 1
