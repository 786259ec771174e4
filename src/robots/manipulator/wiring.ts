import { AS5600_ADDRESS } from '../../../devices/encoders/as5600'
import { PCA9685_ADDRESS } from '../../../devices/motors/pca9685-chip'
import type { RobotWiring, WiredPart } from '../../onboard/robot-wiring'
import { BASE_CHANNEL, ELBOW_CHANNEL, MUX_ADDRESS, POWER_ADDRESS, SHOULDER_CHANNEL } from './channels'

const encoder = (joint: string, channel: number): WiredPart => ({
    name: `${joint} encoder`,
    part: 'AS5600',
    address: AS5600_ADDRESS,
    behind: { part: 'mux', channel },
    terminals: [{ terminal: 'DIR', to: 'GND' }],
})

/** Everything is on one I2C bus. */
export const wiring: RobotWiring = {
    parts: [
        {
            name: 'servo driver',
            part: 'PCA9685',
            address: PCA9685_ADDRESS,
            terminals: [
                { terminal: 'A0 to A5', to: 'GND' },
                { terminal: 'V+', to: "the power monitor's VIN-" },
                { terminal: `LED${BASE_CHANNEL}`, to: 'base servo: Hitec HS-645MG' },
                { terminal: `LED${SHOULDER_CHANNEL}`, to: 'shoulder servo: Hitec HS-645MG' },
                { terminal: `LED${ELBOW_CHANNEL}`, to: 'elbow servo: Hitec HS-645MG, mounted the other way round' },
                {
                    terminal: 'OE',
                    to: 'Q (inverted) of a retriggerable one-shot (74HC123), 100 ms, triggered by SDA; pull-up to 3.3 V',
                },
            ],
        },
        {
            name: 'mux',
            part: 'TCA9548A',
            address: MUX_ADDRESS,
            terminals: [
                { terminal: 'A0', to: '3.3 V' },
                { terminal: 'A1, A2', to: 'GND' },
            ],
        },
        encoder('base', BASE_CHANNEL),
        encoder('shoulder', SHOULDER_CHANNEL),
        encoder('elbow', ELBOW_CHANNEL),
        {
            name: 'power monitor',
            part: 'INA219',
            address: POWER_ADDRESS,
            terminals: [
                { terminal: 'VIN+', to: '6 V supply of the servos, 10 A' },
                { terminal: 'VIN-', to: "the servo driver's V+, 20 mΩ shunt between both" },
                { terminal: 'A0', to: 'VS+' },
                { terminal: 'A1', to: 'GND' },
            ],
        },
    ],
}
