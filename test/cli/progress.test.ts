import { expect, it } from 'vitest'
import { ProgressLines } from '../../src/cli/progress'

it('progress without a terminal is a line each ten seconds, with the time left', () => {
    let now = 5000
    const lines: string[] = []
    const progress = new ProgressLines(
        line => lines.push(line),
        () => now,
    )
    for (let second = 1; second <= 40; second++) {
        now += 1000
        progress.update(second / 8000, `cycle ${second}`)
    }
    expect(lines).toEqual([
        '0 %  2h13m left  cycle 10',
        '0 %  2h13m left  cycle 20',
        '0 %  2h12m left  cycle 30',
        '0 %  2h12m left  cycle 40',
    ])
    now += 10_000
    progress.update(0.5, '')
    now += 10_000
    progress.update(0.9, 'last')
    expect(lines.slice(4)).toEqual(['50 %  50s left', '90 %  7s left  last'])
})
