import { TCA9548A_ADDRESS } from '../../../devices/buses/tca9548a'
import { AS5600_ADDRESS } from '../../../devices/encoders/as5600'
import { LSM6DSOX_ADDRESS } from '../../../devices/imus/lsm6dsox'
import { MOTORON_ADDRESS } from '../../../devices/motors/motoron'
import type { RobotWiring } from '../../onboard/robot-wiring'
import { LEFT_CHANNEL, RIGHT_CHANNEL } from './channels'

/** Everything is on one I2C bus. */
export const wiring: RobotWiring = {
    pins: [
        {
            name: 'emergency stop',
            use: 'input',
            pin: 'ESTOP',
            to: 'a contact to GND that opens when the button is pressed; without a button: GND',
        },
    ],
    parts: [
        {
            name: 'motors',
            part: 'Pololu Motoron M2T550 (or another M2)',
            address: MOTORON_ADDRESS,
            terminals: [
                { terminal: 'VM, GND', to: '12 V supply' },
                { terminal: 'M1A, M1B', to: 'left wheel: Pololu 37D 50:1, 12 V' },
                { terminal: 'M2A, M2B', to: 'right wheel, which is mounted the other way round' },
            ],
        },
        {
            name: 'mux',
            part: 'TCA9548A',
            address: TCA9548A_ADDRESS,
            terminals: [{ terminal: 'A0, A1, A2', to: 'GND' }],
        },
        {
            name: 'left encoder',
            part: 'AS5600',
            address: AS5600_ADDRESS,
            behind: { part: 'mux', channel: LEFT_CHANNEL },
            terminals: [{ terminal: 'DIR', to: 'GND' }],
        },
        {
            name: 'right encoder',
            part: 'AS5600',
            address: AS5600_ADDRESS,
            behind: { part: 'mux', channel: RIGHT_CHANNEL },
            terminals: [{ terminal: 'DIR', to: 'GND' }],
        },
        {
            name: 'imu',
            part: 'LSM6DSOX',
            address: LSM6DSOX_ADDRESS,
            terminals: [
                { terminal: 'SDO/SA0', to: 'GND' },
                { terminal: 'CS', to: '3.3 V (I2C mode)' },
            ],
        },
    ],
}
