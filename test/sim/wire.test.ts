import { expect, test } from 'vitest'
import { checkFaultPlan } from '../../src/sim/faults/fault-plan'
import { linkDisturbance } from '../../src/sim/faults/link-disturbance'
import { Random } from '../../src/sim/random'
import { VirtualClock } from '../../src/sim/virtual-clock'
import { Wire } from '../../src/sim/wire'

function rig(fault?: object): { clock: VirtualClock; wire: Wire; received: [number, number[]][] } {
    const clock = new VirtualClock()
    const wire = new Wire(clock, () => 100)
    const received: [number, number[]][] = []
    wire.onBytes = bytes => received.push([clock.now, [...bytes]])
    if (fault) {
        const none = {
            chip: [],
            i2c: [],
            spi: [],
            encoder: [],
            imu: [],
            motor: [],
            wire: [],
            contact: [],
            controller: [],
        }
        const [checked] = checkFaultPlan({ faults: [{ at: 0, ...fault }] }, none)
        wire.disturbances.push(linkDisturbance(checked, new Random(1)))
    }
    return { clock, wire, received }
}

test('bytes arrive in order after the delay', () => {
    const { clock, wire, received } = rig()
    wire.write(Uint8Array.of(1, 2))
    clock.runUntil(50)
    wire.write(Uint8Array.of(3))
    clock.runUntil(1000)
    expect(received).toEqual([
        [100, [1, 2]],
        [150, [3]],
    ])
})

test('a reader that stands still gets all at once, and has 4096 bytes of room', () => {
    const { clock, wire, received } = rig()
    let roomAgain = 0
    wire.onRoom = () => roomAgain++
    wire.hold()
    wire.write(Uint8Array.of(1))
    wire.write(Uint8Array.of(2))
    clock.runUntil(1000)
    expect(received).toEqual([])
    expect(wire.room).toBe(4094)
    wire.release()
    expect(received).toEqual([
        [1000, [1]],
        [1000, [2]],
    ])
    expect(wire.room).toBe(Infinity)
    expect(roomAgain).toBe(1)
})

test('of what a still reader does not take, sixteen writes are under way and the rest waits with the writer', () => {
    const { clock, wire } = rig()
    wire.hold()
    for (let i = 0; i < 20; i++) wire.write(new Uint8Array(10))
    clock.runUntil(1000)
    expect(wire.backlog).toBe(40)
})

test('a dropped frame is lost whole, dropped bytes singly', () => {
    const frames = rig({ kind: 'link-drop', probability: 0.5 })
    const bytes = rig({ kind: 'link-drop', probability: 0.5, unit: 'byte' })
    for (let i = 0; i < 1000; i++) {
        frames.wire.write(Uint8Array.of(1, 2, 3, 4))
        bytes.wire.write(Uint8Array.of(1, 2, 3, 4))
    }
    frames.clock.runUntil(1e6)
    bytes.clock.runUntil(1e6)
    expect(frames.received.every(([, chunk]) => chunk.length === 4)).toBe(true)
    // Four standard deviations of 1000 throws are 63, of 4000 they are 126.
    expect(Math.abs(frames.received.length - 500)).toBeLessThan(63)
    const left = bytes.received.reduce((sum, [, chunk]) => sum + chunk.length, 0)
    expect(Math.abs(left - 2000)).toBeLessThan(126)
})

test('a delay keeps the order', () => {
    const { clock, wire, received } = rig({ kind: 'link-delay', delay: 0.001, jitter: 0.01 })
    for (let i = 0; i < 100; i++) {
        wire.write(Uint8Array.of(i))
        clock.runUntil(clock.now + 500)
    }
    clock.runUntil(1e6)
    expect(received.map(([, [value]]) => value)).toEqual(Array.from({ length: 100 }, (_, i) => i))
    received.forEach(([time], i) => expect(time).toBeGreaterThanOrEqual(i * 500 + 1100))
    received.forEach(([time], i) => expect(time).toBeLessThanOrEqual(i * 500 + 11_100))
})

test('a duplicate comes after the first, as late as it says', () => {
    const { clock, wire, received } = rig({ kind: 'link-duplicate', delay: 0.002 })
    wire.write(Uint8Array.of(7, 8))
    clock.runUntil(1e6)
    expect(received).toEqual([
        [100, [7, 8]],
        [2100, [7, 8]],
    ])
})

test('corruption flips one bit of some bytes', () => {
    const { clock, wire, received } = rig({ kind: 'link-corrupt', probability: 0.1 })
    for (let i = 0; i < 1000; i++) wire.write(new Uint8Array(10))
    clock.runUntil(1e6)
    const flipped = received.flatMap(([, chunk]) => chunk).filter(byte => byte !== 0)
    expect(flipped.every(byte => (byte & (byte - 1)) === 0)).toBe(true)
    expect(new Set(flipped).size).toBe(8)
    // 10,000 throws at 0.1: four standard deviations are 120.
    expect(Math.abs(flipped.length - 1000)).toBeLessThan(120)
})
