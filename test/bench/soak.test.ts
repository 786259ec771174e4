import { beforeAll, expect, test } from 'vitest'
import { mutationRun } from '../../src/bench/safety/mutation-run'
import { steadyRun } from '../../src/bench/safety/steady-run'
import { mutationProblems } from '../../src/bench/soak/mutate'
import { problems } from '../../src/bench/soak/steady'
import { buildFirmware } from '../../src/flash/build'

beforeAll(() => buildFirmware('rover'), 180_000)

// `npm run soak -- steady` is the same for eight hours.
test('a minute of driving: no tick late, the counts of both ends agree, the heap is flat', async () => {
    const run = await steadyRun({ robot: 'rover', board: 'rp2040', seed: 5, seconds: 60 })
    expect(problems(run)).toEqual([])
    expect(run.ticks.board).toBeGreaterThanOrEqual(6000)
    expect(run.toBoard.sent).toBeGreaterThan(30_000)
    expect(run.toHost.sent).toBeGreaterThan(1500)

    const broken = {
        ...run,
        lateTicks: 2,
        ticks: { ...run.ticks, host: run.ticks.board - 40 },
        toHost: { sent: 10, received: 9 },
        boardBytes: [20_000, 23_000] as [number, number],
    }
    expect(problems(broken)).toEqual([
        '2 ticks were late',
        `${run.ticks.board - 40} ticks by the host, ${run.ticks.board} by the board`,
        '10 frames sent to the host, 9 received',
        'program: 20.0 kB to 23.0 kB',
    ])
}, 120_000)

// `npm run soak -- mutate` is the same with ten million bytes each way.
test('of damaged frames none becomes a setpoint or a state, and none of those beside them is lost', async () => {
    const run = await mutationRun(1_500_000, 3)
    expect(mutationProblems(run)).toEqual([])
    for (const { bytes, mutants, sealed, crcErrors, framingErrors } of [run.toBoard, run.toHost]) {
        expect(bytes).toBeGreaterThanOrEqual(1_500_000)
        expect(sealed).toBeGreaterThan(100)
        expect(crcErrors + framingErrors).toBeGreaterThan(mutants / 2)
    }
    // The robot was told something by whole frames, and told its host.
    expect(run.setpoints).toBeGreaterThan(200)
    expect(run.states).toBeGreaterThan(300)
}, 120_000)
