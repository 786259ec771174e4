import type { RobotState } from '../../host/robot'
import { type Header, stamp } from './messages'

/** sensor_msgs/msg/BatteryState */
export interface BatteryMessage {
    header: Header
    /** V */
    voltage: number
    temperature: number
    /** A, negative while discharging */
    current: number
    charge: number
    capacity: number
    design_capacity: number
    percentage: number
    power_supply_status: number
    power_supply_health: number
    power_supply_technology: number
    present: boolean
    cell_voltage: number[]
    cell_temperature: number[]
    location: string
    serial_number: string
}

const DISCHARGING = 2 // POWER_SUPPLY_STATUS_DISCHARGING
const UNKNOWN = 0 // POWER_SUPPLY_*_UNKNOWN

/** The motor supply: voltage and current as measured, NaN for what no part measures, as the message wants it. */
export function batteryMessage({ hostTime, power }: RobotState): BatteryMessage | undefined {
    if (power === undefined) return undefined
    return {
        header: { stamp: stamp(hostTime), frame_id: '' },
        voltage: power.voltage,
        temperature: NaN,
        current: -power.current,
        charge: NaN,
        capacity: NaN,
        design_capacity: NaN,
        percentage: NaN,
        power_supply_status: power.current > 0 ? DISCHARGING : UNKNOWN,
        power_supply_health: UNKNOWN,
        power_supply_technology: UNKNOWN,
        present: true,
        cell_voltage: [],
        cell_temperature: [],
        location: 'motor supply',
        serial_number: '',
    }
}
