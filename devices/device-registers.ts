import type { Clock } from '../src/hal/clock'
import { DriverError, type DriverErrorCode } from '../src/hal/driver-error'
import { again, type I2cBus } from '../src/hal/i2c-bus'

/**
 * The registers of one I2C part while it is started: allocates, and throws. In the tick a driver uses its bus and buffers that it
 * keeps.
 */
export class DeviceRegisters {
    constructor(
        private readonly bus: I2cBus,
        /** Part number, for errors. */
        private readonly part: string,
        /** 7-bit address */
        readonly address: number,
    ) {}

    /**
     * Reads `length` bytes from `register` on.
     *
     * @param code what it means when nothing acknowledges
     * @throws DriverError
     */
    read(register: number, length: number, code: DriverErrorCode = 'bus'): Buffer {
        const pointer = Buffer.alloc(1)
        pointer[0] = register
        const bytes = Buffer.alloc(length)
        if (
            this.bus.transfer(this.address, pointer, bytes) !== 0 &&
            again(this.bus, this.address, pointer, bytes) !== 0
        ) {
            this.fail(code, code === 'not-found' ? 'no acknowledge' : 'read not acknowledged')
        }
        return bytes
    }

    /**
     * Writes `values` to the registers from `register` on.
     *
     * @param code what it means when nothing acknowledges
     * @throws DriverError
     */
    write(register: number, values: number[], code: DriverErrorCode = 'bus'): void {
        const bytes = Buffer.alloc(1 + values.length)
        bytes[0] = register
        for (let i = 0; i < values.length; i++) bytes[1 + i] = values[i]
        if (
            this.bus.transfer(this.address, bytes, undefined) !== 0 &&
            again(this.bus, this.address, bytes, undefined) !== 0
        ) {
            this.fail(code, code === 'not-found' ? 'no acknowledge' : 'write not acknowledged')
        }
    }

    /** The same, and reads them back. @throws DriverError */
    set(register: number, values: number[]): void {
        this.write(register, values)
        const held = this.read(register, values.length)
        for (let i = 0; i < values.length; i++) {
            if (held[i] !== values[i]) this.fail('bus', 'registers do not hold what was written')
        }
    }

    /** Reads a register of 16 bits, most significant byte first. @throws DriverError */
    readWord(register: number, code: DriverErrorCode = 'bus'): number {
        const bytes = this.read(register, 2, code)
        return (bytes[0] << 8) | bytes[1]
    }

    /** Writes such a register and reads it back. @throws DriverError */
    setWord(register: number, value: number): void {
        this.set(register, [value >> 8, value & 0xff])
    }

    /**
     * Reads a register, 1 ms apart, until the bits of `mask` are `value`.
     *
     * @param tries reads before it gives up
     * @throws DriverError `not-ready`
     */
    async until(
        clock: Clock,
        register: number,
        mask: number,
        value: number,
        tries: number,
        detail: string,
    ): Promise<void> {
        for (let i = 0; i < tries; i++) {
            if ((this.read(register, 1)[0] & mask) === value) return
            await clock.sleep(1)
        }
        this.fail('not-ready', detail)
    }

    /** @throws DriverError always, with the part's number and address */
    fail(code: DriverErrorCode, detail: string): never {
        throw new DriverError(this.part + '@0x' + Buffer.from([this.address]).toString('hex'), code, detail)
    }

    /** Index of `value` in the list of what is allowed. @throws DriverError naming the key, the value and what is allowed */
    code(key: string, value: number, allowed: number[]): number {
        const code = allowed.indexOf(value)
        if (code < 0) this.fail('config', key + ' ' + value + ', allowed ' + allowed.join(', '))
        return code
    }
}
