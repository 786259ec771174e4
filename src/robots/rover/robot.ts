import type { JointGains, JointMonitors, RobotConfig } from '../../onboard/robot-config'

/**
 * Found by search against the simulated body on the rp2040 profile, over 20 seeds, which differ in where
 * the step falls between tick and Motoron: from 0 to 5 rad/s it is within 2 % after at most 0.27 s with at most 8.3 %
 * overshoot (5.3 % on average), and 0.27 s after a fifth of the supply is lost (test/e2e/velocity-loop.test.ts). No bench has seen them. What the loop works against: motor and rover have a time
 * constant of 70 ms, 5 to 15 ms pass from a sample to the changed output, because the Motoron takes a new speed each
 * 10 ms, and the board tells a tick's time to 1 ms.
 */
const wheelGains: JointGains = {
    kpPosition: 6,
    // Somewhat more damping than the motor has by itself (0.0465).
    kp: 0.048,
    ki: 0.79,
    // Gears and brushes take 0.0255 (0.7 of 0.2 A through 2.18 Ω, of 12 V), rolling takes 0.0035.
    ks: 0.029,
    // 1 / free speed would be 0.0477, and then the step overshoots by a third: the integral, which gathers some 0.2 while
    // the wheel gains speed, would come on top of what the wheel needs. Without it the integral ends where it must.
    kv: 0,
}
/** With 100 the estimate lags so much that some steps overshoot 10 %; with 130 the wheel is uneasy at the edge of 2 %. */
const observerBandwidth = 120
/** Pololu 37D 50:1, 12 V ("37D Metal Gearmotors", Rev 1.2). */
const rated = { voltage: 12, freeSpeed: 20.94, freeCurrent: 0.2, stallCurrent: 5.5 }

/** What a wheel does when all is well stays within these, by the motor's data (test/e2e/monitors.test.ts drives it hard). */
const monitors: JointMonitors = {
    // Setpoints end at 15; the motor's free speed at 12 V is 20.9.
    velocity: { limit: 23, delayMs: 40 },
    // From -15 to 15 rad/s takes 0.3 s.
    following: { limit: 4, delayMs: 1000 },
    stall: { limit: 0.5, speed: 0.5, delayMs: 500, loosest: { delayMs: 2000, action: 'warn' } },
    // Rolling takes 0.03; the encoder's noise moves the last bit of a wheel that stands.
    frozen: { limit: 0.2, delayMs: 200 },
    // From standstill at full duty a free wheel gains 20.9 rad/s in 70 ms, 300 rad/s²; a look comes each 80 ms, and from 15 rad/s
    // forward to 15 backward within one is 375.
    acceleration: { limit: 400, delayMs: 0, action: 'warn' },
    // 300 rad/s² for a period with an estimate that is off by 15 rad/s is 0.17 rad.
    jump: { limit: 0.4, delayMs: 100 },
}

/**
 * Two driven wheels and a caster: 12 V gear motors (Pololu 37D 50:1) on a Motoron, a magnetic encoder on each axle, an
 * IMU above the axle.
 */
export const rover: RobotConfig = {
    name: 'rover',
    tickPeriodMs: 10,
    commandTimeoutMs: 100,
    sensorTimeoutMs: 100,
    // The drivers work from 4.5 V; a lead battery of 12 V is empty at 10.5 V.
    supplyMonitor: { limit: 8, delayMs: 240 },
    monitors: {
        // On a ramp of 30° it still stands. Braking from full speed it feels 31° for a tenth of a second.
        tilt: { limit: 0.7, delayMs: 240 },
        // A third of the ticks: the loops' gains do not hold then. A busy host, which paces late, is no reason to stop.
        late: { limit: 4, delayMs: 240, action: 'warn' },
    },
    // A contact to ground that opens stops, and so does a wire that breaks.
    estopInput: { pin: 'ESTOP', stopsAt: 1 },
    i2c: { frequency: 400_000 },
    joints: [
        {
            name: 'left_wheel',
            kind: 'continuous',
            velocityLimit: 15,
            effortLimit: 1,
            encoder: { direction: 1, zeroOffset: 0, ratio: 1, observerBandwidth, countsPerRevolution: 4096 },
            motor: { direction: 1, rated },
            gains: wheelGains,
            monitors,
        },
        {
            name: 'right_wheel',
            kind: 'continuous',
            velocityLimit: 15,
            effortLimit: 1,
            // Mounted the other way round.
            encoder: { direction: -1, zeroOffset: 0, ratio: 1, observerBandwidth, countsPerRevolution: 4096 },
            motor: { direction: -1, rated },
            gains: wheelGains,
            monitors,
        },
    ],
    imu: { part: 'LSM6DSOX', outputDataRate: 208, accelerationRange: 4, angularVelocityRange: 1000 },
    drive: { left: 'left_wheel', right: 'right_wheel', wheelRadius: 0.04, trackWidth: 0.24 },
}
