// The start functions of nine-axis sensors, banks of encoders and motor currents. Test side: test/sim/more-servers.test.ts.
import { configureHardware } from '@devicescript/servers'
import { startAs5048bBank, startLs7366r } from '../../src/firmware/servers/encoders'
import { startBno055, startIcm20948 } from '../../src/firmware/servers/inertial'
import { startMotoronWithCurrent } from '../../src/firmware/servers/motors'

configureHardware({ pins: { D13: 13, D14: 14 } })

async function main() {
    await startMotoronWithCurrent({ channels: 2, timeoutMs: 0 }, { voltsPerAmpere: 20e-3 })
    const counters = [
        { select: 'D13', countsPerTurn: 1200 },
        { select: 'D14', countsPerTurn: 8400 },
    ]
    await startLs7366r({ miso: 16, mosi: 19, sck: 18, counters })
    await startAs5048bBank([{ address: 0x43 }, { channel: 2 }])
    await startIcm20948({ address: 0x69, angularRateRangeDegPerSec: 500 })
    const { orientation } = await startBno055()
    setInterval(() => {
        const q = orientation()
        if (q) console.log('orientation', Math.round(1000 * q[0]), Math.round(1000 * q[3]))
    }, 500)
}
main.start()
