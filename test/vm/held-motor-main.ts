// A robot whose motor driver holds its last output for ever: a DRV8830. Test side: test/e2e/program-restart.test.ts.
import { As5600 } from '../../devices/encoders/as5600'
import { Drv8830Motors } from '../../devices/motors/drv8830'
import { clock, i2c } from '../../src/firmware/board'
import { runRobot } from '../../src/firmware/run-robot'
import type { RobotConfig } from '../../src/onboard/robot-config'
import { SingleEncoder } from '../../src/robots/actuator/single-encoder'

const config: RobotConfig = {
    name: 'held',
    tickPeriodMs: 10,
    commandTimeoutMs: 100,
    sensorTimeoutMs: 100,
    i2c: { frequency: 400_000 },
    joints: [
        {
            name: 'motor',
            kind: 'continuous',
            velocityLimit: 25,
            effortLimit: 1,
            encoder: { direction: 1, zeroOffset: 0, ratio: 1, observerBandwidth: 100 },
            motor: { direction: 1 },
            gains: { kpPosition: 4, kp: 0.058, ki: 0.8, ks: 0.029, kv: 0 },
        },
    ],
}
const motors = new Drv8830Motors(i2c, { motors: [{ address: 0x60, voltageMax: 5 }] })
const chip = new As5600(i2c)

async function start() {
    await chip.init(clock)
    await motors.init(clock)
}

async function main() {
    await runRobot(config, { encoders: new SingleEncoder(chip), motors, start })
}
main.start()
