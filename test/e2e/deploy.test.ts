import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { CUTS, cutRuns } from '../../src/bench/deploy/cut-run'
import { buildFirmware, compileEntry } from '../../src/flash/build'
import { deployProgram, type Deployment, type DeployOptions } from '../../src/flash/deploy'
import { sha256Of } from '../../src/flash/known-programs'
import { Link } from '../../src/host/link'
import { RobotSession } from '../../src/host/session'
import type { SimulatedRobot } from '../../src/sim/simulated-robot'
import { openStream, runFast, schedulerOf, settle, simulate } from '../../src/simulate'

// The programs as they are flashed, on a simulated RP2040 whose flash the runtime itself erases and programs.
let rover: Deployment
let balancer: Deployment
/** A program that DeviceScript runs, and that is no robot. */
let mute: Deployment

beforeAll(async () => {
    rover = await deployment('rover')
    balancer = await deployment('balancer')
    const { bytecode, sha256 } = await compileEntry('test/vm/board-main.ts', [
        'src/hal',
        'src/firmware/board.ts',
        'test/vm/board-main.ts',
    ])
    mute = { robot: 'rover', program: bytecode, sha256 }
}, 300_000)

async function deployment(robot: string): Promise<Deployment> {
    const { bytecode, sha256 } = await buildFirmware(robot)
    return { robot, program: bytecode, sha256 }
}

async function board() {
    const robot = await simulate({ robot: 'rover', board: 'rp2040', seed: 5 })
    const scheduler = schedulerOf(robot.host)
    const link = new Link({ open: () => openStream(robot), scheduler })
    const session = await settle(robot, RobotSession.openBoard(link, scheduler))
    onTestFinished(() => session.close())
    const steps: string[] = []
    const deploy = (what: Deployment, options: Partial<DeployOptions> = {}) =>
        settle(
            robot,
            deployProgram(session, scheduler, what, {
                known: async hash => [rover, balancer].find(({ sha256 }) => sha256 === hash)?.program,
                command: 'tendon deploy again',
                onStep: text => steps.push(text),
                ...options,
            }),
        )
    return { robot, session, steps, deploy }
}

async function run(robot: SimulatedRobot, seconds: number): Promise<void> {
    const end = robot.clock.now + seconds * 1e6
    await runFast(robot, () => robot.clock.now >= end)
}

test('the rover becomes the balancer and the rover again over one session; an armed robot is disarmed before', async () => {
    const { robot, session, deploy } = await board()
    await run(robot, 1)
    await settle(robot, session.arm())
    session.drive({ linear: 0.2, angular: 0 })
    await run(robot, 0.05)
    expect(robot.body.outputs().every(duty => duty !== 0)).toBe(true)
    const order: string[] = []
    session.onState(({ mode }) => order.at(-1) !== mode && order.push(mode))
    const write = session.programs.write.bind(session.programs)
    const driven: number[][] = []
    session.programs.write = (...arguments_) => {
        driven.push(robot.body.outputs())
        return write(...arguments_)
    }
    const there = await deploy(balancer)
    expect(driven).toEqual([[0, 0]])
    expect(there).toMatchObject({ outcome: 'deployed', before: rover.sha256, sha256: balancer.sha256, attempts: 1 })
    expect(order).toContain('idle')
    expect(session.description.name).toBe('balancer')
    expect(robot.flash.program()!.equals(balancer.program)).toBe(true)
    expect(await deploy(balancer)).toMatchObject({ outcome: 'unchanged', attempts: 0 })
    expect(await deploy(rover)).toMatchObject({ outcome: 'deployed', before: balancer.sha256 })
    expect(session.statistics()).toMatchObject({ connected: true, reconnects: 0 })
    await settle(robot, session.arm())
}, 60_000)

test('parameters that are stored on the board survive a deploy, and one that is gone back from', async () => {
    const { robot, session, deploy } = await board()
    await run(robot, 1)
    await settle(robot, session.setParameter('left_wheel.kp', 0.0625))
    await settle(robot, session.storeParameters())
    const { bytecode, sha256 } = await buildFirmware('rover', { inline: false })
    const stored = async () => {
        const { value } = await settle(robot, session.getParameter('left_wheel.kp'))
        return { value, ...(await settle(robot, session.parameterStorage())) }
    }
    const before = await stored()
    expect(before).toMatchObject({ value: 0.0625, changed: false })
    expect(await deploy({ robot: 'rover', program: bytecode, sha256 })).toMatchObject({ outcome: 'deployed' })
    expect(await stored()).toMatchObject({ value: 0.0625, changed: false, sequence: before.sequence })
    await expect(deploy({ ...balancer, robot: 'rover' })).rejects.toMatchObject({ code: expect.any(String) })
    expect(await deploy(rover)).toMatchObject({ outcome: 'deployed' })
    expect(await stored()).toMatchObject({ value: 0.0625, changed: false, sequence: before.sequence })
}, 90_000)

test('a program that does not come up is replaced by the one before', async () => {
    const { robot, session, deploy } = await board()
    await expect(deploy(mute)).rejects.toMatchObject({
        code: 'rolled-back',
        message: expect.stringMatching(
            new RegExp(
                `^rover \\(${mute.sha256.slice(0, 8)}\\) was written but does not come up: no robot announced itself within 12 s. ` +
                    `The board has its former program again \\(${rover.sha256.slice(0, 8)}\\), and its robot answers, disarmed. ` +
                    'Mend the new program, then: tendon deploy again$',
            ),
        ),
    })
    expect(robot.flash.program()!.equals(rover.program)).toBe(true)
    expect(session.description.name).toBe('rover')
}, 60_000)

test('another robot than the one that was meant is not left on the board', async () => {
    const { robot, deploy } = await board()
    await expect(deploy({ ...balancer, robot: 'crawler' })).rejects.toMatchObject({
        code: 'rolled-back',
        message: expect.stringContaining('the robot calls itself "balancer", expected was "crawler"'),
    })
    expect(robot.flash.program()!.equals(rover.program)).toBe(true)
}, 60_000)

test('with nothing to go back to it says so before it writes, and what the board has when it fails', async () => {
    const { robot, steps, deploy } = await board()
    await expect(deploy(mute, { known: async () => undefined })).rejects.toMatchObject({
        code: 'no-answer',
        message: expect.stringContaining('The board has the new program still'),
    })
    expect(steps[0]).toContain('was not built on this machine')
    expect(sha256Of(robot.flash.program()!)).toBe(mute.sha256)
    expect(await deploy(rover)).toMatchObject({ outcome: 'deployed', before: mute.sha256 })
}, 60_000)

test('nothing is written while the robot does not confirm that it is disarmed, or is armed and must not be disarmed', async () => {
    const { robot, session, deploy } = await board()
    await run(robot, 1)
    await settle(robot, session.arm())
    await run(robot, 0.2)
    await expect(deploy(balancer, { refuseArmed: true })).rejects.toMatchObject({
        code: 'armed',
        message: expect.stringContaining('the robot is armed: nothing was written'),
    })
    expect(session.state!.mode).toBe('armed')
    const write = session.programs.write.bind(session.programs)
    let writes = 0
    session.programs.write = (...arguments_) => {
        writes++
        return write(...arguments_)
    }
    session.disarm = () => Promise.reject(new Error('no answer'))
    await expect(deploy(balancer)).rejects.toMatchObject({
        code: 'armed',
        message: expect.stringContaining("Cut its motors' supply, then: tendon deploy again --force"),
    })
    expect(writes).toBe(0)
    expect(await deploy(balancer, { force: true })).toMatchObject({ outcome: 'deployed' })
}, 60_000)

test('the runtime that reads its program back to the host panics, which is why nobody asks it to', async () => {
    const { robot, session } = await board()
    await run(robot, 1)
    const { makeFrame } = await import('../../src/protocol/frame')
    const request = Buffer.alloc(12)
    request.write('somebody', 'latin1')
    request.writeUInt16LE(1, 8)
    const { deviceId, serviceIndex } = session.programs.at!
    robot.board.receiveFrame(makeFrame(deviceId, serviceIndex, 0x81, request))
    expect(() => robot.runUntil(robot.clock.now / 1e6 + 1)).toThrow('the DeviceScript runtime aborted')
}, 60_000)

test('wherever power, cable, processor or command are cut, the board answers and the same command mends it', async () => {
    const runs = await cutRuns(10, 3)
    expect(runs.map(({ failure }) => failure)).toEqual(Array(10).fill(undefined))
    expect(new Set(runs.map(({ cut }) => cut)).size).toBeGreaterThanOrEqual(CUTS.length - 1)
    // Some of them hurt: else the cuts came beside the deploys.
    expect(runs.some(({ empty }) => empty)).toBe(true)
    // Who goes on living mends the cut without being told.
    expect(runs.filter(({ killed, error }) => !killed && error !== undefined)).toEqual([])
}, 120_000)

test("a power cut at each byte of the store's entry for the program leaves none, a formatted store, or a runtime that dies", async () => {
    const log: string[] = []
    const robot = await simulate({ robot: 'rover', board: 'ideal', onLog: line => log.push(line) })
    const scheduler = schedulerOf(robot.host)
    robot.runUntil(0.5)
    const whole = robot.flash.content!.slice()
    const outcomes: string[] = []
    for (let left = 24; left >= 0; left--) {
        robot.flash.content = whole.slice()
        robot.board.restart()
        const link = new Link({ open: () => openStream(robot), scheduler })
        const session = await settle(robot, RobotSession.openBoard(link, scheduler))
        // The entry is the last that the first write of a deploy changes, behind what it erases.
        robot.flash.onWrite = size => {
            robot.flash.onWrite = undefined
            robot.flash.cutAfter = size - left
        }
        session.replaceProgram(balancer.program).catch(() => undefined)
        await runFast(robot, () => !robot.board.powered)
        await session.close()
        log.length = 0
        robot.board.restart()
        await run(robot, 1.5)
        const formatted = log.some(line => line.includes('formatting'))
        outcomes.push(!robot.board.powered ? 'dies' : formatted ? 'formatted' : 'none')
        expect(robot.flash.program()).toBeUndefined()
    }
    const count = (outcome: string) => outcomes.filter(each => each === outcome).length
    expect([outcomes[0], outcomes[24]]).toEqual(['none', 'none'])
    // docs/deploy.md says so: what a deploy cannot mend, and `tendon flash` does.
    expect([count('formatted'), count('dies')]).toEqual([16, 3])
}, 60_000)
