// The start functions that examples/devicescript/panel.ts does not have. Test side: test/sim/servers.test.ts.
import { startAs5048b, startAs5600Bank } from '../../src/firmware/servers/encoders'
import { startMpu6050 } from '../../src/firmware/servers/inertial'
import { startDrv8830, startPca9685Bridges, startPca9685Escs } from '../../src/firmware/servers/motors'
import { startIna226 } from '../../src/firmware/servers/power'

async function main() {
    await startPca9685Bridges({ bridges: [{ in1: 0, in2: 1 }], outputEnable: undefined, timeoutMs: 0 })
    await startPca9685Escs({
        escs: [{ channel: 0, pulseStop: 1e-3, pulseFull: 2e-3 }],
        outputEnable: undefined,
        address: 0x41,
        armingMs: 300,
    })
    await startDrv8830({ motors: [{ address: 0x60, voltageMax: 5 }] })
    await startMpu6050()
    await startAs5600Bank([0, 3])
    await startAs5048b({ address: 0x43 })
    await startIna226({ shunt: 0.01, address: 0x45, measurementName: 'battery' })
}
main.start()
