import { beforeAll, describe, expect, test } from 'vitest'
import { bandwidthOf, overshootOf } from '../../src/bench/analysis/velocity-loop'
import { loopPlant } from '../../src/bench/campaign/analytic'
import { gainsFile, gainsOf } from '../../src/bench/gains'
import { buildFirmware } from '../../src/flash/build'
import { actuator } from '../../src/robots/actuator/robot'
import { bench } from './bench'

beforeAll(() => buildFirmware('actuator'), 180_000)

const [{ encoder }] = actuator.joints
const board = { period: actuator.tickPeriodMs / 1000, observerBandwidth: encoder.observerBandwidth }

describe.each(['model', 'relay'] as const)('tune by %s', method => {
    test.each([3, 18])('finds gains that suit motor %i', { timeout: 60_000 }, async seed => {
        const { result, truth, delays } = await bench({ test: 'tune', seed, settings: { method, bandwidth: 4 } })
        const gains = gainsOf(result.figures)!
        // The loop with these gains around the motor as it is: another arithmetic than the test's own motor.
        const plant = loopPlant(truth, delays.reduce((sum, delay) => sum + delay, 0) / delays.length)
        expect(Math.abs(bandwidthOf(plant, board, gains) / 4 - 1)).toBeLessThan(0.2)
        expect(overshootOf(plant, board, gains)).toBeLessThan(0.15)
        expect(Math.abs(gains.ks - plant.frictionDuty)).toBeLessThan(0.005)
        expect(result).toMatchObject({ outcome: 'complete', verdict: 'pass', capture: { missing: 0 } })
        expect(result.figures.find(({ key }) => key === 'beforeOvershoot')?.value).toBeLessThan(0.2)
    })
})

test('a bandwidth that the delays forbid is refused, and the greatest is named', { timeout: 60_000 }, async () => {
    const { result, drives } = await bench({ test: 'tune', seed: 1, settings: { bandwidth: 12 } })
    expect(result).toMatchObject({ outcome: 'stopped', verdict: 'fail' })
    expect(result.reason).toMatch(/12 Hz with a damping of 0\.7 cannot be had .* at most [5-9]\.\d\d Hz/)
    expect(gainsOf(result.figures)).toBeUndefined()
    expect(drives).toEqual([0])
})

test('gains go into a file of parameters', () => {
    const gains = { kpPosition: 4, kp: 0.05, ki: 0.8, ks: 0.03, kv: 0 }
    const description = { name: 'rover', configHash: 'ab12' } as Parameters<typeof gainsFile>[0]
    expect(JSON.parse(gainsFile(description, 'left_wheel', gains))).toEqual({
        robot: 'rover',
        configHash: 'ab12',
        parameters: {
            'left_wheel.kp_position': 4,
            'left_wheel.kp': 0.05,
            'left_wheel.ki': 0.8,
            'left_wheel.ks': 0.03,
            'left_wheel.kv': 0,
        },
    })
})
