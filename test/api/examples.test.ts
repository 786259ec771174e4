import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { mismatch, specOf } from '../../src/api/robot-spec'
import { writeTypes } from '../../src/api/write-types'
import { connect } from '../../src/index'
import { describe as describeRobot } from '../../src/onboard/describe'
import { rover } from '../../src/robots/rover/robot'
import { rover as spec } from '../../examples/rover'
import { readTicks } from '../record/read'
import { ARM } from '../bridge/joint-robot'

const run = promisify(execFile)
const ROOT = path.resolve()

/** Runs an example as its first lines say, without a build. Returns what it printed. */
async function example(name: string, ...args: string[]): Promise<string> {
    const loader = ['--conditions=tendon-source', '--import', 'tsx']
    const { stdout } = await run(process.execPath, [...loader, `examples/${name}.ts`, ...args], { cwd: ROOT })
    return stdout
}

// In real time: a busy machine may hold one of them up for longer than the robot's deadline, and then it stops.
describe('the example', { timeout: 60_000, retry: 2 }, () => {
    it('drive.ts drives as far as its wheels turn', async () => {
        const [x] = /x ([\d.]+) m/
            .exec(await example('drive'))!
            .slice(1)
            .map(Number)
        // Wheels of 40 mm at 5 rad/s: 0.2 m in a second.
        expect(x).toBeGreaterThan(0.1)
        expect(x).toBeLessThan(0.3)
    })

    it('trajectory.ts follows one and breaks another off', async () => {
        expect(await example('trajectory')).toMatch(
            /worst error on the way, rad: \{ left_wheel: 0\.\d+, right_wheel: 0\.\d+ \}\nTimeoutError/,
        )
    })

    it('faults.ts sees every change of the mode', async () => {
        expect((await example('faults')).trim().split('\n')).toEqual(['idle', 'armed', 'timeout', 'armed', 'estop'])
    })

    it('record.ts records', async () => {
        const directory = await mkdtemp(path.join(tmpdir(), 'tendon-example-'))
        const file = path.join(directory, 'run.mcap')
        const ticks = Number(/: (\d+) ticks/.exec(await example('record', file))![1])
        expect(await readTicks(file)).toHaveLength(ticks)
        await rm(directory, { recursive: true })
    })
})

describe('the examples', () => {
    it("have the types that the robot's data make", async () => {
        const made = writeTypes(specOf(describeRobot(rover, undefined)), 'tendon types rover')
        expect(await readFile('examples/rover.ts', 'utf8')).toBe(made)
    })
})

describe('types', () => {
    it('of another robot are refused, saying what differs', async () => {
        expect(mismatch(spec, ARM)).toBe(
            'it is "arm", not "rover"; it has no joint left_wheel, right_wheel; the types lack its joint shoulder, elbow; it does not drive',
        )
        const wrong = {
            ...spec,
            joints: { ...spec.joints, mast: { kind: 'revolute', velocityLimit: 1, effortLimit: 1 } },
        } as const
        await expect(connect({ sim: 'rover', robot: wrong })).rejects.toMatchObject({
            code: 'other-robot',
            message: 'this is another robot than its types say: it has no joint mast. Make them anew: tendon types',
        })
    })

    it('are written so that any name is a name', async () => {
        const odd = {
            name: '3-arm bot',
            joints: { "left'joint": { kind: 'continuous', velocityLimit: 1, effortLimit: 1 } },
            drives: false,
            parameters: ['a.b'],
        } as const
        const text = writeTypes(odd, 'tendon types')
        const module = text.replace(/^export const robot3ArmBot = /m, 'return ').replace(' as const', '')
        expect(new Function(module)()).toEqual(odd)
    })
})

it('a connection can be given up', async () => {
    const reason = new Error('no time')
    await expect(connect({ sim: 'rover', signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
})
