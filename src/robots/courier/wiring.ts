import { MOTORON_ADDRESS } from '../../../devices/motors/motoron'
import type { RobotWiring, SpiPart } from '../../onboard/robot-wiring'
import { LEFT_SELECT, RIGHT_SELECT } from './counters'

/** A counter, and the encoder of a Pololu 37D: its colours are the maker's. */
const counter = (name: string, select: string, joint: string): SpiPart => ({
    name,
    joint,
    part: 'LS7366R',
    select,
    terminals: [
        { terminal: 'A', to: 'yellow wire, through a divider from 5 V to 3.3 V' },
        { terminal: 'B', to: 'white wire, likewise' },
        { terminal: 'INDEX', to: 'GND' },
        { terminal: 'CNT_EN', to: '3.3 V' },
        { terminal: 'fCKi, fCKo', to: "the clock of the inputs' filter: its breakout board's crystal" },
    ],
})

/** The motor controller is on I2C, the counters are on SPI. The encoders (blue and green wire) have 5 V. */
export const wiring: RobotWiring = {
    parts: [
        {
            name: 'motors',
            part: 'Pololu Motoron M2T550 (or another M2)',
            address: MOTORON_ADDRESS,
            terminals: [
                { terminal: 'VM, GND', to: '12 V supply' },
                { terminal: 'M1A, M1B', to: 'left wheel: Pololu 37D 50:1 with 64 CPR encoder, 12 V' },
                { terminal: 'M2A, M2B', to: 'right wheel, which is mounted the other way round' },
            ],
        },
    ],
    spi: [counter('left counter', LEFT_SELECT, 'left_wheel'), counter('right counter', RIGHT_SELECT, 'right_wheel')],
}
