// `npm run soak:planners`: 32 clients on every topic at 100 samples a second, one of them not reading.
import { scriptOptions, wrongUsage } from '../script-options'
import { measureFanOut, type Spread } from './fan-out'

const HELP = `Usage: npm run soak:planners [-- --seconds 60] [--json]

Serves 32 planners (rosbridge in JSON and CBOR, Foxglove) on every topic of a replayed rover at 100 samples a second; one of
them never reads. Fails when any of the others lost a sample.`

const text = ({ p50, p99, max }: Spread) =>
    `p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms, most ${max.toFixed(2)} ms`

const { values } = scriptOptions(HELP, {
    seconds: { type: 'string', default: '60' },
    json: { type: 'boolean' },
})
const seconds = Number(values.seconds)
if (!(seconds >= 1 && seconds <= 86_400)) {
    wrongUsage(HELP, `--seconds is ${values.seconds}; allowed: 1 to 86400`)
} else {
    const result = await measureFanOut(seconds)
    const { ageMs, warmUpAgeMs, bridgeMs, bareMs, memoryMegabytes: memory } = result
    if (values.json) console.log(JSON.stringify(result))
    else {
        console.log(
            [
                `${result.clients} clients, ${result.samplesPerSecond.toFixed(0)} samples/s on 5 topics, ${seconds} s`,
                `  lost by the readers        ${result.lost} of ${(result.clients - 1) * result.expectedPerReader} messages`,
                `  lost by the one that does not read  ${result.droppedForTheOther}`,
                `  added latency              ${text(ageMs)}`,
                `  … of it in the bridge      ${text(bridgeMs)}`,
                `  … in the ${result.warmUpSeconds} s before        ${text(warmUpAgeMs)}`,
                `  eight bytes without it     ${text(bareMs)}`,
                `  CPU of the bridge          ${result.cpuMicrosecondsPerMessage.toFixed(2)} µs a message`,
                `  memory of the bridge       ${memory.start.toFixed(0)} MB at the start, at most ${memory.later.toFixed(0)} MB later`,
            ].join('\n'),
        )
    }
    process.exitCode = result.lost === 0 ? 0 : 1
}
process.exit()
