import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { compileEntry } from '../../src/flash/build'
import { boardProfiles } from '../../src/sim/board-profile'
import { As5048b } from '../../src/sim/chips/as5048b'
import { As5600 } from '../../src/sim/chips/as5600'
import { Bno055 } from '../../src/sim/chips/bno055'
import { Drv8830 } from '../../src/sim/chips/drv8830'
import { Icm20948 } from '../../src/sim/chips/icm20948'
import { Ina219 } from '../../src/sim/chips/ina219'
import { Ina226 } from '../../src/sim/chips/ina226'
import { Ls7366r } from '../../src/sim/chips/ls7366r'
import { Lsm6dsox } from '../../src/sim/chips/lsm6dsox'
import { Motoron } from '../../src/sim/chips/motoron'
import { Mpu6050 } from '../../src/sim/chips/mpu6050'
import { Pca9685 } from '../../src/sim/chips/pca9685'
import { Ssd1306 } from '../../src/sim/chips/ssd1306'
import { Tca9548a } from '../../src/sim/chips/tca9548a'
import { SimulatedI2cBus } from '../../src/sim/i2c/simulated-i2c-bus'
import { Random } from '../../src/sim/random'
import { SimulatedSpiBus } from '../../src/sim/spi/simulated-spi-bus'
import { SimulatedBoard } from '../../src/sim/simulated-board'
import { VirtualClock } from '../../src/sim/virtual-clock'
import { jacdacClient, type JacdacBus, type JacdacRegister, type JacdacService } from './jacdac-client'

const SOURCES = ['devices', 'src/hal', 'src/control', 'src/protocol', 'src/onboard', 'src/firmware']

// Service classes and registers, retyped from Jacdac's specifications (jacdac-spec/services).
const SERVICE = {
    accelerometer: 0x1f140409,
    gyroscope: 0x1e1b06f2,
    rotaryEncoder: 0x10fa29c9,
    motor: 0x17004cd8,
    servo: 0x12fc9103,
    dcVoltage: 0x1633ac19,
    dcCurrent: 0x1912c8ae,
}
/** Not in the panel. */
const MAGNETOMETER = 0x13029088
const [INTENSITY, VALUE, READING] = [0x01, 0x02, 0x101]
const CLICKS_PER_TURN = 0x180
const MEASUREMENT_NAME = 0x182

let panel: Buffer
let rest: Buffer
let more: Buffer
let jacdac: JacdacBus | undefined

beforeAll(async () => {
    const entries = ['examples/devicescript/panel.ts', 'test/vm/servers-main.ts', 'test/vm/more-servers-main.ts']
    const programs = await Promise.all(entries.map(entry => compileEntry(entry, [...SOURCES, entry])))
    ;[panel, rest, more] = programs.map(({ bytecode }) => bytecode)
})

afterEach(() => jacdac?.dispose())

/** A board with a program and chips, and Jacdac's library at the other end of its cable. */
async function rig(program: Buffer, attach: (bus: SimulatedI2cBus, now: () => number, spi: SimulatedSpiBus) => void) {
    const clock = new VirtualClock()
    const time = { now: 0 }
    const bus = new SimulatedI2cBus({ frequency: 400_000, now: () => time.now })
    const spi = new SimulatedSpiBus(
        () => time.now,
        () => {},
    )
    attach(bus, () => time.now, spi)
    const log: string[] = []
    let onFrame = (_: Uint8Array) => {}
    const board = new SimulatedBoard(clock, boardProfiles.ideal, {
        i2c: (now, address, write, read) => {
            time.now = Math.max(time.now, now)
            const result = bus.transfer(address, write, read)
            return { result, duration: bus.duration(write?.length ?? 0, read?.length ?? 0) }
        },
        setPin: (now, gpio, level) => {
            time.now = Math.max(time.now, now)
            spi.setPin(gpio, level)
        },
        spiConfigure: (miso, mosi, sck, mode, frequency) => spi.configure({ miso, mosi, sck, mode, frequency }),
        spi: (now, write, bytes) => {
            time.now = Math.max(time.now, now)
            spi.transfer(write, bytes)
            return spi.duration(write.length)
        },
        onFrame: frame => onFrame(frame),
        onLog: line => log.push(line),
        random: () => 0.5,
    })
    const client = await jacdacClient(clock, () => board)
    jacdac = client.bus
    onFrame = client.onFrame
    board.powerOn(0x1122_3344_5566_7788n, program)
    /** Lets simulated time pass, and promises of the library settle. */
    const pass = async (seconds: number) => {
        const end = clock.now + seconds * 1e6
        while (clock.now < end) {
            clock.runUntil(Math.min(end, clock.now + 5000))
            time.now = Math.max(time.now, clock.now / 1e6)
            await new Promise(setImmediate)
        }
    }
    await pass(4)
    expect(log.filter(line => /panic|exception|error/i.test(line))).toEqual([])
    const services = (serviceClass: number): JacdacService[] => client.bus.services({ serviceClass })
    /** What a client reads: listens for 0.6 s, and takes the last report. */
    const listen = async (service: JacdacService) => {
        const register = service.register(READING)
        let reports = 0
        register.on('reportReceive', () => reports++)
        await pass(0.6)
        return { value: register.unpackedValue as number[], reports: () => reports }
    }
    const set = async (register: JacdacRegister, value: unknown) => {
        void register.sendSetPackedAsync([value])
        await pass(0.02)
    }
    const get = async (register: JacdacRegister) => {
        void register.refresh()
        await pass(0.3)
        return register.unpackedValue?.[0]
    }
    return { board, bus, get, listen, log, pass, services, set, time }
}

async function panelRig() {
    const display = new Ssd1306()
    let motors!: Motoron
    const servos: Pca9685[] = []
    const parts = await rig(panel, (bus, now) => {
        motors = new Motoron({ now, supply: () => 12 })
        servos.push(new Pca9685({ now }))
        bus.attach(0x10, motors)
        bus.attach(0x40, servos[0])
        const motion = () => ({ specificForce: [0, 0, 9.80665], angularVelocity: [0, 0, 0.5] })
        bus.attach(0x6a, new Lsm6dsox({ now, motion, random: new Random(1) }))
        bus.attach(0x36, new As5600({ now, angle: () => 2 * now() }))
        bus.attach(0x41, new Ina219({ now, current: () => 0.5, voltage: () => 11.1, shunt: 0.1 }))
        bus.attach(0x3c, display)
    })
    return { ...parts, display, motors, servo: servos[0] }
}

describe('examples/devicescript/panel.ts, seen by jacdac-ts', () => {
    it('offers each driver as the standard service', async () => {
        const { services } = await panelRig()
        const counts = Object.values(SERVICE).map(serviceClass => services(serviceClass).length)
        expect(counts).toEqual([1, 1, 1, 2, 1, 1, 1])
    })

    it('streams acceleration in g, angular velocity in °/s, the shaft in counts, volts and amperes', async () => {
        const { listen, services } = await panelRig()
        const acceleration = await listen(services(SERVICE.accelerometer)[0])
        acceleration.value.forEach((g, axis) => expect(g).toBeCloseTo(axis === 2 ? 1 : 0, 1))
        const rate = await listen(services(SERVICE.gyroscope)[0])
        // 0.5 rad/s; the chip's offset is up to 3 °/s.
        expect(Math.abs(rate.value[2] - 28.65)).toBeLessThan(3)
        expect((await listen(services(SERVICE.dcVoltage)[0])).value[0]).toBeCloseTo(11.1, 2)
        expect((await listen(services(SERVICE.dcCurrent)[0])).value[0]).toBeCloseTo(0.5, 3)
        expect(acceleration.reports()).toBeGreaterThan(3)
    })

    it('counts the shaft over many turns, from 0 on', async () => {
        const { get, listen, pass, services } = await panelRig()
        const [encoder] = services(SERVICE.rotaryEncoder)
        expect(await get(encoder.register(CLICKS_PER_TURN))).toBe(4096)
        const { value: before } = await listen(encoder)
        await pass(10)
        const after = encoder.register(READING).unpackedValue as number[]
        // 2 rad/s for 10 s are 13,038 counts; a report may be 0.1 s old, as the one before.
        expect(Math.abs(after[0] - before[0] - (20 / (2 * Math.PI)) * 4096)).toBeLessThan(150)
    })

    it('reports nothing of a sensor that fails, and reports again when it is back', async () => {
        const { bus, listen, pass, services } = await panelRig()
        const { reports } = await listen(services(SERVICE.dcVoltage)[0])
        bus.unplug(0x41)
        await pass(0.1)
        const then = reports()
        await pass(1)
        expect(reports()).toBe(then)
        bus.plug(0x41)
        await pass(1)
        expect(reports()).toBeGreaterThan(then + 5)
    })

    it('turns a motor while a client asks for it, and stops it 0.5 s after the last time', async () => {
        const { motors, pass, services, set } = await panelRig()
        const [left, right] = services(SERVICE.motor)
        await set(left.register(VALUE), 0.5)
        await pass(0.1)
        expect(motors.output(1).drive).toBe(0)
        await set(left.register(INTENSITY), true)
        await set(left.register(VALUE), 0.5)
        await set(right.register(INTENSITY), true)
        await set(right.register(VALUE), -0.25)
        await pass(0.1)
        expect([motors.output(1).drive, motors.output(2).drive]).toEqual([0.5, -0.25].map(near))
        await pass(0.25)
        await set(left.register(VALUE), 0.5)
        await pass(0.3)
        expect([motors.output(1).drive, motors.output(2).drive]).toEqual([0.5, 0].map(near))
        await pass(0.3)
        expect(motors.output(1).drive).toBe(0)
    })

    it('stops a motor when the program stands still: the Motoron does, by itself, after 0.1 s', async () => {
        const { board, motors, pass, services, set } = await panelRig()
        const [left] = services(SERVICE.motor)
        await set(left.register(INTENSITY), true)
        await set(left.register(VALUE), 0.5)
        await pass(0.1)
        expect(motors.output(1).drive).toBeCloseTo(0.5, 2)
        board.hold()
        await pass(0.13)
        expect(motors.output(1).drive).toBe(0)
    })

    it('moves a servo that is enabled, within its ends, and takes its pulse away when it is not', async () => {
        const { get, pass, servo, services, set } = await panelRig()
        const [service] = services(SERVICE.servo)
        await set(service.register(VALUE), 30)
        await pass(0.05)
        expect(servo.highTime(0)).toBe(0)
        await set(service.register(INTENSITY), true)
        await pass(0.05)
        // 0.9 ms to 2.1 ms over -1.2 rad to 1.2 rad.
        expect(servo.highTime(0)).toBeCloseTo(1.5e-3 + (30 / 57.29578) * 0.5e-3, 5)
        await set(service.register(VALUE), 170)
        await pass(0.05)
        expect(servo.highTime(0)).toBeCloseTo(2.1e-3, 5)
        expect(await get(service.register(VALUE))).toBeCloseTo(68.75, 1)
        await set(service.register(INTENSITY), false)
        await pass(0.05)
        expect(servo.highTime(0)).toBe(0)
    })

    it("shows its readings on DeviceScript's own display driver", async () => {
        const { display, pass } = await panelRig()
        const dots = (first: number, last: number) => {
            const rows = []
            for (let y = first; y <= last; y++) {
                for (let x = 40; x < 128; x++) if (display.lit(x, y)) rows.push(`${x},${y}`)
            }
            return rows
        }
        await pass(1)
        expect(display.on).toBe(true)
        const [shaft, supply] = [dots(8, 15), dots(24, 31)]
        expect(shaft.length).toBeGreaterThan(20)
        expect(supply.length).toBeGreaterThan(20)
        expect(dots(40, 63)).toEqual([])
        await pass(1)
        // The shaft has turned, the supply has not changed.
        expect(dots(8, 15)).not.toEqual(shaft)
        expect(dots(24, 31)).toEqual(supply)
    })
})

describe('the other start functions, seen by jacdac-ts', () => {
    async function restRig() {
        const chips: { bridges?: Pca9685; escs?: Pca9685; voltage?: Drv8830 } = {}
        const parts = await rig(rest, (bus, now) => {
            const random = new Random(2)
            chips.bridges = new Pca9685({ now })
            chips.escs = new Pca9685({ now, address: 0x41 })
            chips.voltage = new Drv8830({ now, supply: () => 6 })
            bus.attach(0x40, chips.bridges)
            bus.attach(0x41, chips.escs)
            bus.attach(0x60, chips.voltage)
            const motion = () => ({ specificForce: [0, 9.80665, 0], angularVelocity: [1, 0, 0] })
            bus.attach(0x68, new Mpu6050({ now, motion, random: random.fork('imu') }))
            const multiplexer = new Tca9548a()
            bus.attachRouter(0x70, multiplexer)
            multiplexer.channel(0).attach(0x36, new As5600({ now, angle: () => now() }))
            multiplexer.channel(3).attach(0x36, new As5600({ now, angle: () => -3 * now() }))
            const fine = { now, angle: () => 5 * now(), random: random.fork('encoder'), address: 0x43 }
            bus.attach(0x43, new As5048b(fine))
            bus.attach(0x45, new Ina226({ now, current: () => -2, voltage: () => 7.4, shunt: 0.01 }))
        })
        return { ...parts, ...(chips as Required<typeof chips>) }
    }

    it('measure', async () => {
        const { get, listen, pass, services } = await restRig()
        const acceleration = await listen(services(SERVICE.accelerometer)[0])
        acceleration.value.forEach((g, axis) => expect(Math.abs(g - (axis === 1 ? 1 : 0))).toBeLessThan(0.1))
        const rate = await listen(services(SERVICE.gyroscope)[0])
        // The chip's zero-rate output is up to 20 °/s off.
        expect(Math.abs(rate.value[0] - 57.3)).toBeLessThan(21)
        expect((await listen(services(SERVICE.dcVoltage)[0])).value[0]).toBeCloseTo(7.4, 2)
        expect((await listen(services(SERVICE.dcCurrent)[0])).value[0]).toBeCloseTo(-2, 2)
        expect(await get(services(SERVICE.dcVoltage)[0].register(MEASUREMENT_NAME))).toBe('battery')
        const encoders = services(SERVICE.rotaryEncoder)
        expect(encoders).toHaveLength(3)
        const before = []
        for (const encoder of encoders) before.push((await listen(encoder)).value[0])
        const started = encoders.map(encoder => (encoder.register(READING).unpackedValue as number[])[0])
        await pass(10)
        const turns = encoders.map(
            (encoder, i) => (encoder.register(READING).unpackedValue as number[])[0] - started[i],
        )
        expect(before).toHaveLength(3)
        for (const [i, expected] of [10, -30, 50].entries()) {
            const counts = i === 2 ? 16384 : 4096
            // A report may be 0.1 s old.
            expect(Math.abs((turns[i] / counts) * 2 * Math.PI - expected)).toBeLessThan(Math.abs(expected) * 0.015)
        }
    })

    it('drive, each after it was enabled', async () => {
        const { bridges, escs, pass, services, set, voltage } = await restRig()
        const motors = services(SERVICE.motor)
        expect(motors).toHaveLength(3)
        const bridge = () => (bridges.highTime(0) - bridges.highTime(1)) / bridges.period
        expect(bridge()).toBe(0)
        expect(escs.highTime(0)).toBeCloseTo(1e-3, 5)
        for (const motor of motors) {
            await set(motor.register(INTENSITY), true)
            await set(motor.register(VALUE), 0.5)
        }
        await pass(0.1)
        expect(bridge()).toBeCloseTo(0.5, 2)
        expect(escs.highTime(0)).toBeCloseTo(1.5e-3, 5)
        expect(voltage.output).toBeCloseTo(2.5, 1)
        await pass(1)
        // 0 is for ever, and has to be asked for; the others have stopped.
        expect(bridge()).toBeCloseTo(0.5, 2)
        expect(escs.highTime(0)).toBeCloseTo(1e-3, 5)
        expect(voltage.output).toBe(0)
    })
})

describe('nine-axis sensors, banks of encoders and motor currents, seen by jacdac-ts', () => {
    async function moreRig() {
        const draws = [2, 5]
        return rig(more, (bus, now, spi) => {
            const random = new Random(3)
            const currentSense = {
                current: (motor: number) => draws[motor - 1],
                voltsPerAmpere: 20e-3,
                offsetVolts: 0.07,
            }
            bus.attach(0x10, new Motoron({ now, supply: () => 12, productId: 0xcd, currentSense }))
            spi.attach(13, new Ls7366r({ quarters: () => 2400 * now() }))
            spi.attach(14, new Ls7366r({ quarters: () => -8400 * now() }))
            bus.attach(0x43, new As5048b({ now, angle: () => now(), random: random.fork('near'), address: 0x43 }))
            const multiplexer = new Tca9548a()
            bus.attachRouter(0x70, multiplexer)
            const far = { now, angle: () => -2 * now(), random: random.fork('far') }
            multiplexer.channel(2).attach(0x40, new As5048b(far))
            const field = () => [20e-6, 0, -40e-6]
            const motion = () => ({ specificForce: [0, 0, 9.80665], angularVelocity: [0, 0, 1] })
            // An ideal one, whose magnetometer reads nothing where there is no field. Its acceleration must not stand still.
            const shaken = () => ({ ...motion(), specificForce: [0, Math.sin(300 * now()) / 10, 9.80665] })
            new Icm20948({ now, motion: shaken, field, address: 0x69 }).attachTo(bus, 0x69)
            const orientation = () => [Math.SQRT1_2, 0, 0, Math.SQRT1_2]
            bus.attach(0x28, new Bno055({ now, motion, field, orientation, random: random.fork('bno') }))
        })
    }

    it('count shafts on LS7366Rs and AS5048Bs, each with its counts a turn', async () => {
        const { get, listen, pass, services } = await moreRig()
        const encoders = services(SERVICE.rotaryEncoder)
        const counts = []
        for (const encoder of encoders) counts.push(await get(encoder.register(CLICKS_PER_TURN)))
        expect(counts).toEqual([1200, 8400, 16384, 16384])
        for (const encoder of encoders) await listen(encoder)
        const values = () => encoders.map(encoder => (encoder.register(READING).unpackedValue as number[])[0])
        const before = values()
        await pass(10)
        // Radians: two turns a second and one backwards, in quarters of a cycle; 1 rad/s and -2 rad/s.
        for (const [i, expected] of [20 * 2 * Math.PI, -10 * 2 * Math.PI, 10, -20].entries()) {
            const radians = ((values()[i] - before[i]) / (counts[i] as number)) * 2 * Math.PI
            // A report may be 0.1 s old.
            expect(Math.abs(radians - expected)).toBeLessThan(Math.abs(expected) * 0.015)
        }
    })

    it('measure acceleration, angular velocity and field of an ICM-20948, and those of a BNO055', async () => {
        const { bus, listen, log, pass, services } = await moreRig()
        for (const service of services(SERVICE.accelerometer)) {
            const { value } = await listen(service)
            value.forEach((g, axis) => expect(Math.abs(g - (axis === 2 ? 1 : 0))).toBeLessThan(0.1))
        }
        for (const service of services(SERVICE.gyroscope)) {
            // 1 rad/s; the chips' zero is some °/s off.
            expect(Math.abs((await listen(service)).value[2] - 57.3)).toBeLessThan(6)
        }
        const [magnetometer] = services(MAGNETOMETER)
        const { value, reports } = await listen(magnetometer)
        // nT; a count is 150.
        value.forEach((nanotesla, axis) => expect(Math.abs(nanotesla - [20_000, 0, -40_000][axis])).toBeLessThan(151))
        // A quarter turn to the left.
        expect(log.filter(line => line.includes('orientation')).at(-1)).toContain('orientation 707 707')
        bus.unplug(0x0c)
        await pass(0.3)
        const then = reports()
        await pass(1)
        expect(reports()).toBe(then)
    })

    it('measure what each motor draws, signed by its direction, from offsets that were measured at the start', async () => {
        const { get, listen, pass, services, set } = await moreRig()
        const [left, right] = services(SERVICE.motor)
        for (const [motor, speed] of [
            [left, 0.5],
            [right, -1],
        ] as const) {
            await set(motor.register(INTENSITY), true)
            await set(motor.register(VALUE), speed)
        }
        await pass(0.2)
        const currents = services(SERVICE.dcCurrent)
        expect(await get(currents[0].register(MEASUREMENT_NAME))).toBe('motor 1')
        // 0.161 A a count, at half duty two counts of the processed value.
        expect(Math.abs((await listen(currents[0])).value[0] - 2)).toBeLessThan(0.4)
        expect(Math.abs((await listen(currents[1])).value[0] + 5)).toBeLessThan(0.25)
    })
})

/** A speed has 14 bits on the way, an effort 1/800 in the Motoron. */
function near(value: number): unknown {
    return expect.closeTo(value, 2)
}
