import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { loadBudget } from '../../src/flash/budget'
import { listRobots } from '../../src/flash/build'
import { loadRobot } from '../../src/simulate'

async function withFile(text: string) {
    const root = await mkdtemp(path.join(tmpdir(), 'tendon-budget-'))
    onTestFinished(() => rm(root, { recursive: true }))
    await mkdir(path.join(root, 'src/robots/cart'), { recursive: true })
    await writeFile(path.join(root, 'src/robots/cart/budget.json'), text)
    return loadBudget('cart', 10, root)
}

test('every robot has a budget, and its tick at most half its period', async () => {
    for (const robot of await listRobots()) {
        const { tickPeriodMs } = (await loadRobot(robot)).config
        const budget = await loadBudget(robot, tickPeriodMs)
        expect(budget.tickUs).toBeLessThanOrEqual((tickPeriodMs * 1000) / 2)
        expect(budget.programBytes).toBeLessThanOrEqual(56_320)
    }
})

test('a file may be tighter than the largest, and leaves the rest as it is', async () => {
    expect(await withFile('{ "tickUs": 3700 }')).toEqual({
        programBytes: 56_320,
        heapBytes: 57_344,
        busUs: 3300,
        tickUs: 3700,
    })
})

test.each([
    ['{ "tickUs": 5001 }', 'budget.json: tickUs is 5001; allowed: a number above 0 to 5000'],
    ['{ "programBytes": 57000 }', 'programBytes is 57000; allowed: a number above 0 to 56320'],
    ['{ "heapBytes": "1" }', 'heapBytes is "1"; allowed: a number above 0 to 57344'],
    ['{ "busUs": 0 }', 'busUs is 0; allowed: a number above 0 to 3300'],
    ['{ "ram": 1 }', '"ram" is not known; allowed: programBytes, heapBytes, busUs, tickUs'],
    ['{', 'budget.json is no JSON'],
])('a file with %s is refused by the key', async (text, message) => {
    await expect(withFile(text)).rejects.toThrow(message)
})
