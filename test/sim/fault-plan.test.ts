import { expect, test } from 'vitest'
import { checkFaultPlan, parseFaultPlan, type PartNames } from '../../src/sim/faults/fault-plan'

const parts: PartNames = {
    chip: ['imu', 'motoron', 'counter'],
    i2c: ['imu', 'motoron'],
    spi: ['counter'],
    encoder: ['left_wheel'],
    imu: ['imu'],
    motor: ['left_wheel'],
    wire: ['left_wheel', 'imu', 'motoron', 'counter'],
    contact: ['estop'],
    controller: [],
}

test('a fault is read with its defaults filled in', () => {
    const text = '{"faults":[{"at":1.5,"kind":"link-drop","duration":0.2,"direction":"to-board"}]}'
    expect(parseFaultPlan(text, parts)).toEqual([
        {
            kind: 'link-drop',
            at: 1.5,
            duration: 0.2,
            target: undefined,
            numbers: { probability: 1 },
            choices: { direction: 'to-board', unit: 'frame' },
        },
    ])
})

test('without a duration what lasts goes on to the end, and what does not is over at once', () => {
    const faults = [
        { at: 0, kind: 'motor-jam', target: 'left_wheel' },
        { at: 0, kind: 'board-reset' },
    ]
    expect(checkFaultPlan({ faults }, parts).map(({ duration }) => duration)).toEqual([Infinity, 0])
})

test.each([
    ['[', /^not JSON/],
    ['[]', 'needed: an object {"faults": [ … ]}'],
    ['{"fault":[]}', 'unknown key "fault"; allowed: "faults"'],
    ['{"faults":3}', '"faults" is 3; needed: a list'],
    ['{"faults":[7]}', 'faults[0]: is 7; needed: an object with "at" and "kind"'],
    ['{"faults":[{"at":1,"kind":"link-dropp"}]}', /^faults\[0\]: "kind" is "link-dropp"; there are: link-drop, /],
    ['{"faults":[{"kind":"toString","at":1}]}', /^faults\[0\]: "kind" is "toString"; there are/],
    ['{"faults":[{"kind":"link-drop"}]}', 'faults[0]: "at" is missing; allowed: a number from 0 to 86400 s'],
    [
        '{"faults":[{"kind":"link-drop","at":1,"probability":1.5}]}',
        'faults[0]: "probability" is 1.5; allowed: a number from 0 to 1',
    ],
    [
        '{"faults":[{"kind":"link-drop","at":1,"direction":"up"}]}',
        'faults[0]: "direction" is "up"; allowed: both, to-board, to-host',
    ],
    [
        '{"faults":[{"kind":"board-reset","at":1,"duration":1}]}',
        'faults[0]: board-reset has no "duration"; it has: "kind", "at"',
    ],
    ['{"faults":[{"kind":"supply-sag","at":1}]}', 'faults[0]: "volts" is missing; allowed: a number from 0 to 100 V'],
    [
        '{"faults":[{"at":1,"kind":"board-reset"},{"kind":"i2c-nack","at":1,"target":"gyro"}]}',
        `faults[1]: "target" of i2c-nack is "gyro"; there are: imu, motoron (parts in the robot's plant.ts)`,
    ],
    [
        '{"faults":[{"at":1,"kind":"i2c-nack","target":"counter"}]}',
        `faults[0]: "target" of i2c-nack is "counter"; there are: imu, motoron (parts in the robot's plant.ts)`,
    ],
    [
        '{"faults":[{"at":1,"kind":"spi-corrupt","target":"imu"}]}',
        `faults[0]: "target" of spi-corrupt is "imu"; there are: counter (parts in the robot's plant.ts)`,
    ],
])('%s is refused by name', (text, message) => {
    expect(() => parseFaultPlan(text, parts)).toThrow(message)
})

test('a robot that names no parts says so', () => {
    const none: PartNames = {
        chip: [],
        i2c: [],
        spi: [],
        encoder: [],
        imu: [],
        motor: [],
        wire: [],
        contact: [],
        controller: [],
    }
    const faults = [{ at: 1, kind: 'motor-jam', target: 'wheel' }]
    expect(() => checkFaultPlan({ faults }, none)).toThrow('this robot names nothing that it could hit')
})
