import { decode } from 'cborg'
import { describe, expect, it } from 'vitest'
import { publishCbor, publishCborRaw } from '../../../src/bridge/ros/cbor'

/** cborg as the independent reader; RFC 8746 tag 86 is an array of float64, little-endian. */
function read(bytes: Uint8Array): unknown {
    const float64s = (decodeValue: () => unknown) => {
        const data = decodeValue() as Uint8Array
        return new Float64Array(data.slice().buffer)
    }
    return decode(bytes, { tags: { 86: float64s } })
}

function through(type: string, message: object): unknown {
    const { op, topic, msg } = read(publishCbor('/topic', type, message)) as Record<string, unknown>
    expect({ op, topic }).toEqual({ op: 'publish', topic: '/topic' })
    return msg
}

describe('CBOR', () => {
    it('has every field of a message, number arrays as float64', () => {
        const header = { stamp: { sec: 1_800_000_000, nanosec: 999_999_999 }, frame_id: 'base_link' }
        const message = { header, name: ['left', 'größer'], position: [1, -0.5], velocity: [NaN, Infinity], effort: [] }
        expect(through('sensor_msgs/msg/JointState', message)).toEqual({
            ...message,
            position: Float64Array.of(1, -0.5),
            velocity: Float64Array.of(NaN, Infinity),
            effort: new Float64Array(0),
        })
    })

    it.each([0, 23, 24, 255, 256, 65_535, 65_536, 0xffff_ffff, 2 ** 32, 2 ** 53 - 1, -1, -24, -25, -256, -(2 ** 40)])(
        'takes the whole number %d',
        x => expect(through('geometry_msgs/msg/Vector3', { x, y: 0, z: 0 })).toEqual({ x, y: 0, z: 0 }),
    )

    it.each([0.1, -0, 1e300, NaN, -Infinity, 2 ** 60])('takes the number %d', x =>
        expect(through('geometry_msgs/msg/Vector3', { x, y: 0, z: 0 })).toEqual({ x, y: 0, z: 0 }),
    )

    it('takes texts of any length, and what is missing as null', () => {
        for (const length of [0, 23, 24, 255, 256, 70_000]) {
            const data = 'ä'.repeat(length)
            expect(through('std_msgs/msg/String', { data })).toEqual({ data })
        }
        expect(through('std_msgs/msg/String', {})).toEqual({ data: null })
    })

    it('takes lists of messages', () => {
        const status = { level: 2, name: 'loop', message: 'late', hardware_id: 'r', values: [{ key: 'a', value: 'b' }] }
        const message = { header: { stamp: { sec: 1, nanosec: 2 }, frame_id: '' }, status: [status, status] }
        expect(through('diagnostic_msgs/msg/DiagnosticArray', message)).toEqual(message)
    })

    it('carries CDR bytes with their time', () => {
        const bytes = Uint8Array.of(0, 1, 0, 0, 255)
        expect(read(publishCborRaw('/topic', 1_800_000_000_250.5, bytes))).toEqual({
            op: 'publish',
            topic: '/topic',
            msg: { secs: 1_800_000_000, nsecs: 250_500_000, bytes },
        })
    })
})
