// `npm run bench`: how fast the simulator, the decoder and the bridge are on this machine, beside peers measured in the same run.
import { cpus } from 'node:os'
import { type BridgeCost, measureBridge } from './benchmark/bridge-cost'
import { type DecoderThroughput, measureDecoders } from './benchmark/decoder-throughput'
import type { Repeated } from './benchmark/repeated'
import { measureSimulation, type SimulationSpeed } from './benchmark/simulation-speed'
import { scriptOptions } from './script-options'

const HELP = `Usage: npm run bench [-- --json]

Measures simulation speed, decoder throughput and the bridge's CPU time, which takes one to two minutes. Every figure is the
median of several runs, with the least and the largest beside it. Compare figures of one run with each other only.

  --json   one object instead of tables
  --help   this text`

interface Row {
    name: string
    does: string
    value: Repeated
    /** Against the row that the others are compared with; undefined for that row. */
    ratio?: number
}

async function main(): Promise<void> {
    const { values } = scriptOptions(HELP, { json: { type: 'boolean' } })
    const say = values.json ? () => {} : (text: string) => console.log(text)
    say(`Node ${process.version}, ${cpus().length} x ${cpus()[0].model.trim()}\n`)
    // First, while this process's heap is as small as a bridge's.
    const bridge = await measureBridge()
    for (const load of bridge) say(bridgeTable(load))
    const simulation = await measureSimulation()
    say(simulationTable(simulation))
    const decoders = await measureDecoders()
    say(decoderTable(decoders))
    if (values.json) {
        console.log(
            JSON.stringify({
                node: process.version,
                cpu: cpus()[0].model,
                cpus: cpus().length,
                simulation,
                decoders,
                bridge,
            }),
        )
    }
}

function simulationTable({ simulatedSeconds, repetitions, runs }: SimulationSpeed): string {
    const { vm, portable } = simulatedSeconds
    const title = `Simulation speed, times real time, rover (${vm} and ${portable} simulated seconds, ${repetitions} runs)`
    return table(
        title,
        runs.map(({ name, does, timesRealTime }) => ({ name, does, value: timesRealTime })),
    )
}

function decoderTable({ payloadBytes, chunkBytes, repetitions, decoders }: DecoderThroughput): string {
    const title = `Decoder throughput, MB of payload per second (payloads of ${payloadBytes} B, chunks of ${chunkBytes} B, ${repetitions} runs)`
    const rows = decoders.map(({ name, does, megabytesPerSecond }) => ({ name, does, value: megabytesPerSecond }))
    return table(title, compared(rows))
}

function bridgeTable({ title: load, messagesPerSecond, repetitions, paths }: BridgeCost): string {
    const rate = `${messagesPerSecond.toFixed(0)} messages a second, ${repetitions} runs`
    const title = `CPU time per message, µs (${rate}; ${load})`
    const rows = paths.map(({ name, does, cpuMicrosecondsPerMessage }) => ({
        name,
        does,
        value: cpuMicrosecondsPerMessage,
    }))
    return table(title, compared(rows))
}

/** Every row against the first. */
function compared(rows: Row[]): Row[] {
    return rows.map((row, i) => (i === 0 ? row : { ...row, ratio: row.value.median / rows[0].value.median }))
}

function table(title: string, rows: Row[]): string {
    const width = Math.max(...rows.map(({ name }) => name.length))
    const lines = rows.map(({ name, does, value, ratio }) => {
        const figures = `${digits(value.median)}  (${digits(value.least)} to ${digits(value.most)})`.padEnd(28)
        const beside = ratio === undefined ? '       ' : `x ${ratio.toPrecision(3)}`.padEnd(7)
        return `  ${name.padEnd(width)}  ${figures}${beside}  ${does}`
    })
    return [title, ...lines, ''].join('\n')
}

function digits(value: number): string {
    return (value >= 100 ? value.toFixed(0) : value.toPrecision(3)).padStart(5)
}

await main()
