import { AS5600_ADDRESS } from '../../../devices/encoders/as5600'
import { MOTORON_ADDRESS } from '../../../devices/motors/motoron'
import { INA226_ADDRESS } from '../../../devices/power/ina226'
import type { RobotWiring } from '../../onboard/robot-wiring'

/** Everything is on one I2C bus. */
export const wiring: RobotWiring = {
    parts: [
        {
            name: 'motors',
            part: 'Pololu Motoron M2T550 (or another M2)',
            address: MOTORON_ADDRESS,
            terminals: [
                { terminal: 'VM', to: "the power monitor's VIN-" },
                { terminal: 'GND', to: '12 V supply, ground' },
                { terminal: 'M1A, M1B', to: 'motor under test' },
            ],
        },
        {
            name: 'encoder',
            part: 'AS5600',
            address: AS5600_ADDRESS,
            terminals: [{ terminal: 'DIR', to: 'GND' }],
        },
        {
            name: 'power monitor',
            part: 'INA226',
            address: INA226_ADDRESS,
            terminals: [
                { terminal: 'VIN+', to: '12 V supply' },
                { terminal: 'VIN-', to: "the motor controller's VM, 10 mΩ shunt between both" },
                { terminal: 'A0, A1', to: 'GND' },
            ],
        },
    ],
}
