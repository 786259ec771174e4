import { describe, expect, test } from 'vitest'
import { As5600 } from '../../../src/sim/chips/as5600'
import { Lsm6dsox } from '../../../src/sim/chips/lsm6dsox'
import { Motoron } from '../../../src/sim/chips/motoron'
import { Tca9548a } from '../../../src/sim/chips/tca9548a'
import { SimulatedI2cBus } from '../../../src/sim/i2c/simulated-i2c-bus'
import {
    DcGearMotor,
    type DcGearMotorParameters,
    POLOLU_37D_50,
    parametersFromDatasheet,
} from '../../../src/sim/plants/dc-gear-motor'
import {
    DifferentialRover,
    type DifferentialRoverParameters,
    ROVER_STATE,
    SMALL_ROVER,
} from '../../../src/sim/plants/differential-rover'
import { Random } from '../../../src/sim/random'
import { Trace } from '../../../src/sim/trace'

const G = 9.80665

/** No friction and no losses: damping at the wheel 0.125 N·m·s/rad, rotor's inertia there 7.5e-3 kg·m². */
const IDEAL: DcGearMotorParameters = {
    resistance: 2,
    torqueConstant: 0.01,
    gearRatio: 50,
    gearEfficiency: 1,
    rotorInertia: 3e-6,
    coulombFriction: 0,
    staticFriction: 0,
    stribeckVelocity: 10,
    viscousFriction: 0,
    backlash: 0,
}
const REAL = parametersFromDatasheet(POLOLU_37D_50)
const BODY: DifferentialRoverParameters = { ...SMALL_ROVER, rollingResistance: 0, imuPosition: [0, 0] }

const makeRover = (motor: DcGearMotorParameters = IDEAL, body: DifferentialRoverParameters = BODY) =>
    new DifferentialRover(new DcGearMotor(motor), new DcGearMotor(motor), body)
const drive = (rover: DifferentialRover, left: number, right: number) => {
    rover.left.drive = left
    rover.right.drive = right
}

describe('DifferentialRover', () => {
    test('drives straight: half the body to each wheel, v = r ω (1 - exp(-t/τ))', () => {
        const rover = makeRover()
        drive(rover, 0.5, 0.5)
        // Each wheel turns 7.5e-3 + 2.9e-5 + 2.5 * 0.04² / 2 = 9.529e-3 kg·m² against 0.125: τ = 76.2 ms; 12 rad/s free.
        rover.advanceTo(0.1)
        expect(rover.velocity).toBeCloseTo(0.48 * (1 - Math.exp(-0.1 / 0.076232)), 4)
        rover.advanceTo(3)
        expect(rover.velocity).toBeCloseTo(0.48, 6)
        expect(rover.x).toBeCloseTo(0.48 * (3 - 0.076232), 4)
        expect(rover.y).toBe(0)
        expect(rover.heading).toBe(0)
        expect(rover.left.angle).toBe(rover.right.angle)
    })

    test('turns on the spot: the yaw inertia slows the wheels by 2 I r² / b²', () => {
        const rover = makeRover()
        drive(rover, -0.5, 0.5)
        // 7.529e-3 + 2 * 0.0214 * 0.04² / 0.24² = 8.718e-3: τ = 69.7 ms; yaw rate 2 * 0.48 / 0.24 = 4 rad/s.
        rover.advanceTo(0.1)
        expect(rover.yawRate).toBeCloseTo(4 * (1 - Math.exp(-0.1 / 0.069743)), 3)
        rover.advanceTo(2)
        expect(rover.yawRate).toBeCloseTo(4, 6)
        expect(rover.heading).toBeCloseTo(4 * (2 - 0.069743), 3)
        expect(Math.hypot(rover.x, rover.y)).toBeLessThan(1e-9)
    })

    test('a push on one wheel is felt by the other through the body', () => {
        // m r²/4 = 1e-3 is more than I r²/b² = 5.94e-4: the left wheel is pulled along; with much yaw inertia, back.
        for (const [yawInertia, sign] of [
            [0.0214, 1],
            [0.1, -1],
        ]) {
            const rover = makeRover(IDEAL, { ...BODY, yawInertia })
            rover.left.braking = 0
            rover.right.drive = 1
            rover.step()
            const straight = (2.5 * 0.04 ** 2) / 4
            const turning = (yawInertia * 0.04 ** 2) / 0.24 ** 2
            const own = 7.5e-3 + 2.9e-5 + straight + turning
            const cross = straight - turning
            // Cramer's rule on [[own, cross], [cross, own]] with torques 0 and 3 N·m, the first millisecond.
            const expected = (-cross * 3) / (own * own - cross * cross)
            expect(rover.left.velocity / 0.001 / expected).toBeCloseTo(1, 1)
            expect(Math.sign(rover.left.velocity)).toBe(-sign)
        }
    })

    test('wheels at 8 and 12 rad/s run a circle of radius b/2 (12 + 8)/(12 - 8) = 0.6 m', () => {
        const rover = makeRover()
        drive(rover, 8 / 24, 12 / 24)
        rover.advanceTo(2)
        const rate = (0.04 * 4) / 0.24
        expect(rover.yawRate).toBeCloseTo(rate, 6)
        const centreX = rover.x - 0.6 * Math.sin(rover.heading)
        const centreY = rover.y + 0.6 * Math.cos(rover.heading)
        const end = 2 + (2 * Math.PI) / rate
        for (let time = 2.1; time < end; time += 0.1) {
            rover.advanceTo(time)
            expect(Math.hypot(rover.x - centreX, rover.y - centreY)).toBeCloseTo(0.6, 6)
        }
    })

    test('at rest the IMU feels 1 g upwards and nothing else', () => {
        const rover = makeRover()
        rover.advanceTo(0.1)
        expect([...rover.motion().specificForce]).toEqual([0, 0, G])
        expect([...rover.motion().angularVelocity]).toEqual([0, 0, 0])
    })

    test('in a steady turn it feels v²/R inwards, and off the axle ω² times the distance', () => {
        const rover = makeRover(IDEAL, { ...BODY, imuPosition: [0.05, 0.02] })
        drive(rover, 8 / 24, 12 / 24)
        rover.advanceTo(3)
        const speed = 0.4
        const rate = 2 / 3
        const { specificForce, angularVelocity } = rover.motion()
        expect(specificForce[0]).toBeCloseTo(-rate * rate * 0.05, 6)
        expect(specificForce[1]).toBeCloseTo((speed * speed) / 0.6 - rate * rate * 0.02, 6)
        expect(angularVelocity[2]).toBeCloseTo(rate, 6)
    })

    test('what it feels is the second derivative of where the sensor is, along the body', () => {
        const rover = makeRover(IDEAL, { ...BODY, imuPosition: [0.05, 0.02] })
        const where = () => {
            const c = Math.cos(rover.heading)
            const s = Math.sin(rover.heading)
            return [rover.x + 0.05 * c - 0.02 * s, rover.y + 0.05 * s + 0.02 * c]
        }
        drive(rover, 0.3, 0.9)
        rover.advanceTo(0.2)
        const h = 0.002
        const before = where()
        rover.advanceTo(0.2 + h)
        const middle = where()
        const heading = rover.heading
        // The plant's accelerations are those of the step before: take the mean of both sides.
        const first = [...rover.motion().specificForce]
        rover.advanceTo(0.2 + h + 0.001)
        const second = [...rover.motion().specificForce]
        rover.advanceTo(0.2 + 2 * h)
        const after = where()
        const ax = (after[0] - 2 * middle[0] + before[0]) / (h * h)
        const ay = (after[1] - 2 * middle[1] + before[1]) / (h * h)
        const forward = ax * Math.cos(heading) + ay * Math.sin(heading)
        const left = -ax * Math.sin(heading) + ay * Math.cos(heading)
        expect(forward).toBeCloseTo((first[0] + second[0]) / 2, 2)
        expect(left).toBeCloseTo((first[1] + second[1]) / 2, 2)
    })

    test('rolls out: deceleration by rolling resistance c g m over the whole mass, wheels and rotors included', () => {
        const rover = makeRover(IDEAL, { ...BODY, rollingResistance: 0.05 })
        rover.left.velocity = rover.right.velocity = 10
        rover.advanceTo(0.5)
        const inertia = 2 * (7.5e-3 + 2.9e-5) + 2.5 * 0.04 ** 2
        const deceleration = (0.05 * G * 2.5 * 0.04) / inertia // rad/s²
        expect(rover.left.velocity).toBeCloseTo(10 - 0.5 * deceleration, 6)
        rover.advanceTo(10)
        const x = rover.x
        expect(rover.velocity).toBe(0)
        expect(x).toBeCloseTo((0.04 * 100) / (2 * deceleration), 3)
        rover.advanceTo(11)
        expect(rover.x).toBe(x)
    })

    test('friction holds one wheel while the other turns about it', () => {
        const rover = makeRover(REAL, SMALL_ROVER)
        rover.left.braking = 1
        rover.right.drive = 0.1
        rover.advanceTo(1)
        expect(rover.left.angle).toBe(0)
        expect(rover.right.angle).toBeGreaterThan(0.2)
        // The axle's middle circles the held wheel: 0.12 m from where it stands at (0, 0.12).
        expect(Math.hypot(rover.x, rover.y - 0.12)).toBeCloseTo(0.12, 6)
    })

    test('stops and starts without a tremor, and its energy never grows undriven', () => {
        const rover = makeRover(REAL, SMALL_ROVER)
        rover.left.velocity = 12
        rover.right.velocity = -3
        const p = SMALL_ROVER
        const rotor = 3e-6 * 2500
        let last = Infinity
        for (let i = 0; i < 3000; i++) {
            rover.step()
            const energy =
                p.mass * rover.velocity ** 2 +
                p.yawInertia * rover.yawRate ** 2 +
                (rotor + p.wheelInertia) * (rover.left.velocity ** 2 + rover.right.velocity ** 2)
            expect(energy).toBeLessThanOrEqual(last)
            last = energy
        }
        expect(last).toBe(0)
        expect(rover.left.velocity).toBe(0)
        expect(rover.right.velocity).toBe(0)
    })

    test('says when a real wheel would have slipped', () => {
        const gentle = makeRover(REAL, SMALL_ROVER)
        drive(gentle, 0.2, 0.2)
        gentle.advanceTo(1)
        expect(gentle.peakTraction).toBeLessThan(0.4)
        const harsh = makeRover(REAL, SMALL_ROVER)
        drive(harsh, 1, 1)
        harsh.advanceTo(1)
        expect(harsh.peakTraction).toBeGreaterThan(0.8)
    })

    test('runs whole steps, calling before and after each', () => {
        const rover = makeRover()
        const calls: string[] = []
        rover.beforeStep = time => calls.push(`before ${time.toFixed(3)}`)
        rover.afterStep = time => calls.push(`after ${time.toFixed(3)}`)
        rover.advanceTo(0.0025)
        rover.advanceTo(0.0025)
        expect(calls).toEqual(['before 0.000', 'after 0.001', 'before 0.001', 'after 0.002'])
        rover.advanceTo(0.003)
        expect(rover.time).toBeCloseTo(0.003, 12)
    })

    test('writes every named value', () => {
        const rover = makeRover()
        drive(rover, 0.5, 0.25)
        rover.left.braking = rover.right.braking = 1
        rover.advanceTo(0.2)
        const state = new Float64Array(32)
        expect(rover.writeState(state)).toBe(ROVER_STATE.length)
        const value = (name: (typeof ROVER_STATE)[number]) => state[ROVER_STATE.indexOf(name)]
        expect(value('time')).toBeCloseTo(0.2, 12)
        expect(value('heading')).toBe(rover.heading)
        expect(value('rightVelocity')).toBe(rover.right.velocity)
        expect(value('leftDrive')).toBe(0.5)
        expect(value('rightSupply')).toBe(12)
        expect([...state.subarray(0, ROVER_STATE.length)].filter(number => number === 0)).toEqual([])
    })

    test('refuses a body that cannot be', () => {
        expect(() => makeRover(IDEAL, { ...BODY, mass: 0 })).toThrow(/mass 0/)
        expect(() => new DifferentialRover(new DcGearMotor(), new DcGearMotor(), BODY, 0.01)).toThrow(/stepTime/)
    })
})

/** The whole hardware of a rover: two encoders behind a multiplexer, motor controller, IMU. */
const makeHardware = (seed: number) => {
    let time = 0
    const now = () => time
    const random = new Random(seed)
    const rover = new DifferentialRover(new DcGearMotor(), new DcGearMotor())
    const bus = new SimulatedI2cBus({ frequency: 400_000, now })
    const trace = new Trace()
    const mux = new Tca9548a()
    const motoron = new Motoron({ now, supply: () => rover.left.supplyVoltage, random: random.fork('motoron') })
    const imu = new Lsm6dsox({ motion: () => rover.motion(), now, random: random.fork('imu') })
    const encoder = (motor: DcGearMotor, name: string) =>
        new As5600({ angle: () => motor.angle, now, random: random.fork(name) })
    mux.channel(0).attach(0x36, encoder(rover.left, 'left encoder'))
    mux.channel(1).attach(0x36, encoder(rover.right, 'right encoder'))
    bus.attachRouter(0x70, mux)
    bus.attach(0x10, motoron)
    bus.attach(0x6a, imu)
    bus.onTransaction = (address, write, read, result, at) => trace.transaction(at, address, write, read, result)
    rover.beforeStep = at => {
        time = at
        const left = motoron.output(1)
        rover.left.drive = left.drive
        rover.left.braking = left.braking
        const right = motoron.output(2)
        rover.right.drive = right.drive
        rover.right.braking = right.braking
    }
    const state = new Float64Array(ROVER_STATE.length)
    rover.afterStep = at => {
        time = at
        imu.advance()
        trace.doubles(state, rover.writeState(state))
    }
    const advanceTo = (at: number) => {
        rover.advanceTo(at)
        time = at
    }
    return { rover, bus, motoron, trace, advanceTo, now }
}

const CRC = (bytes: number[]) => {
    let crc = 0
    for (const byte of bytes) {
        crc ^= byte
        for (let i = 0; i < 8; i++) crc = crc & 1 ? (crc ^ 0x91) >> 1 : crc >> 1
    }
    return crc
}
const command = (...bytes: number[]) => Uint8Array.from([...bytes, CRC(bytes)])

/** Drives for `seconds` with transactions every 10 ms, as a controller would. */
const runHardware = (seed: number, seconds: number) => {
    const hardware = makeHardware(seed)
    const { bus, advanceTo } = hardware
    const angle = new Uint8Array(2)
    const motion = new Uint8Array(12)
    bus.transfer(0x10, command(0xa9, 0x00, 0x04), undefined)
    bus.transfer(0x6a, Uint8Array.of(0x10, 0x50, 0x50), undefined)
    for (let tick = 0; tick < seconds * 100; tick++) {
        advanceTo(tick * 0.01 + 0.0003)
        for (const channel of [1, 2]) {
            bus.transfer(0x70, Uint8Array.of(channel), undefined)
            bus.transfer(0x36, Uint8Array.of(0x0c), angle)
        }
        bus.transfer(0x6a, Uint8Array.of(0x22), motion)
        const speed = Math.round(300 * Math.sin(tick / 40))
        bus.transfer(0x10, command(0xe1, speed & 0x7f, (speed >> 7) & 0x7f, 100, 0), undefined)
    }
    return { ...hardware, angle }
}

describe('the chips on the rover', () => {
    test('same seed, same trace to the bit; another seed, another', () => {
        const first = runHardware(1, 2)
        const digest = first.trace.digest()
        expect(first.trace.records).toBeGreaterThan(3000)
        expect(runHardware(1, 2).trace.digest()).toBe(digest)
        expect(runHardware(2, 2).trace.digest()).not.toBe(digest)
    })

    test('the encoder on channel 1 reads the right wheel', () => {
        const { rover, angle } = runHardware(3, 1)
        const turn = 2 * Math.PI
        // The last select byte was 2, which is channel 1; the plant stood still since.
        const read = ((angle[0] << 8) | angle[1]) * (turn / 4096)
        const wrapped = rover.right.angle - turn * Math.floor(rover.right.angle / turn)
        expect(Math.abs(read - wrapped)).toBeLessThan(0.004)
    })

    test('when the commands stop, the wheels stop by the Motoron timeout', () => {
        const { rover, advanceTo, now } = runHardware(4, 1)
        const start = now()
        expect(Math.abs(rover.right.velocity)).toBeGreaterThan(1)
        advanceTo(start + 1.49)
        expect(Math.abs(rover.right.velocity)).toBeGreaterThan(1)
        advanceTo(start + 2.2)
        expect(rover.right.drive).toBe(0)
        expect(Math.abs(rover.right.velocity)).toBeLessThan(0.2)
    })
})
