import '../../sim/device-script-buffer'
import { parseArgs } from 'node:util'
import { deployCampaign } from './deploy'
import { flashCampaign } from './flash'
import { interruptCampaign } from './interrupt'
import { reconnectCampaign } from './reconnect'
import { stopCampaign } from './stop'

const USAGE = `usage: npm run soak -- stop [--runs <n>] [--seed <first>]
       npm run soak -- reconnect [--count <n>] [--seed <n>]
       npm run soak -- interrupt [--runs <n>] [--seed <first>]   (of each test in each way)
       npm run soak -- deploy [--cuts <n>] [--seed <n>]
       npm run soak -- flash [--runs <n>] [--seed <n>]`

const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
        runs: { type: 'string', default: '1000' },
        count: { type: 'string', default: '1000' },
        cuts: { type: 'string', default: '100' },
        seed: { type: 'string', default: '1' },
    },
})
const [runs, count, cuts, seed] = [values.runs, values.count, values.cuts, values.seed].map(Number)
const campaigns: Record<string, () => Promise<boolean>> = {
    stop: () => stopCampaign(runs, seed),
    interrupt: () => interruptCampaign(runs, seed),
    flash: () => flashCampaign(runs, seed),
    reconnect: () => reconnectCampaign(count, seed),
    deploy: () => deployCampaign(cuts, seed),
}
const campaign = positionals.length === 1 && Object.hasOwn(campaigns, positionals[0]) && campaigns[positionals[0]]
const whole = [runs, count, cuts].every(number => Number.isInteger(number) && number >= 1) && Number.isInteger(seed)
if (!campaign || !whole) {
    process.stderr.write(`${USAGE}\n`)
    process.exit(2)
}
process.exitCode = (await campaign()) ? 0 : 1
