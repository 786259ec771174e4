import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { Diagnostics } from '../../src/bridge/diagnostics'
import { buildFirmware, compileEntry } from '../../src/flash/build'
import { armingWarning, motorStop } from '../../src/host/motor-stop'
import { boardProfiles } from '../../src/sim/board-profile'
import { As5600 } from '../../src/sim/chips/as5600'
import { Drv8830 } from '../../src/sim/chips/drv8830'
import type { MakeBody } from '../../src/sim/robot-body'
import { SimulatedRobot } from '../../src/sim/simulated-robot'
import { connectSimulated, settle, simulate } from '../../src/simulate'
import { pass, seconds } from './rig'

// What becomes of a motor whose driver holds its last output for ever, when the board's processor is reset.

let program: Buffer
beforeAll(async () => {
    const sources = ['src/hal', 'src/firmware', 'src/onboard', 'src/protocol', 'src/control', 'src/robots', 'devices']
    program = (await compileEntry('test/vm/held-motor-main.ts', [...sources, 'test/vm/held-motor-main.ts'])).bytecode
    await buildFirmware('rover')
}, 180_000)

const DRIVER = 0x60

function powerOn() {
    let driver!: Drv8830
    const makeBody: MakeBody = ({ time, bus, random }) => {
        const now = () => time.now
        driver = new Drv8830({ now, supply: () => 6 })
        bus.attach(DRIVER, driver)
        // At rest: nothing here watches it.
        bus.attach(As5600.ADDRESS, new As5600({ now, angle: () => 1, random: random.fork('encoder'), warn: () => {} }))
        return {
            advanceTo: to => (time.now = to),
            onStep: undefined,
            writeState: () => 0,
            pose: () => ({ x: 0, y: 0, heading: 0 }),
            outputs: () => [driver.output ?? 0],
            velocities: () => [0],
            angles: () => [1],
            setSupply: () => {},
        }
    }
    const robot = new SimulatedRobot({
        program,
        makeBody,
        profile: boardProfiles.rp2040,
        busFrequency: 400_000,
        seed: 1,
    })
    return { robot, volts: () => driver.output }
}

test('a program that starts anew brakes the motor before anything else, and it stays so', async () => {
    const { robot, volts } = powerOn()
    const session = await connectSimulated(robot)
    onTestFinished(() => session.close())
    await settle(robot, session.arm())
    session.joint('motor').setEffort(0.6)
    await pass(robot, 0.05)
    expect(volts()).toBeCloseTo(3, 1)

    const transactions: { address: number; volts: number | undefined }[] = []
    robot.bus.onTransaction = address => transactions.push({ address, volts: volts() })
    robot.inject({ at: seconds(robot), kind: 'board-reset' })
    await pass(robot, 0.5)
    // The processor boots. Nobody can stop it now, and no deadline runs.
    expect(transactions).toEqual([])
    expect(volts()).toBeCloseTo(3, 1)
    await pass(robot, 2)
    expect(transactions[0]).toEqual({ address: DRIVER, volts: 0 })
    // 0 V is shorted, undefined is open.
    expect(transactions.filter(({ volts }) => volts !== undefined && volts !== 0)).toEqual([])
    expect(volts() ?? 0).toBe(0)
    expect(session.state!.mode).toBe('idle')
})

test('such a robot says so in its description, when it is armed and in its diagnostics', async () => {
    const { robot } = powerOn()
    const session = await connectSimulated(robot)
    onTestFinished(() => session.close())
    expect(session.description.motors).toEqual({ part: 'DRV8830', selfStopMs: 0 })
    expect(armingWarning(session.description)).toMatch(/^warning, DRV8830: motors go on as they were told last/)
    const { status } = new Diagnostics(session).report(0)
    const found = status.find(({ name }) => name === 'held: motors')!
    expect(found).toMatchObject({ level: 1, message: motorStop(session.description)!.sentence })
    expect(found.values).toContainEqual({ key: 'off after the last command (ms)', value: 'never' })
})

test('a robot on a Motoron tells its timeout and warns of nothing', async () => {
    const robot = await simulate({ robot: 'rover' })
    const session = await connectSimulated(robot)
    onTestFinished(() => session.close())
    expect(session.description.motors).toEqual({ part: 'Motoron', selfStopMs: 100 })
    expect(armingWarning(session.description)).toBeUndefined()
    const { status } = new Diagnostics(session).report(0)
    expect(status.find(({ name }) => name === 'rover: motors')).toMatchObject({ level: 0 })
})
