// Campaign: a simulated fleet on one broker. After a while of undisturbed running each robot in turn is lost, half of them
// with a broken connection, half hung with the connection open. Fails when a loss is noticed late or a state is out of order.
import { setTimeout } from 'node:timers/promises'
import { FleetClient } from '../fleet/client'
import { FleetSimulation } from '../simulate-fleet'
import { scriptOptions, wrongUsage } from './script-options'

/** A loss must be noticed within this, s. */
const NOTICED = 2
/** Between two losses, ms. */
const LOSS_MS = 150

const USAGE = `usage: npm run soak:fleet [-- <broker> [<robots> [<seconds>]]]
default: mqtt://127.0.0.1:1883 100 60`

const [url = 'mqtt://127.0.0.1:1883', count = '100', seconds = '60'] = scriptOptions(USAGE, {}, true).positionals
if (!(Number.isInteger(Number(count)) && Number(count) >= 1)) {
    wrongUsage(USAGE, `robots: ${count}; allowed: whole numbers from 1`)
}
if (!(Number(seconds) > 0 && Number(seconds) <= 86_400)) {
    wrongUsage(USAGE, `seconds: ${seconds}; allowed: above 0 to 86400`)
}
const lostAt = new Map<string, number>()
const noticed = new Map<string, { status: string; after: number }>()
const early: string[] = []

const planner = await FleetClient.connect({ url, root: 'soak' })
planner.onEvent = ({ robot, status }) => {
    if (status === 'online') return
    const at = lostAt.get(robot)
    if (at === undefined) early.push(`${robot} ${status}`)
    else if (!noticed.has(robot)) noticed.set(robot, { status, after: (performance.now() - at) / 1000 })
}
const fleet = await FleetSimulation.start({ url, root: 'soak', robot: 'rover', count: Number(count), board: 'rp2040' })
const cpu = process.cpuUsage()
await setTimeout(Number(seconds) * 1000)
const used = process.cpuUsage(cpu)
const robots = planner.robots
const sum = (of: (robot: (typeof robots)[number]) => number) => robots.reduce((total, robot) => total + of(robot), 0)
const steady = {
    robots: robots.filter(({ status }) => status === 'online').length,
    seconds: Number(seconds),
    statesPerSecond: sum(({ received }) => received) / Number(seconds) / robots.length,
    cores: (used.user + used.system) / 1e6 / Number(seconds),
    residentMegabytes: Math.round(process.memoryUsage().rss / 1e6),
    skippedSeconds: fleet.skipped,
}
for (const [i, id] of fleet.ids.entries()) {
    lostAt.set(id, performance.now())
    if (i % 2 === 0) fleet.lose(id)
    else fleet.hang(id)
    await setTimeout(LOSS_MS)
}
await setTimeout(2 * NOTICED * 1000)
const times = (status: string) => {
    const after = [...noticed.values()].filter(notice => notice.status === status).map(notice => notice.after)
    after.sort((a, b) => a - b)
    return { count: after.length, median: after[after.length >> 1], max: after.at(-1) }
}
const report = {
    ...steady,
    missed: planner.robots.reduce((total, { missed }) => total + missed, 0),
    outOfOrder: planner.robots.reduce((total, { outOfOrder }) => total + outOfOrder, 0),
    falseAlarms: early,
    lost: times('lost'),
    silent: times('silent'),
}
process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`)
await fleet.close()
await planner.close()
const late = [...noticed.values()].some(({ after }) => after > NOTICED)
if (noticed.size < fleet.ids.length || late || report.outOfOrder > 0 || early.length > 0) process.exitCode = 1
