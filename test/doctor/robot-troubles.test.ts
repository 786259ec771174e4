import { beforeAll, describe, expect, test } from 'vitest'
import { buildFirmware } from '../../src/flash/build'
import type { BusScan } from '../../src/doctor/bus-scan'
import type { Examination } from '../../src/doctor/examine'
import { RobotSession } from '../../src/host/session'
import { Link } from '../../src/host/link'
import type { I2cDevice } from '../../src/sim/i2c/i2c-device'
import { Ina226 } from '../../src/sim/chips/ina226'
import type { BodyContext } from '../../src/sim/robot-body'
import { openStream, settle } from '../../src/simulate'
import { armWhenReady } from '../../src/host/robot-drive'
import { boardProgram } from '../sim/board-program'
import { bench, examined, pass, tellManager } from './staged'

beforeAll(async () => {
    for (const robot of ['rover', 'actuator', 'balancer', 'courier']) await buildFirmware(robot)
}, 240_000)

const codes = ({ findings }: Examination) => findings.map(({ code }) => code)
const parts = (bus: BusScan | null) =>
    bus?.found.map(({ wired, identified, address }) => identified ?? wired ?? address)

/** Only this was found; its text and its remedy. */
function only(examination: Examination, code: string): string {
    expect(codes(examination)).toEqual([code])
    const [{ what, remedy }] = examination.findings
    return `${what} -> ${remedy}`
}

/** An LSM6DS3 as far as its identity goes: WHO_AM_I (0x0f) is 0x69 (its datasheet, 9.11). */
class Lsm6ds3 implements I2cDevice {
    private pointer = 0
    write(bytes: Uint8Array): boolean {
        if (bytes.length > 0) this.pointer = bytes[0]
        return true
    }
    read(into: Uint8Array): boolean {
        into.fill(this.pointer === 0x0f ? 0x69 : 0)
        return true
    }
    reset(): void {
        this.pointer = 0
    }
}

/** The bus with something else done at `attach`. */
function rewired({ bus, ...rest }: BodyContext, attach: (address: number, device: I2cDevice) => void): BodyContext {
    return { ...rest, bus: Object.create(bus, { attach: { value: attach } }) as BodyContext['bus'] }
}

test('nothing is found on a sound rover, and every part is recognised', async () => {
    const sound = await bench()
    const examination = await examined(sound, { robot: 'rover' })
    expect(examination.findings).toEqual([])
    expect(examination).toMatchObject({ state: 'robot', survey: { robot: { name: 'rover' } } })
    expect(parts(examination.bus)).toEqual(['motors', 'mux', 'LSM6DSOX', 'left encoder', 'right encoder'])
    // It has not moved, was not armed, and can be.
    expect(sound.robot.body.outputs()).toEqual([0, 0])
    const link = new Link({ open: () => openStream(sound.robot), scheduler: sound.scheduler })
    const session = await settle(sound.robot, RobotSession.open(link, sound.scheduler))
    await settle(sound.robot, armWhenReady(session, sound.scheduler))
    expect(session.state).toMatchObject({ faults: [] })
    expect(session.state?.joints.map(({ position }) => Math.abs(position) < 0.01)).toEqual([true, true])
    await session.close()
})

describe('what is on the board', () => {
    test('no program', async () => {
        const staged = await bench()
        await tellManager(staged, 0x80, Buffer.alloc(4))
        expect(only(await examined(staged, { robot: 'rover' }), 'no-program')).toMatch(
            /holds no program -> .*tendon deploy rover/,
        )
    })

    test('a program that was stopped', async () => {
        const staged = await bench()
        // Or the manager starts it again after some seconds.
        await tellManager(staged, 0x2081, Buffer.of(0))
        await tellManager(staged, 0x2080, Buffer.of(0))
        await pass(staged.robot, 20)
        expect(only(await examined(staged), 'program-stopped')).toMatch(
            /does not run it.* -> press the board's reset button/,
        )
    })

    test('a program that is no robot', async () => {
        const staged = await bench({ program: await boardProgram() })
        expect(only(await examined(staged, { robot: 'rover' }), 'no-robot')).toMatch(
            /no robot of tendon's -> .*tendon flash rover/,
        )
    })

    test('another robot', async () => {
        const staged = await bench({ robot: 'actuator' })
        expect(only(await examined(staged, { robot: 'rover' }), 'wrong-robot')).toMatch(
            /holds actuator, asked for was rover -> .*tendon deploy rover/,
        )
    })

    test('another build of the robot', async () => {
        const staged = await bench({ program: (await buildFirmware('rover', { inline: false })).bytecode })
        const found = (await examined(staged)).findings.find(({ code }) => code === 'other-program')
        expect(found).toMatchObject({ severity: 'warning', remedy: expect.stringContaining('tendon deploy rover') })
    })

    test('a robot that this checkout does not have', async () => {
        const staged = await bench()
        const examination = await examined(staged, {}, { wiring: async () => undefined })
        expect(only(examination, 'no-bus-look')).toContain('write src/robots/rover/wiring.ts')
    })

    test('a runtime that is older than the program needs', async () => {
        // As a compiler of the next minor version would mark it: the version is at byte 8 of the image.
        const { bytecode } = await buildFirmware('rover')
        const newer = Buffer.from(bytecode)
        newer[10]++
        const staged = await bench()
        const { expected } = await (await import('../../src/cli/checkout')).checkout({})
        const program = async () => ({ bytecode: newer, sha256: (await buildFirmware('rover')).sha256 })
        expect(only(await examined(staged, {}, { expected: { ...expected, program } }), 'old-runtime')).toMatch(
            /version 2\.16\.\d+, programs of this checkout need 2\.17\.\d+ or newer -> .*tendon flash rover/,
        )
    })

    test("another board's settings", async () => {
        expect(only(await examined(await bench(), { board: 'pico' }), 'other-board')).toMatch(
            /asked for was pico.* -> .*--board pico/,
        )
    })
})

describe('the I2C bus', () => {
    test('a part that is missing', async () => {
        const staged = await bench({ faults: [{ at: 0, kind: 'broken-wire', target: 'imu' }] })
        const examination = await examined(staged, { robot: 'rover' })
        expect(codes(examination)).toEqual(['fault', 'fault', 'part-missing'])
        expect(examination.findings[2]).toMatchObject({
            what: 'imu (LSM6DSOX) does not answer at 0x6a',
            remedy: expect.stringContaining('check its supply and ground'),
        })
    })

    test('a part that is missing behind the multiplexer', async () => {
        const staged = await bench({ faults: [{ at: 0, kind: 'broken-wire', target: 'right_encoder' }] })
        const found = (await examined(staged)).findings.find(({ code }) => code === 'part-missing')
        expect(found).toMatchObject({
            what: 'right encoder (AS5600) does not answer at 0x36 behind channel 1 of mux',
            remedy: expect.stringContaining('SD1, SC1'),
        })
    })

    test('the multiplexer, and what is behind it is not blamed', async () => {
        const staged = await bench({ faults: [{ at: 0, kind: 'broken-wire', target: 'multiplexer' }] })
        const missing = (await examined(staged)).findings.filter(({ code }) => code.startsWith('part-'))
        expect(missing.map(({ what }) => what)).toEqual(['mux (TCA9548A) does not answer at 0x70'])
    })

    test("another part at a part's address", async () => {
        const staged = await bench({
            body: (make, context) =>
                make(rewired(context, (at, device) => context.bus.attach(at, at === 0x6a ? new Lsm6ds3() : device))),
        })
        const found = (await examined(staged)).findings.find(({ code }) => code === 'part-wrong')
        expect(found).toMatchObject({
            what: 'at 0x6a is LSM6DS3 (register 0x0f: 0x69), not the imu (LSM6DSOX)',
            remedy: expect.stringContaining('put a LSM6DSOX there'),
        })
    })

    test('a part at another of its addresses', async () => {
        const staged = await bench({
            body: (make, context) =>
                make(rewired(context, (at, device) => context.bus.attach(at === 0x6a ? 0x6b : at, device))),
        })
        const examination = await examined(staged)
        expect(codes(examination)).toEqual(['fault', 'fault', 'part-elsewhere'])
        expect(examination.findings[2]).toMatchObject({
            what: 'imu (LSM6DSOX) answers at 0x6b, not at 0x6a',
            remedy: expect.stringContaining('pin SDO/SA0'),
        })
    })

    test('a part that nobody knows of', async () => {
        const staged = await bench({
            body: (make, context) => {
                const { bus, time, warn } = context
                const random = context.random.fork('stray part')
                const supply = { current: () => 0, voltage: () => 12, shunt: 0.01 }
                bus.attach(0x45, new Ina226({ now: () => time.now, random, warn, ...supply }))
                return make(context)
            },
        })
        expect(only(await examined(staged), 'part-unknown')).toMatch(
            /INA226 answers at 0x45.* -> take it off the bus, or add it/,
        )
    })

    test('a bus on which nothing answers', async () => {
        const staged = await bench()
        staged.robot.bus.refuse = () => true
        const examination = await examined(staged, { board: 'pico' })
        const found = examination.findings.find(({ code }) => code === 'bus-dead')
        expect(found?.remedy).toMatch(
            /SDA and SCL go to pin 6 \(GP4\) \(SDA\) and pin 7 \(GP5\) \(SCL\) of the Raspberry Pi Pico/,
        )
        expect(codes(examination)).not.toContain('part-missing')
    })

    test('is left alone while the robot is not disarmed', async () => {
        const staged = await bench()
        const link = new Link({ open: () => openStream(staged.robot), scheduler: staged.scheduler })
        const session = await settle(staged.robot, RobotSession.open(link, staged.scheduler))
        await settle(staged.robot, armWhenReady(session, staged.scheduler))
        const before = staged.robot.bus.transactions(0x6b)
        expect(await settle(staged.robot, session.probe([{ address: 0x6b, bytes: 1 }]))).toBeUndefined()
        await session.close()
        // Left alone it stopped by itself, and tells why.
        const found = (await examined(staged)).findings.find(({ code }) => code === 'not-disarmed')
        expect(found?.what).toMatch(/the robot is (armed|timeout|fault): its I2C bus was not looked at/)
        expect(found?.remedy).toMatch(/disarm it/)
        expect(staged.robot.bus.transactions(0x6b)).toBe(before)
    })
})

describe('supply and link', () => {
    test('no motor supply', async () => {
        const staged = await bench()
        staged.robot.body.setSupply(0)
        await pass(staged.robot, 1)
        expect(only(await examined(staged), 'no-supply')).toMatch(/missing or too low -> switch it on; check its fuse/)
    })

    test('a supply that is low', async () => {
        const staged = await bench({ robot: 'actuator' })
        staged.robot.body.setSupply(8)
        await pass(staged.robot, 1)
        expect(only(await examined(staged), 'low-supply')).toMatch(
            /has 8\.0 V, the motors are rated for 12 V -> charge/,
        )
    })

    test('a cable that loses bits', async () => {
        const staged = await bench()
        staged.robot.inject({ at: 0, kind: 'link-corrupt', direction: 'to-host', probability: 0.0005 })
        const found = (await examined(staged)).findings.find(({ code }) => code === 'noisy-link')
        expect(found?.remedy).toContain('shorter or better USB cable')
    })

    test('a host that keeps the board waiting', async () => {
        const staged = await bench()
        staged.robot.inject({ at: 0, kind: 'link-delay', direction: 'both', delay: 0.03 })
        const found = (await examined(staged)).findings.find(({ code }) => code === 'slow-link')
        expect(found?.remedy).toContain('latency timer')
    })
})

describe('the SPI bus', () => {
    const states = ({ spi }: Examination) => spi.map(({ part, state }) => [part.name, state])

    test('has every part on a sound courier', async () => {
        const examination = await examined(await bench({ robot: 'courier' }), { robot: 'courier' })
        expect(examination.findings).toEqual([])
        expect(states(examination)).toEqual([
            ['left counter', 'answers'],
            ['right counter', 'answers'],
        ])
        expect(examination.spi.every(({ samples, dropped }) => samples > 150 && dropped === 0)).toBe(true)
    })

    test.each([
        ['left', ['fails', 'not-started']],
        ['right', ['answers', 'fails']],
    ])('a %s counter that is not there, and no other is blamed', async (side, expected) => {
        const staged = await bench({
            robot: 'courier',
            faults: [{ at: 0, kind: 'broken-wire', target: `${side}_counter` }],
        })
        const examination = await examined(staged)
        expect(states(examination).map(([, state]) => state)).toEqual(expected)
        const missing = examination.findings.filter(({ code }) => code === 'part-missing')
        expect(missing).toMatchObject([
            {
                severity: 'error',
                what: `${side} counter (LS7366R, on SPI) does not answer: ${side}_wheel has no valid sample`,
                remedy: expect.stringMatching(/MISO, MOSI and SCK, and its select pin to CS[01]/),
            },
        ])
    })

    test('a counter that comes off while the robot stands', async () => {
        const staged = await bench({
            robot: 'courier',
            faults: [{ at: 1, kind: 'broken-wire', target: 'left_counter' }],
        })
        expect(states(await examined(staged)).map(([, state]) => state)).toEqual(['fails', 'answers'])
    })

    test('a wire that loses bits', async () => {
        const staged = await bench({
            robot: 'courier',
            faults: [{ at: 1, kind: 'spi-corrupt', target: 'right_counter', probability: 0.02 }],
        })
        const examination = await examined(staged)
        expect(states(examination).map(([, state]) => state)).toEqual(['answers', 'bad-samples'])
        const [{ what }] = examination.findings.filter(({ code }) => code === 'bad-samples')
        expect(what).toMatch(/^right counter .*: \d+ of \d+ samples of right_wheel were dropped$/)
    })
})
