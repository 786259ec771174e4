import type { JointConfig, RobotConfig } from '../../onboard/robot-config'

/** A wheel: the rover's, whose gains these are. */
function wheel(name: string, direction: 1 | -1): JointConfig {
    return {
        name,
        kind: 'continuous',
        velocityLimit: 15,
        effortLimit: 1,
        // A count is 2 mrad, five in a tick at 1 rad/s.
        encoder: { direction, zeroOffset: 0, ratio: 1, observerBandwidth: 100, countsPerRevolution: 3200 },
        motor: {
            direction,
            // Pololu 37D 50:1, 12 V ("37D Metal Gearmotors", Rev 1.2).
            rated: { voltage: 12, freeSpeed: 20.94, freeCurrent: 0.2, stallCurrent: 5.5 },
        },
        gains: { kpPosition: 6, kp: 0.048, ki: 0.79, ks: 0.029, kv: 0 },
        monitors: {
            velocity: { limit: 23, delayMs: 40 },
            // A quadrature encoder whose wire is broken looks like a wheel that stands still.
            stall: { limit: 0.5, speed: 0.5, delayMs: 500 },
        },
    }
}

/**
 * The rover on its motors' own quadrature encoders, each on an LS7366R counter on SPI: a robot to copy for sensors that the tick
 * cannot wait for (docs/spi.md).
 */
export const courier: RobotConfig = {
    name: 'courier',
    tickPeriodMs: 10,
    commandTimeoutMs: 100,
    sensorTimeoutMs: 100,
    supplyMonitor: { limit: 8, delayMs: 240 },
    i2c: { frequency: 400_000 },
    spi: { frequency: 4_000_000 },
    joints: [
        wheel('left_wheel', 1),
        // Mounted the other way round.
        wheel('right_wheel', -1),
    ],
    drive: { left: 'left_wheel', right: 'right_wheel', wheelRadius: 0.04, trackWidth: 0.24 },
}
