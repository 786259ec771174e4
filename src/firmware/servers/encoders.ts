import * as ds from '@devicescript/core'
import { startServer } from '@devicescript/server'
import { Tca9548a } from '../../../devices/buses/tca9548a'
import { As5048b } from '../../../devices/encoders/as5048b'
import { As5048bBank, type As5048bPlace } from '../../../devices/encoders/as5048b-bank'
import { As5600 } from '../../../devices/encoders/as5600'
import { As5600Bank } from '../../../devices/encoders/as5600-bank'
import { Ls7366rBank, LS7366R_MAX_FREQUENCY, LS7366R_SPI_MODE } from '../../../devices/encoders/ls7366r'
import { clock, i2c } from '../board'
import { chipSelect, openSpi } from '../spi'
import { type SensorOptions, StreamingServer } from './streaming-server'

/** Between two samples, ms. The shaft may turn by less than half a turn meanwhile: up to 50 turns a second. */
const SAMPLE_MS = 10
const TWO_PI = 2 * Math.PI

/** Counts turns of an absolute encoder: 0 where it stood at the start, as the service wants it. */
class TurnCounter {
    /** Counts since the start; undefined while the newest sample failed. */
    position: number | undefined = undefined
    private total = 0
    private last = 0
    private started = false

    constructor(private readonly countsPerTurn: number) {}

    /** @param angle rad in [0, 2π); undefined for a sample that failed */
    add(angle: number | undefined): void {
        if (angle === undefined) {
            this.position = undefined
            return
        }
        const counts = Math.round((angle / TWO_PI) * this.countsPerTurn)
        if (this.started) {
            let step = counts - this.last
            if (2 * step > this.countsPerTurn) step -= this.countsPerTurn
            else if (2 * step < -this.countsPerTurn) step += this.countsPerTurn
            this.total += step
        }
        this.started = true
        this.last = counts
        this.position = this.total
    }
}

class RotaryEncoderServer extends StreamingServer<number> {
    constructor(
        counter: TurnCounter,
        private readonly countsPerTurn: number,
        options?: SensorOptions,
    ) {
        super(ds.RotaryEncoder.spec, () => counter.position, options)
    }

    clicksPerTurn(): number {
        return this.countsPerTurn
    }

    clicker(): boolean {
        return false
    }
}

/**
 * Starts an AS5600 as the Jacdac service rotary encoder, 4096 counts a turn, from 0 on.
 *
 * @throws DriverError
 */
export async function startAs5600(options?: SensorOptions): Promise<ds.RotaryEncoder> {
    const encoder = new As5600(i2c)
    await encoder.init(clock)
    return startEncoder(4096, () => (encoder.sample() ? encoder.angle : undefined), options)
}

/**
 * Starts an AS5048B as the Jacdac service rotary encoder, 16384 counts a turn, from 0 on.
 *
 * @throws DriverError
 */
export async function startAs5048b(options?: SensorOptions & { address?: number }): Promise<ds.RotaryEncoder> {
    const encoder = new As5048b(i2c, options?.address)
    await encoder.init(clock)
    return startEncoder(16384, () => (encoder.sample() ? encoder.angle : undefined), options)
}

/**
 * Starts several AS5600 behind a TCA9548A, each as the Jacdac service rotary encoder.
 *
 * @param channels of the multiplexer, one an encoder
 * @throws DriverError
 */
export async function startAs5600Bank(channels: number[], options?: SensorOptions): Promise<ds.RotaryEncoder[]> {
    const bank = new As5600Bank(i2c, new Tca9548a(i2c), channels)
    await bank.init(clock)
    return startBank(
        bank,
        channels.map(() => 4096),
        async () => bank.sample(),
        options,
    )
}

/**
 * Starts several AS5048B, also behind a TCA9548A, each as the Jacdac service rotary encoder, 16384 counts a turn, from 0 on.
 *
 * @throws DriverError
 */
export async function startAs5048bBank(places: As5048bPlace[], options?: SensorOptions): Promise<ds.RotaryEncoder[]> {
    const behind = places.some(place => place.channel !== undefined)
    const bank = new As5048bBank(i2c, places, behind ? new Tca9548a(i2c) : undefined)
    await bank.init(clock)
    return startBank(
        bank,
        places.map(() => 16384),
        async () => bank.sample(),
        options,
    )
}

export interface Ls7366rOptions extends SensorOptions {
    /** GPIO numbers of the SPI bus. */
    miso: number
    mosi: number
    sck: number
    /** Each with its select pin, by the name that `configureHardware` gave it, and its counts (four a cycle) for a turn, whole. */
    counters: { select: string; countsPerTurn: number; maxStep?: number }[]
}

/**
 * Starts the quadrature encoders on LS7366Rs, each as the Jacdac service rotary encoder, from 0 on.
 *
 * @throws DriverError
 */
export async function startLs7366r(options: Ls7366rOptions): Promise<ds.RotaryEncoder[]> {
    const { counters } = options
    const bank = new Ls7366rBank(
        openSpi(options, LS7366R_SPI_MODE, LS7366R_MAX_FREQUENCY),
        counters.map(({ select, countsPerTurn, maxStep }) => ({ select: chipSelect(select), countsPerTurn, maxStep })),
    )
    await bank.init(clock)
    const read = async () => {
        await bank.read()
        bank.sample()
    }
    return startBank(
        bank,
        counters.map(({ countsPerTurn }) => countsPerTurn),
        read,
        options,
    )
}

/** Several encoders that are read together. */
interface EncoderBank {
    readonly reading: number[]
    readonly failed: number
    check(): void
}

/** Samples a bank for ever. @returns a service for each of its encoders */
function startBank(
    bank: EncoderBank,
    countsPerTurn: number[],
    sample: () => Promise<void>,
    options?: SensorOptions,
): ds.RotaryEncoder[] {
    const counters = countsPerTurn.map(counts => new TurnCounter(counts))
    let ticks = 0
    setInterval(async () => {
        await sample()
        for (let i = 0; i < counters.length; i++) {
            counters[i].add((bank.failed & (1 << i)) !== 0 ? undefined : bank.reading[i])
        }
        ticks++
        if (ticks % 4 === 0) bank.check()
    }, SAMPLE_MS)
    return counters.map(
        (counter, i) => new ds.RotaryEncoder(startServer(new RotaryEncoderServer(counter, countsPerTurn[i], options))),
    )
}

/** @param sample the shaft's angle, rad in [0, 2π), or undefined when the sample failed */
function startEncoder(
    countsPerTurn: number,
    sample: () => number | undefined,
    options?: SensorOptions,
): ds.RotaryEncoder {
    const counter = new TurnCounter(countsPerTurn)
    setInterval(() => counter.add(sample()), SAMPLE_MS)
    return new ds.RotaryEncoder(startServer(new RotaryEncoderServer(counter, countsPerTurn, options), options))
}
