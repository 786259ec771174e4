// Pololu Motoron: identification and settings, where every failure is an error. "Pololu Motoron Motor Controller User's
// Guide", pololu.com/docs/0J84: sections 8 (variables), 9 (commands). The driver is motoron.ts beside this file.
import { DriverError, type DriverErrorCode } from '../../src/hal/driver-error'
import type { I2cBus } from '../../src/hal/i2c-bus'
import { Command, command, crc7, Variable } from './motoron-protocol'

/** VIN's divider, section 8 "VIN voltage": 1047/47, on the 550 class 459/47; then a 10-bit converter. */
const VOLTS_PER_COUNT = 1047 / 47 / 1024
const VOLTS_PER_COUNT_550 = 459 / 47 / 1024

/** Product ID of the high-power models, M2S and M2H: the ones that measure their motors' currents. */
export const HIGH_POWER = 0xcd

/** Product IDs of the 550 class, with its other divider; section 9 "Get firmware version". */
const M3S550 = 0xd2 // and M3H550
const M2T550 = 0xd3
const M1T550 = 0xd5

/** Motors that a model with I2C drives, 0 when there is no such model. Product IDs: section 9 "Get firmware version". */
function motorsOf(productId: number): number {
    switch (productId) {
        case 0xcc: // M3S256, M3H256
        case M3S550:
            return 3
        case HIGH_POWER:
        case 0xce: // M2T256
        case M2T550:
            return 2
        case 0xd0: // M1T256
        case M1T550:
            return 1
    }
    return 0
}

/**
 * Motor supply in V.
 *
 * @param raw "VIN voltage", 0 to 1023
 * @param logicVoltage reference of the converter, V
 * @param is550 whether the model is of the 550 class
 */
export function supplyVoltageFromRaw(raw: number, logicVoltage: number, is550: boolean): number {
    return raw * (logicVoltage * (is550 ? VOLTS_PER_COUNT_550 : VOLTS_PER_COUNT))
}

/** Talks with a Motoron while it is set up. */
export class MotoronSetup {
    /** Found by {@link identify}. */
    productId = 0
    /** Firmware version as the Motoron writes it: two digits (BCD) after the point, 0x0103 is 1.03. */
    firmwareVersion = 0
    /** V a count of "VIN voltage", for a logic supply of 1 V. */
    supplyScale = 0

    constructor(
        private readonly bus: I2cBus,
        private readonly address: number,
    ) {}

    /** Asks for the model. @param channels motors that it must drive. @throws DriverError */
    identify(channels: number): void {
        const answer = this.query([Command.GET_FIRMWARE_VERSION], 4)
        this.productId = answer[0] | (answer[1] << 8)
        this.firmwareVersion = answer[2] | (answer[3] << 8)
        const drives = motorsOf(this.productId)
        if (drives === 0) this.fail('wrong-part', 'product ID ' + this.productId + ' is no Motoron with I2C')
        if (drives !== channels) this.fail('config', 'channels ' + channels + ', but the model drives ' + drives)
        const is550 = this.productId >= M3S550
        this.supplyScale = is550 ? VOLTS_PER_COUNT_550 : VOLTS_PER_COUNT
    }

    /** Writes the general settings and reads them back. @throws DriverError */
    configure(timeout: number, response: number, mask: number): void {
        this.set(0, Variable.COMMAND_TIMEOUT, timeout)
        this.set(0, Variable.ERROR_RESPONSE, response)
        this.set(0, Variable.ERROR_MASK, mask)
        const general = this.query([Command.GET_VARIABLES, 0, Variable.COMMAND_TIMEOUT, 5], 5)
        this.verify(general, 0, timeout)
        if (general[2] !== response) this.fail('bus', 'settings not taken')
        this.verify(general, 3, mask)
    }

    /** Writes a motor's limits, both directions alike, and reads them back. @throws DriverError */
    limit(motor: number, acceleration: number, deceleration: number): void {
        this.set(motor, Variable.MAX_ACCEL_FORWARD, acceleration)
        this.set(motor, Variable.MAX_ACCEL_REVERSE, acceleration)
        this.set(motor, Variable.MAX_DECEL_FORWARD, deceleration)
        this.set(motor, Variable.MAX_DECEL_REVERSE, deceleration)
        const limits = this.query([Command.GET_VARIABLES, motor, Variable.MAX_ACCEL_FORWARD, 8], 8)
        this.verify(limits, 0, acceleration)
        this.verify(limits, 2, acceleration)
        this.verify(limits, 4, deceleration)
        this.verify(limits, 6, deceleration)
    }

    /** @throws DriverError when it is set and out of range, or not whole */
    checkRange(key: string, value: number | undefined, least: number, most: number): void {
        if (value === undefined || (value >= least && value <= most && Math.floor(value) === value)) return
        this.fail('config', key + ' ' + value + ', allowed ' + least + ' to ' + most + ', whole')
    }

    set(motor: number, offset: Variable, value: number): void {
        this.send([Command.SET_VARIABLE, motor, offset, value & 0x7f, (value >> 7) & 0x7f])
    }

    verify(answer: Buffer, offset: number, expected: number): void {
        if ((answer[offset] | (answer[offset + 1] << 8)) !== expected) this.fail('bus', 'settings not taken')
    }

    send(bytes: number[], code: DriverErrorCode = 'bus'): void {
        if (this.bus.transfer(this.address, command(bytes), undefined) !== 0) {
            this.fail(code, 'command not acknowledged')
        }
    }

    /** Sends a command and reads its response, `length` bytes without the CRC. */
    query(bytes: number[], length: number): Buffer {
        this.send(bytes)
        const answer = Buffer.alloc(length + 1)
        if (this.bus.transfer(this.address, undefined, answer) !== 0) this.fail('bus', 'response not acknowledged')
        if (crc7(answer, length) !== answer[length]) this.fail('bus', 'wrong CRC in a response')
        return answer
    }

    fail(code: DriverErrorCode, detail: string): never {
        throw new DriverError('Motoron@0x' + Buffer.from([this.address]).toString('hex'), code, detail)
    }
}
