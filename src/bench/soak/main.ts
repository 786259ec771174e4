import '../../sim/device-script-buffer'
import { parseArgs } from 'node:util'
import { boardProfiles } from '../../sim/board-profile'
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

const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
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
})
const { robot, board } = values
const counts = [values.runs, values.count, values.cuts, values.drives, values.minutes, values.bytes].map(Number)
const [runs, count, cuts, drives, minutes, bytes] = counts
const seed = Number(values.seed)
const campaigns: Record<string, () => Promise<boolean>> = {
    stop: () => stopCampaign(runs, seed, board),
    steady: () => steadyCampaign({ robot, board, minutes, runs: drives, seed }),
    mutate: () => mutationCampaign(bytes, seed, board),
    interrupt: () => interruptCampaign(runs, seed),
    flash: () => flashCampaign(runs, seed),
    reconnect: () => reconnectCampaign(count, seed),
    deploy: () => deployCampaign(cuts, seed),
}
const campaign = positionals.length === 1 && Object.hasOwn(campaigns, positionals[0]) && campaigns[positionals[0]]
const whole = counts.every(number => Number.isInteger(number) && number >= 1) && Number.isInteger(seed)
if (!campaign || !whole || !Object.hasOwn(boardProfiles, board)) {
    process.stderr.write(`${USAGE}\n`)
    process.exit(2)
}
process.exitCode = (await campaign()) ? 0 : 1
