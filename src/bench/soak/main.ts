import '../../sim/device-script-buffer'
import { boardProfiles } from '../../sim/board-profile'
import { scriptOptions, wrongUsage } from '../script-options'
import { deployCampaign } from './deploy'
import { flashCampaign } from './flash'
import { interruptCampaign } from './interrupt'
import { mutationCampaign } from './mutate'
import { reconnectCampaign } from './reconnect'
import { steadyCampaign } from './steady'
import { stopCampaign } from './stop'

const USAGE = `usage: npm run soak -- stop [--runs <n>] [--seed <first>] [--board <profile>]
       npm run soak -- reconnect [--count <n>] [--seed <n>]
       npm run soak -- steady [--robot <name>] [--board <profile>] [--minutes <n>] [--drives <n>] [--seed <first>]
       npm run soak -- mutate [--bytes <n>] [--board <profile>] [--seed <n>]   (each way)
       npm run soak -- interrupt [--runs <n>] [--seed <first>]   (of each test in each way)
       npm run soak -- deploy [--cuts <n>] [--seed <n>]
       npm run soak -- flash [--runs <n>] [--seed <n>]`

const { values, positionals } = scriptOptions(
    USAGE,
    {
        runs: { type: 'string', default: '1000' },
        count: { type: 'string', default: '1000' },
        cuts: { type: 'string', default: '100' },
        bytes: { type: 'string', default: '10000000' },
        drives: { type: 'string', default: '1' },
        minutes: { type: 'string', default: '480' },
        seed: { type: 'string', default: '1' },
        robot: { type: 'string', default: 'rover' },
        board: { type: 'string', default: 'rp2040' },
    },
    true,
)
const { robot, board } = values
const [runs, count, cuts, drives, minutes, bytes] = (
    ['runs', 'count', 'cuts', 'drives', 'minutes', 'bytes'] as const
).map(name => whole(name, 1))
const seed = whole('seed', -Infinity)
const campaigns: Record<string, () => Promise<boolean>> = {
    stop: () => stopCampaign(runs, seed, board),
    steady: () => steadyCampaign({ robot, board, minutes, runs: drives, seed }),
    mutate: () => mutationCampaign(bytes, seed, board),
    interrupt: () => interruptCampaign(runs, seed),
    flash: () => flashCampaign(runs, seed),
    reconnect: () => reconnectCampaign(count, seed),
    deploy: () => deployCampaign(cuts, seed),
}
const [name = 'none', ...more] = positionals
if (more.length > 0 || !Object.hasOwn(campaigns, name)) {
    wrongUsage(
        USAGE,
        `campaign: ${positionals.join(' ') || 'none'}; allowed is one of: ${Object.keys(campaigns).join(', ')}`,
    )
}
if (!Object.hasOwn(boardProfiles, board)) {
    wrongUsage(USAGE, `--board ${board}; allowed: ${Object.keys(boardProfiles).join(', ')}`)
}
process.exitCode = (await campaigns[name]()) ? 0 : 1

/** An option that is a whole number. */
function whole(option: keyof typeof values, min: number): number {
    const number = Number(values[option])
    if (Number.isInteger(number) && number >= min) return number
    const from = min === -Infinity ? '' : ` from ${min}`
    return wrongUsage(USAGE, `--${option} ${String(values[option])}; allowed: whole numbers${from}`)
}
