import { expect, test } from 'vitest'
import { Requests } from '../../src/host/requests'
import { RobotError } from '../../src/host/robot'
import { VirtualScheduler } from './virtual-scheduler'

const ARM = 0x81
const STOP = 0x83

function bench() {
    const scheduler = new VirtualScheduler()
    const requests = new Requests(scheduler)
    const sent: string[] = []
    const ask = (code: number, name: string, accept?: (payload: Buffer) => boolean) =>
        requests.ask(code, () => sent.push(`${name} at ${scheduler.now()}`), accept)
    return { scheduler, requests, sent, ask }
}

test('a command is sent once when the answer comes in time', async () => {
    const { scheduler, requests, sent, ask } = bench()
    const answer = ask(ARM, 'arm')
    await scheduler.pass(0)
    await scheduler.pass(50)
    requests.answer(ARM, Buffer.from([7]))
    expect([...(await answer)]).toEqual([7])
    await scheduler.pass(5000)
    expect(sent).toEqual(['arm at 0'])
})

test('it is sent again each 200 ms until an answer comes', async () => {
    const { scheduler, requests, sent, ask } = bench()
    const answer = ask(ARM, 'arm')
    await scheduler.pass(0)
    await scheduler.pass(450)
    requests.answer(ARM, Buffer.from([7]))
    await answer
    expect(sent).toEqual(['arm at 0', 'arm at 200', 'arm at 400'])
})

test('after five attempts it has failed, and says so', async () => {
    const { scheduler, sent, ask } = bench()
    const answer = expect(ask(ARM, 'arm')).rejects.toMatchObject({
        code: 'no-answer',
        message: 'the robot did not answer command 0x81 in 1000 ms',
    })
    await scheduler.pass(0)
    for (let time = 0; time < 1000; time += 100) await scheduler.pass(100)
    await answer
    expect(sent).toHaveLength(5)
})

test('answers that belong to something else, or to nothing, are dropped', async () => {
    const { scheduler, requests, ask } = bench()
    requests.answer(ARM, Buffer.from([1]))
    let answered: number[] | undefined
    const answer = ask(ARM, 'arm', payload => payload[0] === 3).then(payload => (answered = [...payload]))
    await scheduler.pass(0)
    requests.answer(STOP, Buffer.from([3]))
    requests.answer(ARM, Buffer.from([2]))
    await scheduler.pass(1)
    expect(answered).toBeUndefined()
    requests.answer(ARM, Buffer.from([3]))
    requests.answer(ARM, Buffer.from([3]))
    await answer
    expect(answered).toEqual([3])
})

test('one of a kind is under way at a time; other kinds do not wait', async () => {
    const { scheduler, requests, sent, ask } = bench()
    const first = ask(ARM, 'first')
    const second = ask(ARM, 'second')
    const stop = ask(STOP, 'stop')
    await scheduler.pass(0)
    await scheduler.pass(10)
    expect(sent).toEqual(['first at 0', 'stop at 0'])
    requests.answer(STOP, Buffer.from([0]))
    requests.answer(ARM, Buffer.from([1]))
    await Promise.all([first, stop])
    await scheduler.pass(0)
    expect(sent).toEqual(['first at 0', 'stop at 0', 'second at 10'])
    requests.answer(ARM, Buffer.from([2]))
    expect([...(await second)]).toEqual([2])
})

test('a command that failed does not hold up the next', async () => {
    const { scheduler, requests, sent, ask } = bench()
    const first = ask(ARM, 'first').catch((error: RobotError) => error.code)
    const second = ask(ARM, 'second')
    await scheduler.pass(0)
    for (let time = 0; time < 1000; time += 200) await scheduler.pass(200)
    expect(await first).toBe('no-answer')
    await scheduler.pass(0)
    requests.answer(ARM, Buffer.from([9]))
    expect([...(await second)]).toEqual([9])
    expect(sent.at(-1)).toBe('second at 1000')
})

test('losing the link fails what is under way and what waits for its turn, at once', async () => {
    const { scheduler, requests, sent, ask } = bench()
    const codes = [ask(ARM, 'first'), ask(ARM, 'second'), ask(STOP, 'stop')].map(answer =>
        answer.catch((error: RobotError) => error.code),
    )
    await scheduler.pass(0)
    requests.abort(new RobotError('disconnected', 'unplugged'))
    expect(await Promise.all(codes)).toEqual(['disconnected', 'disconnected', 'disconnected'])
    await scheduler.pass(5000)
    expect(sent).toEqual(['first at 0', 'stop at 0'])
    // And what is asked afterwards is asked.
    const later = ask(ARM, 'later')
    await scheduler.pass(0)
    requests.answer(ARM, Buffer.from([1]))
    expect([...(await later)]).toEqual([1])
})
