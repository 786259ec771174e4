import { expect } from 'vitest'
import type { Clock } from '../../src/hal/clock'
import type { DriverError } from '../../src/hal/driver-error'
import { NACK_READ, NACK_WRITE, type I2cBus } from '../../src/hal/i2c-bus'

/** One expected transaction: the exact bytes written, and the bytes answered or a missing acknowledge. */
interface Step {
    address: number
    write: number[]
    read: number[]
    result: number
}

/** Bus that fails the test unless each transaction is exactly the next one of its script. */
export class ScriptedBus implements I2cBus {
    private readonly steps: Step[] = []

    constructor(private address: number) {}

    /** Steps added from here on are at another address. */
    at(address: number): this {
        this.address = address
        return this
    }

    /** Expects a write, acknowledged. */
    write(...bytes: number[]): this {
        return this.step(bytes, [], 0)
    }

    /** Expects a read, with `write` before it in the same transaction (none: a pure read), and answers `reply`. */
    read(write: number[], reply: number[]): this {
        return this.step(write, reply, 0)
    }

    /** Expects a transaction whose written bytes are not acknowledged. */
    nackWrite(write: number[], readLength = 0): this {
        return this.step(write, new Array<number>(readLength).fill(0xee), NACK_WRITE)
    }

    /** Expects a transaction whose read is not acknowledged. The buffer is filled with rubbish, as the contract allows. */
    nackRead(write: number[], readLength: number): this {
        return this.step(write, new Array<number>(readLength).fill(0xee), NACK_READ)
    }

    /** Fails the test when expected transactions did not come. */
    finish(): void {
        expect(this.steps, 'transactions that did not come').toEqual([])
    }

    transfer(address: number, write: Buffer | undefined, read: Buffer | undefined): number {
        const step = this.steps.shift()
        const seen = { address, write: [...(write ?? [])], read: read?.length ?? 0 }
        if (step === undefined) throw new Error('transaction beyond the script: ' + JSON.stringify(seen))
        expect(seen).toEqual({ address: step.address, write: step.write, read: step.read.length })
        step.read.forEach((byte, i) => {
            read![i] = byte
        })
        return step.result
    }

    private step(write: number[], read: number[], result: number): this {
        this.steps.push({ address: this.address, write, read, result })
        return this
    }
}

/** Clock that jumps: `sleep` returns at once and adds to `millis`. */
export class JumpingClock implements Clock {
    private now = 0

    millis(): number {
        return this.now
    }

    sleep(ms: number): Promise<void> {
        expect(ms).toBeGreaterThanOrEqual(1)
        this.now += ms
        return Promise.resolve()
    }
}

/** Waits for a driver's `init` to be refused, and returns why. */
export async function refusal(init: Promise<void>): Promise<DriverError> {
    try {
        await init
    } catch (error) {
        expect(error).toHaveProperty('name', 'DriverError')
        return error as DriverError
    }
    throw new Error('init was not refused')
}
