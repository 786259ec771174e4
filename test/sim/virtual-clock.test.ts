import fc from 'fast-check'
import { expect, test } from 'vitest'
import { VirtualClock } from '../../src/sim/virtual-clock'

test('alarms fire in time order, and those of one time in the order in which they were set', () => {
    const clock = new VirtualClock()
    const fired: string[] = []
    clock.at(30, () => fired.push(`c at ${clock.now}`))
    clock.at(10, () => fired.push(`a at ${clock.now}`))
    clock.at(20, () => fired.push(`b1 at ${clock.now}`))
    clock.at(20, () => fired.push(`b2 at ${clock.now}`))
    clock.runUntil(100)
    expect(fired).toEqual(['a at 10', 'b1 at 20', 'b2 at 20', 'c at 30'])
})

test('time stops where it was asked to, whether or not an alarm is there', () => {
    const clock = new VirtualClock()
    const fired: number[] = []
    clock.at(10, () => fired.push(10))
    clock.at(10.5, () => fired.push(10.5))
    clock.runUntil(10)
    expect(fired).toEqual([10])
    expect(clock.now).toBe(10)
    clock.runUntil(10.25)
    expect(fired).toEqual([10])
    expect(clock.now).toBe(10.25)
    clock.runUntil(5)
    expect(clock.now).toBe(10.25)
})

test('an alarm that an alarm sets for now fires in the same run, and one for the past fires now', () => {
    const clock = new VirtualClock()
    const fired: string[] = []
    clock.at(10, () => {
        clock.at(10, () => fired.push(`same time: ${clock.now}`))
        clock.at(3, () => fired.push(`past: ${clock.now}`))
        clock.at(11, () => fired.push(`later: ${clock.now}`))
    })
    clock.runUntil(10)
    expect(fired).toEqual(['same time: 10', 'past: 10'])
    clock.runUntil(11)
    expect(fired).toHaveLength(3)
})

test('a cancelled alarm does not fire and does not move time', () => {
    const clock = new VirtualClock()
    const fired: number[] = []
    const alarm = clock.at(10, () => fired.push(10))
    clock.at(20, () => fired.push(clock.now))
    clock.cancel(alarm)
    clock.cancel(alarm)
    clock.runUntil(30)
    expect(fired).toEqual([20])
})

test('any set of alarms fires as a stable sort of it says, without those cancelled', () => {
    const alarms = fc.array(fc.record({ time: fc.integer({ min: 0, max: 20 }), cancelled: fc.boolean() }))
    fc.assert(
        fc.property(alarms, list => {
            const clock = new VirtualClock()
            const fired: number[] = []
            const handles = list.map(({ time }, i) => clock.at(time, () => fired.push(i)))
            list.forEach(({ cancelled }, i) => cancelled && clock.cancel(handles[i]))
            clock.runUntil(20)
            const expected = list
                .map(({ time, cancelled }, i) => ({ time, cancelled, i }))
                .filter(({ cancelled }) => !cancelled)
                .sort((a, b) => a.time - b.time || a.i - b.i)
            expect(fired).toEqual(expected.map(({ i }) => i))
        }),
    )
})
