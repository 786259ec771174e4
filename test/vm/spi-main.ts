// Two counters on the simulated board's SPI bus, read before each tick as a robot's firmware does. Results leave as writes to an
// I2C address: f64 value, then the name. Test side: test/sim/spi-board.test.ts.
import { configureHardware } from '@devicescript/servers'
import { Ls7366rBank, LS7366R_MAX_FREQUENCY, LS7366R_SPI_MODE } from '../../devices/encoders/ls7366r'
import { clock, i2c } from '../../src/firmware/board'
import { chipSelect, openSpi } from '../../src/firmware/spi'
import { SamplingClock } from '../../src/onboard/sampling-clock'

configureHardware({ pins: { D13: 13, D14: 14 } })

const RESULT_ADDRESS = 0x12
const PERIOD_MS = 10

function result(name: string, value: number): void {
    const text = Buffer.from(name)
    const bytes = Buffer.alloc(8 + text.length)
    bytes.setAt(0, 'f64', value)
    bytes.blitAt(8, text, 0, text.length)
    i2c.transfer(RESULT_ADDRESS, bytes, undefined)
}

async function main() {
    const spi = openSpi({ miso: 16, mosi: 19, sck: 18 }, LS7366R_SPI_MODE, LS7366R_MAX_FREQUENCY)
    const counters = new Ls7366rBank(spi, [
        { select: chipSelect('D13'), countsPerTurn: 1200 },
        { select: chipSelect('D14'), countsPerTurn: 8400 },
    ])
    try {
        await counters.init(clock)
    } catch (error) {
        result('refused ' + (error as Error).message, 0)
        return
    }
    const sampling = new SamplingClock(clock, counters)
    let deadline = sampling.millis() + PERIOD_MS
    for (let tick = 0; ; tick++) {
        await sampling.sleep(deadline - sampling.millis())
        counters.sample()
        result('failed', counters.failed)
        result('first', counters.reading[0])
        result('second', counters.reading[1])
        result('late', sampling.millis() - deadline)
        if (tick % 4 === 0) counters.check()
        deadline += PERIOD_MS
    }
}
main.start()
