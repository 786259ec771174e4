import { expect, test } from 'vitest'
import { StateStream } from '../../src/host/state-stream'

const stream = () => {
    let ends = 0
    const made = new StateStream<number>(() => ends++)
    return { stream: made, ends: () => ends }
}

test('values come in order, those that came before somebody asked too', async () => {
    const { stream: values } = stream()
    values.push(1)
    values.push(2)
    const seen: number[] = []
    for await (const value of values) {
        seen.push(value)
        if (value < 5) values.push(value + 2)
        if (value === 5) break
    }
    expect(seen).toEqual([1, 2, 3, 4, 5])
})

test('a reader that waits gets the next value', async () => {
    const { stream: values } = stream()
    const next = values.next()
    values.push(7)
    values.push(8)
    expect(await next).toEqual({ value: 7, done: false })
    expect(await values.next()).toEqual({ value: 8, done: false })
})

test('several calls may wait; they are served in order', async () => {
    const { stream: values } = stream()
    const calls = [values.next(), values.next(), values.next()]
    values.push(1)
    values.push(2)
    values.end()
    expect(await Promise.all(calls)).toEqual([
        { value: 1, done: false },
        { value: 2, done: false },
        { value: undefined, done: true },
    ])
})

test('a reader that lags by more than 1000 loses the oldest', async () => {
    const { stream: values } = stream()
    for (let i = 0; i < 1500; i++) values.push(i)
    expect(await values.next()).toEqual({ value: 500, done: false })
    for (let i = 501; i < 1500; i++) await values.next()
    values.push(1500)
    expect(await values.next()).toEqual({ value: 1500, done: false })
})

test('ending lets the reader finish what has come, then it is done, and told once', async () => {
    const { stream: values, ends } = stream()
    values.push(1)
    values.end()
    values.end()
    values.push(2)
    expect(await values.next()).toEqual({ value: 1, done: false })
    expect(await values.next()).toEqual({ value: undefined, done: true })
    expect(await values.next()).toEqual({ value: undefined, done: true })
    expect(ends()).toBe(1)
})

test('leaving a loop ends the stream', async () => {
    const { stream: values, ends } = stream()
    values.push(1)
    for await (const value of values) {
        expect(value).toBe(1)
        break
    }
    expect(ends()).toBe(1)
    expect(await values.return()).toEqual({ value: undefined, done: true })
    expect(ends()).toBe(1)
})
