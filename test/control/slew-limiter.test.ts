import { expect, test } from 'vitest'
import { SlewLimiter } from '../../src/control/slew-limiter'

test('rises and falls by no more than its limits, and then holds', () => {
    const slew = new SlewLimiter({ rising: 2, falling: 5 })
    const outputs = [1, 1, 1, 1, -1, -1, -1, -1, -1].map(input => slew.calculate(input, 0.2))
    const expected = [0.4, 0.8, 1, 1, 0, -1, -1, -1, -1]
    outputs.forEach((output, i) => expect(output).toBeCloseTo(expected[i], 12))
})

test('bad input holds and is counted; a dt of 0 does nothing; reset sets the output', () => {
    const slew = new SlewLimiter({ rising: 1, falling: 1 })
    slew.reset(3)
    expect(slew.calculate(NaN, 0.1)).toBe(3)
    expect(slew.calculate(Infinity, 0.1)).toBe(3)
    expect(slew.calculate(9, 0)).toBe(3)
    expect(slew.state.rejected).toBe(2)
    expect(() => new SlewLimiter({ rising: -1, falling: 1 })).toThrow('rising: got -1, allowed 0 to 1000000000')
})
