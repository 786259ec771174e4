import * as ds from '@devicescript/core'
import type { Clock } from '../hal/clock'
import type { I2cBus } from '../hal/i2c-bus'

type Transaction = (address: number, write: Buffer | undefined, read: Buffer | undefined) => number

/**
 * The board's I2C bus (pins and speed: the board definition). `transfer` is the runtime's own function, not a wrapper of
 * it: a call of ours around it would cost more than the transaction.
 */
export const i2c: I2cBus = { transfer: (ds as unknown as { _i2cTransaction: Transaction })._i2cTransaction }

/** The runtime's clock. */
export const clock: Clock = { millis: ds.millis, sleep: ds.sleep }
