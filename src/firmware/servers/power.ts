import * as ds from '@devicescript/core'
import { startServer } from '@devicescript/server'
import { Ina219 } from '../../../devices/power/ina219'
import { Ina226 } from '../../../devices/power/ina226'
import { i2c } from '../board'
import { type SensorOptions, StreamingServer } from './streaming-server'

/** Between two samples, ms. */
const SAMPLE_MS = 20

/** A power monitor of `devices/power`. */
interface PowerMonitor {
    readonly currentRaw: number
    readonly supplyRaw: number
    readonly amperePerCount: number
    readonly voltPerCount: number
    init(): Promise<void>
    sample(): boolean
}

export interface PowerOptions extends SensorOptions {
    /** Ω */
    shunt: number
    /** 7-bit, 0x40 by default. */
    address?: number
    /** What the measured line is called; `supply` by default. */
    measurementName?: string
}

class MeasurementServer extends StreamingServer<number> {
    constructor(
        spec: ds.ServiceSpec,
        read: () => number | undefined,
        private readonly name: string,
        options?: SensorOptions,
    ) {
        super(spec, read, options)
    }

    measurementName(): string {
        return this.name
    }

    /** Against ground. */
    measurementType(): number {
        return ds.DcVoltageMeasurementVoltageMeasurementType.Absolute
    }
}

/**
 * Starts an INA219 as the Jacdac services DC voltage and DC current measurement (V, A).
 *
 * @throws DriverError
 */
export async function startIna219(options: PowerOptions) {
    return await startPower(new Ina219(i2c, options.shunt, options.address), options)
}

/**
 * Starts an INA226 as the Jacdac services DC voltage and DC current measurement (V, A).
 *
 * @throws DriverError
 */
export async function startIna226(options: PowerOptions) {
    return await startPower(new Ina226(i2c, options.shunt, options.address), options)
}

async function startPower(monitor: PowerMonitor, options: PowerOptions) {
    await monitor.init()
    let valid = false
    setInterval(() => {
        valid = monitor.sample()
    }, SAMPLE_MS)
    const name = options.measurementName || 'supply'
    const volts = () => (valid ? monitor.supplyRaw * monitor.voltPerCount : undefined)
    const amperes = () => (valid ? monitor.currentRaw * monitor.amperePerCount : undefined)
    const voltage = new ds.DcVoltageMeasurement(
        startServer(new MeasurementServer(ds.DcVoltageMeasurement.spec, volts, name, options)),
    )
    return { voltage, current: startCurrentMeasurement(amperes, name, options) }
}

/** Offers a current as the Jacdac service DC current measurement. @param read the newest, A; undefined when there is none that is good */
export function startCurrentMeasurement(
    read: () => number | undefined,
    name: string,
    options?: SensorOptions,
): ds.DcCurrentMeasurement {
    return new ds.DcCurrentMeasurement(
        startServer(new MeasurementServer(ds.DcCurrentMeasurement.spec, read, name, options)),
    )
}
