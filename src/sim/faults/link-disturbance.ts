import type { Random } from '../random'
import type { Disturbance } from '../wire'
import type { Fault } from './fault-plan'

/** What a link fault does to each chunk of bytes. */
export function linkDisturbance({ kind, numbers, choices }: Fault, random: Random): Disturbance {
    const { probability } = numbers
    const hits = () => random.uniform() < probability
    switch (kind) {
        case 'link-drop':
            if (choices.unit === 'byte') return { pass: chunk => whole(chunk.filter(() => !hits())) }
            return { pass: chunk => (hits() ? [] : whole(chunk)) }
        case 'link-delay': {
            const { delay, jitter } = numbers
            return { pass: bytes => [{ bytes, delayUs: (delay + random.uniform(0, jitter)) * 1e6 }] }
        }
        case 'link-duplicate':
            return {
                pass: bytes => (hits() ? [...whole(bytes), { bytes, delayUs: numbers.delay * 1e6 }] : whole(bytes)),
            }
        case 'link-corrupt':
            return { pass: chunk => whole(chunk.map(byte => (hits() ? byte ^ (1 << (random.next() & 7)) : byte))) }
    }
    throw new RangeError(`${kind} is no fault of the link`)
}

function whole(bytes: Uint8Array): { bytes: Uint8Array; delayUs: number }[] {
    return [{ bytes, delayUs: 0 }]
}
