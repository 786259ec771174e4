import { TCA9548A_ADDRESS } from '../../devices/buses/tca9548a'
import { AS5048B_ADDRESS } from '../../devices/encoders/as5048b'
import { AS5600_ADDRESS, Register as As5600Register } from '../../devices/encoders/as5600'
import { BNO055_ADDRESS, IDENTITY as BNO055_ID, Register as Bno055Register } from '../../devices/imus/bno055'
import {
    AK09916_ADDRESS,
    ICM20948_ADDRESS,
    IDENTITY as ICM20948_ID,
    Register as Icm20948Register,
} from '../../devices/imus/icm20948'
import { IDENTITY as LSM6DSOX_ID, LSM6DSOX_ADDRESS, Register as Lsm6dsoxRegister } from '../../devices/imus/lsm6dsox'
import { IDENTITY as MPU6050_ID, MPU6050_ADDRESS, Register as Mpu6050Register } from '../../devices/imus/mpu6050'
import { MOTORON_ADDRESS } from '../../devices/motors/motoron'
import { PCA9685_ADDRESS } from '../../devices/motors/pca9685-chip'
import { INA219_ADDRESS } from '../../devices/power/ina219'
import { DIE as INA226_DIE, INA226_ADDRESS, MANUFACTURER, Register as Ina226Register } from '../../devices/power/ina226'

/** A register whose value tells a part. */
export interface IdentityRegister {
    readonly register: number
    /** Bytes of it, the most significant first. */
    readonly bytes: number
    /** Of the part itself. */
    readonly value: number
    /** Other parts with the same register, by its value: what is bought, soldered or delivered instead. */
    readonly others?: Readonly<Record<number, string>>
}

/** A part that can be on the bus, as far as the bus tells. */
export interface KnownPart {
    /** As in a robot's `wiring.ts`, where it is a part of the text. */
    readonly name: string
    /** Addresses that its pins can select, and how. */
    readonly addresses: readonly number[]
    readonly addressedBy: string
    /** Absent when it has no such register: then only its address tells. */
    readonly identity?: readonly IdentityRegister[]
    /**
     * What is read to see whether it answers, when reading one byte from wherever it stands would disturb its driver: the
     * AS5600's pointer has to stay on the angle (as5600.ts).
     */
    readonly look?: { readonly register: number; readonly bytes: number }
    /** Addresses at which something inside of it answers, too. */
    readonly brings?: readonly number[]
}

const range = (first: number, count: number) => Array.from({ length: count }, (_, i) => first + i)

/** The parts that `devices/` has drivers for. The numbers of their identity registers are the drivers' own. */
export const KNOWN_PARTS: readonly KnownPart[] = [
    { name: 'Motoron', addresses: [MOTORON_ADDRESS], addressedBy: "Pololu's set-up program" },
    {
        name: 'AS5600',
        addresses: [AS5600_ADDRESS],
        addressedBy: 'nothing: it has one address',
        look: { register: As5600Register.RAW_ANGLE, bytes: 2 },
    },
    { name: 'AS5048B', addresses: range(AS5048B_ADDRESS, 4), addressedBy: 'pins A1 and A2' },
    { name: 'TCA9548A', addresses: range(TCA9548A_ADDRESS, 8), addressedBy: 'pins A0, A1 and A2' },
    { name: 'PCA9685', addresses: range(PCA9685_ADDRESS, 62), addressedBy: 'pins A0 to A5' },
    { name: 'INA219', addresses: range(INA219_ADDRESS, 16), addressedBy: 'pins A0 and A1' },
    {
        name: 'INA226',
        addresses: range(INA226_ADDRESS, 16),
        addressedBy: 'pins A0 and A1',
        identity: [
            { register: Ina226Register.MANUFACTURER_ID, bytes: 2, value: MANUFACTURER },
            { register: Ina226Register.DIE_ID, bytes: 2, value: INA226_DIE },
        ],
    },
    {
        name: 'LSM6DSOX',
        addresses: range(LSM6DSOX_ADDRESS, 2),
        addressedBy: 'pin SDO/SA0',
        identity: [
            {
                register: Lsm6dsoxRegister.WHO_AM_I,
                bytes: 1,
                value: LSM6DSOX_ID,
                // ST datasheets, WHO_AM_I: LSM6DS3 69h, LSM6DS3TR-C and LSM6DSL 6Ah, LSM6DSR 6Bh.
                others: { 0x69: 'LSM6DS3', 0x6a: 'LSM6DSL or LSM6DS3TR-C', 0x6b: 'LSM6DSR' },
            },
        ],
    },
    {
        name: 'MPU-6050',
        addresses: range(MPU6050_ADDRESS, 2),
        addressedBy: 'pin AD0',
        identity: [
            {
                register: Mpu6050Register.WHO_AM_I,
                bytes: 1,
                value: MPU6050_ID,
                // InvenSense register maps, WHO_AM_I: MPU-6500 70h, MPU-9250 71h.
                others: { 0x70: 'MPU-6500', 0x71: 'MPU-9250' },
            },
        ],
    },
    {
        name: 'ICM-20948',
        addresses: range(ICM20948_ADDRESS, 2),
        addressedBy: 'pin AD0',
        identity: [{ register: Icm20948Register.WHO_AM_I, bytes: 1, value: ICM20948_ID }],
        brings: [AK09916_ADDRESS],
    },
    {
        name: 'BNO055',
        addresses: range(BNO055_ADDRESS, 2),
        addressedBy: 'pin COM3',
        identity: BNO055_ID.map((value, i) => ({ register: Bno055Register.CHIP_ID + i, bytes: 1, value })),
    },
]

/** The part that a robot's wiring names, if it is a known one. */
export function knownPart(wired: string): KnownPart | undefined {
    const plain = (text: string) => text.toLowerCase().replace(/-/g, '')
    return KNOWN_PARTS.find(({ name }) => plain(wired).includes(plain(name)))
}

/** What part the values of its identity registers tell; undefined when it is neither `part` nor one that is known instead. */
export function identify(part: KnownPart, values: readonly (number | undefined)[]): string | undefined {
    const identity = part.identity ?? []
    const wrong = identity.findIndex(({ value }, i) => values[i] !== value)
    if (wrong < 0) return part.name
    return identity[wrong].others?.[values[wrong] ?? -1]
}
