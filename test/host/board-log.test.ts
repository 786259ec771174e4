import { expect, it } from 'vitest'
import { BoardLog } from '../../src/host/board-log'

it('keeps the errors of a program since its last start, as the runtime 2.16.4 prints them', () => {
    const log = new BoardLog()
    const hear = (...lines: string[]) => lines.forEach(line => log.hear(line))
    hear(
        '* start: tendon robots/rover/main (null)',
        '! Unhandled exception',
        '* Exception: TypeError',
        "*  message: getting field 'outputDataRate' of undefined",
        '*  at main_F0 (pc:1294)',
    )
    expect(log.errors).toEqual(["the board logged: getting field 'outputDataRate' of undefined"])
    hear('* start: tendon robots/rover/main (null)')
    expect(log.errors).toEqual([])
    hear(
        '! rover: {message:"LSM6DSOX@0x6a: no acknowledge",device:"LSM6DSOX@0x6a",code:"not-found",name:"DriverErro...',
    )
    hear(
        '! rover: {message:"LSM6DSOX@0x6a: dataRateHz 209, allowed 12.5, 26, 66...',
        'jdif: autobind',
        '! rover: plain',
    )
    expect(log.errors).toEqual([
        'the board logged: LSM6DSOX@0x6a: no acknowledge',
        'the board logged: LSM6DSOX@0x6a: dataRateHz 209, allowed 12.5, 26, 66...',
        'the board logged: plain',
    ])
    hear('! a: 1', '! a: 2', '! a: 3')
    expect(log.errors).toHaveLength(4)
})
