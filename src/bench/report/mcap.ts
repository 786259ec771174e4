import { McapWriter, type IWritable } from '@mcap/core'
import type { Capture } from '../capture'
import { type BenchResult, withoutPlots } from '../result'

/** What a message of the raw data holds; JSON Schema, as MCAP readers want it. */
const SCHEMA = {
    type: 'object',
    title: 'bench.Sample',
    properties: Object.fromEntries(
        [
            'tick',
            'boardTime',
            'position',
            'velocity',
            'measured',
            'effort',
            'setpoint',
            'lateness',
            'current',
            'supply',
        ].map(key => [key, { type: ['number', 'null'] }]),
    ),
}

class Chunks implements IWritable {
    readonly parts: Uint8Array[] = []
    private length = 0n

    async write(bytes: Uint8Array): Promise<void> {
        this.parts.push(bytes.slice())
        this.length += BigInt(bytes.byteLength)
    }

    position(): bigint {
        return this.length
    }
}

/** Every sample of a run as an MCAP file, with the result as its metadata. */
export async function mcapFile(capture: Capture, result: BenchResult): Promise<Uint8Array> {
    const chunks = new Chunks()
    const writer = new McapWriter({ writable: chunks })
    await writer.start({ profile: '', library: 'tendon bench' })
    const encoder = new TextEncoder()
    const schemaId = await writer.registerSchema({
        name: SCHEMA.title,
        encoding: 'jsonschema',
        data: encoder.encode(JSON.stringify(SCHEMA)),
    })
    const topic = `/bench/${result.conditions.joint}`
    const channelId = await writer.registerChannel({ schemaId, topic, messageEncoding: 'json', metadata: new Map() })
    const number = (value: number) => (Number.isFinite(value) ? value : null)
    for (let i = 0; i < capture.length; i++) {
        const time = BigInt(Math.round(capture.host[i] * 1e6)) * 1000n
        const sample = {
            tick: capture.tick[i],
            boardTime: capture.time[i],
            position: capture.position[i],
            velocity: capture.velocity[i],
            measured: capture.measured[i],
            effort: capture.effort[i],
            setpoint: number(capture.setpoint[i]),
            lateness: capture.lateness[i],
            current: number(capture.current[i]),
            supply: number(capture.supply[i]),
        }
        const data = encoder.encode(JSON.stringify(sample))
        await writer.addMessage({ channelId, sequence: capture.tick[i], logTime: time, publishTime: time, data })
    }
    await writer.addMetadata({ name: 'bench', metadata: new Map([['result', JSON.stringify(withoutPlots(result))]]) })
    await writer.end()
    return Buffer.concat(chunks.parts)
}
