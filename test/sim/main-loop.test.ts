import { describe, expect, test } from 'vitest'
import { boardProfiles } from '../../src/sim/board-profile'
import { mainLoopOf } from '../../src/sim/main-loop'

const loopOf = (name: string, random = 0) => mainLoopOf(boardProfiles[name], () => random)

describe('ideal', () => {
    test('wakes to the microsecond when the runtime asks, never at once, and for a frame', () => {
        const loop = loopOf('ideal')
        loop.passEnded(0, 100, 5000)
        expect(loop.nextPass()).toBe(5100)
        loop.passEnded(5100, 5200, 0)
        expect(loop.nextPass()).toBe(5201)
        loop.passEnded(5201, 5300, 10_000)
        loop.frameArrived(6000)
        expect(loop.nextPass()).toBe(6000)
    })

    test('a frame that arrives while a pass runs is handled when it has ended', () => {
        const loop = loopOf('ideal')
        loop.passEnded(0, 100, 10_000)
        loop.frameArrived(50)
        expect(loop.nextPass()).toBe(100)
    })
})

describe('esp32', () => {
    test('wakes each 10 ms, whatever the runtime asks', () => {
        const loop = loopOf('esp32')
        loop.passEnded(3_000, 3_100, 1)
        expect(loop.nextPass()).toBe(10_000)
        loop.passEnded(10_000, 10_100, 9_000)
        expect(loop.nextPass()).toBe(20_000)
    })

    test('a tick of its timer that fell into a pass is followed at once by another', () => {
        const loop = loopOf('esp32')
        loop.passEnded(9_000, 12_000, 5_000)
        expect(loop.nextPass()).toBe(12_000)
        loop.passEnded(12_000, 12_100, 5_000)
        expect(loop.nextPass()).toBe(20_000)
    })

    test('a frame wakes it', () => {
        const loop = loopOf('esp32')
        loop.passEnded(0, 100, 10_000)
        loop.frameArrived(4_000)
        expect(loop.nextPass()).toBe(4_000)
        loop.passEnded(4_000, 4_100, 10_000)
        expect(loop.nextPass()).toBe(10_000)
    })
})

describe('rp2040', () => {
    /** A loop that slept and was woken by its alarm, which is then 1 ms from there: at 101 ms, with the next at 102. */
    function asleep(random = 0) {
        const loop = loopOf('rp2040', random)
        loop.passEnded(100_000, 100_090, 50_000)
        // Since power-on the alarm went off each 10 ms from 1 ms on, last at 91: then at 101.
        expect(loop.nextPass()).toBe(101_000)
        loop.passEnded(101_000, 101_090, 49_000)
        return loop
    }

    test('makes a pass each millisecond while nothing is due', () => {
        const loop = asleep()
        for (let time = 102_000; time < 110_000; time += 1000) {
            expect(loop.nextPass()).toBe(time)
            loop.passEnded(time, time + 90, 50_000)
        }
    })

    test('an alarm that fires while a pass computes is followed by one 10 ms later, and at once by an idle pass', () => {
        const loop = asleep()
        // The alarm at 102 has brought this pass and been set to 103, which falls into it.
        loop.passEnded(102_000, 105_100, 6_000)
        expect(loop.nextPass()).toBe(105_100)
        loop.passEnded(105_100, 105_190, 6_000)
        expect(loop.nextPass()).toBe(113_000)
    })

    test('wakes sooner when the runtime asks for less than a millisecond', () => {
        const loop = asleep()
        loop.passEnded(102_000, 102_090, 400)
        expect(loop.nextPass()).toBe(103_000)
        loop.passEnded(103_000, 103_090, 400)
        expect(loop.nextPass()).toBe(103_400)
    })

    test('an alarm that is set to now is lost: the loop stands still until a frame comes', () => {
        const loop = asleep()
        loop.passEnded(102_000, 102_090, 0)
        // The alarm at 103 wakes it once more, but has been set to 103 again: it never fires.
        expect(loop.nextPass()).toBe(103_000)
        loop.passEnded(103_000, 103_090, 5_000)
        expect(loop.nextPass()).toBe(Infinity)
        loop.frameArrived(400_000)
        expect(loop.nextPass()).toBe(400_000)
        loop.passEnded(400_000, 400_380, 50_000)
        expect(loop.nextPass()).toBeLessThan(410_400)
    })

    test('a frame replaces the alarm: one is set when the physical layer has looked at its queue, 59 to 186 µs later', () => {
        // The frame's pass ends at 102 880, its handling began 250 before: the look is at 102 689 while the pass goes on.
        const early = asleep(0)
        early.frameArrived(102_500)
        early.passEnded(102_500, 102_880, 50_000)
        expect(early.nextPass()).toBe(102_880)
        early.passEnded(102_880, 102_970, 50_000)
        expect(early.nextPass()).toBe(102_630 + 59 + 10_000)
        // With the longest wait it is behind the program's share: the alarm is what the runtime asked for.
        const late = asleep(0.9999)
        late.frameArrived(102_500)
        late.passEnded(102_500, 102_880, 4_000)
        late.passEnded(102_880, 102_970, 4_000)
        expect(late.nextPass()).toBe(102_630 + 186 + 4_000)
    })

    test('a frame that the board sends brings a pass soon after', () => {
        const loop = asleep()
        loop.passEnded(102_000, 102_090, 50_000)
        loop.frameSent(102_090)
        expect(loop.nextPass()).toBe(102_090 + 59)
        loop.passEnded(102_149, 102_239, 50_000)
        expect(loop.nextPass()).toBe(102_149 + 1000)
    })

    test('a frame that arrives while a pass computes is handled in the next', () => {
        const loop = asleep()
        loop.frameArrived(103_500)
        loop.passEnded(102_000, 105_100, 6_000)
        expect(loop.nextPass()).toBe(105_100)
    })
})
