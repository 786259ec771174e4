import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { htmlSafetyReport } from '../../src/bench/safety/report'
import { LINK_SCENARIOS, PLANNING } from '../../src/bench/safety/scenarios'
import { stopRun } from '../../src/bench/safety/stop-run'
import { verifySafety } from '../../src/bench/safety/verify'
import { Witness } from '../../src/bench/safety/witness'
import { buildFirmware } from '../../src/flash/build'
import { tendon } from '../cli/tendon'
import { connectArmedRover, keepDriving, pass } from '../e2e/rig'

beforeAll(() => buildFirmware('actuator'), 180_000)

test('whatever goes wrong with the rover, the motors are off within the bound that applies', async () => {
    const result = await verifySafety({ robot: 'rover', board: 'rp2040', seeds: 1, firstSeed: 3 })
    expect(result.scenarios.flatMap(({ runs }) => runs.flatMap(({ failures }) => failures))).toEqual([])
    expect(result).toMatchObject({ pass: true, complete: true })
    const names = result.scenarios.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    for (const expected of [
        'runtime stalled',
        'emergency stop',
        'board reset',
        'motoron reset',
        'imu wire broken',
        'left_wheel braked by 1.4 N·m',
    ]) {
        expect(names).toContain(expected)
    }
    // A setpoint holds for its time less the margin at least. Only where a delay stopped the motors while the planner went on
    // can the newest one before have come too late: the deadline that fired was an earlier one's.
    for (const { name, runs } of result.scenarios.slice(0, LINK_SCENARIOS.length)) {
        const held = runs.filter(({ afterFault }) => name !== 'link delayed' || afterFault >= PLANNING)
        for (const run of held) expect(run.afterSetpoint, JSON.stringify(run)).toBeGreaterThan(0.05)
    }
    const html = htmlSafetyReport(result)
    for (const name of names) expect(html).toContain(`<td>${name}</td>`)
}, 180_000)

test('with the runtime stalled the motor controller ends it, by its own timeout and not before', async () => {
    const run = await stopRun(
        'rover',
        LINK_SCENARIOS.find(({ name }) => name === 'runtime stalled')!,
        10,
    )
    expect(run.afterTick).toBeGreaterThan(0.09)
    expect(run.afterTick).toBeLessThanOrEqual(0.104)
}, 60_000)

test('a bound that does not hold, and a mode that is another, are failures', async () => {
    const [silent] = LINK_SCENARIOS
    const bound = { from: 'setpoint', text: 'too soon', seconds: () => 0.05 } as const
    const run = await stopRun('rover', { ...silent, bound, ends: ['idle'] }, 1)
    expect(run.failures).toHaveLength(2)
    expect(run.failures[0]).toMatch(/^\d+\.\d ms longer than allowed: motors off within too soon$/)
    expect(run.failures[1]).toBe('mode is timeout at the end, must be idle')
}, 60_000)

test('a report that says off while the motor controller drives is noticed, but for what is on its way', async () => {
    const rig = await connectArmedRover()
    const witness = new Witness(rig.robot)
    keepDriving(rig, 0.2)
    await pass(rig.robot, 0.2)
    witness.hear({ mode: 'idle' })
    await pass(rig.robot, 0.015)
    expect(witness.contradicted()).toBe(0)
    await pass(rig.robot, 0.1)
    expect(witness.contradicted()).toBeGreaterThan(0.08)
    expect(witness.contradicted()).toBeLessThan(0.1)
}, 60_000)

test('the command reports each scenario of the actuator, as JSON and as HTML', async () => {
    const file = join(tmpdir(), `tendon-safety-${process.pid}.html`)
    const { code, stdout, stderr } = await tendon(
        'verify-safety',
        'actuator',
        '--seeds',
        '1',
        '--json',
        '--report',
        file,
    )
    // On a busy machine it takes long enough for a line of progress.
    expect(code, stderr).toBe(0)
    const result = JSON.parse(stdout)
    expect(result).toMatchObject({ robot: 'actuator', board: 'rp2040', seeds: 1, pass: true, report: file })
    expect(await readFile(file, 'utf8')).toContain('<td>motor jammed, then silence</td>')
}, 120_000)

test.each([
    ['manipulator', 'base knocked beyond its range'],
    ['balancer', 'left_wheel encoder frozen, then silence'],
])(
    'the %s comes to rest with its motors driven, is off where it must be, and says what it cannot stop',
    async (robot, expected) => {
        const result = await verifySafety({ robot, board: 'rp2040', seeds: 1, firstSeed: 2 })
        expect(result.scenarios.flatMap(({ runs }) => runs.flatMap(({ failures }) => failures))).toEqual([])
        expect(result.scenarios.map(({ name }) => name)).toContain(expected)
        const silent = result.scenarios.find(({ name }) => name === 'planner falls silent')!
        expect(silent.must).toMatch(robot === 'balancer' ? /^stands for good/ : /^at rest for good/)
        // It was on its way when its planner fell silent.
        expect(silent.worst.measured).toBeGreaterThan(0.15)
    },
    120_000,
)

test('a servo driver that hears nothing goes on as it was told last: told at once, and named', async () => {
    const { scenarios } = await verifySafety({
        robot: 'manipulator',
        board: 'esp32',
        seeds: 1,
        firstSeed: 4,
        only: 'servo_driver wire',
    })
    expect(scenarios).toHaveLength(1)
    const [{ must, runs }] = scenarios
    expect(must).toContain('outputs go on as they were told last; telemetry names motor')
    expect(runs[0]).toMatchObject({ mode: 'fault', faults: ['motor'], failures: [] })
    expect(runs[0].contradicted).toBeGreaterThan(1)
})
