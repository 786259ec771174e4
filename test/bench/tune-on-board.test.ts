import { beforeAll, describe, expect, test } from 'vitest'
import { BoardGains, type Gains, gainsOf } from '../../src/bench/gains'
import { buildFirmware } from '../../src/flash/build'
import type { Robot } from '../../src/host/robot'
import type { RobotSession } from '../../src/host/session'
import { actuator } from '../../src/robots/actuator/robot'
import { bench } from './bench'

beforeAll(() => buildFirmware('actuator'), 180_000)

const { gains: old } = actuator.joints[0]

describe('tune on a board with parameters', () => {
    let left: Gains
    let stored: unknown
    const afterwards = async (robot: Robot) => {
        left = await new BoardGains(robot, 'motor').read()
        stored = await (robot as RobotSession).parameterStorage()
    }

    test.each([
        ['model', 5],
        ['relay', 18],
    ] as const)(
        'by %s: the new gains do what is wanted, and the old ones are back',
        { timeout: 90_000 },
        async (method, seed) => {
            const { result } = await bench({ test: 'tune', seed, settings: { method }, afterwards })
            const figure = (key: string) => result.figures.find(known => known.key === key)?.value ?? NaN
            expect(result).toMatchObject({
                outcome: 'complete',
                verdict: 'pass',
                findings: [],
                capture: { missing: 0 },
            })
            expect(Math.abs(figure('afterBandwidth') / 3 - 1)).toBeLessThan(0.2)
            expect(figure('afterOvershoot')).toBeLessThan(0.15)
            expect(figure('positionOvershoot')).toBeLessThan(0.15)
            // The old loop is far faster than what was wanted: they were measured apart.
            expect(figure('beforeBandwidth')).toBeGreaterThan(5)
            expect(left).toEqual(old)
            expect(stored).toMatchObject({ sequence: 0 })
            expect(result.plots[0].series.map(({ name }) => name)).toEqual(['before', 'after', 'setpoint'])
        },
    )

    test('keeps them when told to', { timeout: 90_000 }, async () => {
        const { result } = await bench({ test: 'tune', seed: 7, settings: { bandwidth: 4, store: true }, afterwards })
        const gains = gainsOf(result.figures)!
        expect(result.findings.map(({ code }) => code)).toEqual(['stored'])
        for (const key of Object.keys(gains) as (keyof Gains)[]) expect(left[key]).toBeCloseTo(gains[key], 5)
        expect(stored).toMatchObject({ sequence: 1, changed: false })
    })

    test('puts the old ones back when it is interrupted while the new ones drive', { timeout: 90_000 }, async () => {
        const { result, drives } = await bench({ test: 'tune', seed: 5, interruptAfter: 8000, afterwards })
        expect(result).toMatchObject({ outcome: 'interrupted', verdict: 'fail' })
        expect(result.figures.some(({ key }) => key === 'afterOvershoot')).toBe(true)
        expect(left).toEqual(old)
        expect(drives).toEqual([0])
    })
})
