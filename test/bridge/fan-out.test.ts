import { expect, it } from 'vitest'
import { measureFanOut } from '../../src/bench/fan-out/fan-out'

it('32 clients on every topic, one of them not reading: the others lose nothing', { timeout: 60_000 }, async () => {
    const { clients, lost, expectedPerReader } = await measureFanOut(2, 1)
    expect(clients).toBe(32)
    expect(expectedPerReader).toBe(50 * 4 * 5)
    expect(lost).toBe(0)
})
