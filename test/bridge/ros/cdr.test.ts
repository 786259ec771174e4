import { describe, expect, it } from 'vitest'
import { messageCodec, serviceCodec } from '../../../src/bridge/ros/cdr'
import { interfaces } from '../../../src/bridge/ros/definitions'

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')

describe('CDR', () => {
    it('is what ROS 2 puts on the wire: little-endian, aligned behind its header of four bytes, text with its zero', () => {
        // By hand after the CDR rules (OMG DDS-XTypes 1.3, section 7.4): header 00 01 00 00, sec 1, nanosec 2, length 2 of
        // "x" and its zero, two bytes of padding to the next length. The float64 comes at 32, a multiple of its size.
        const message = {
            header: { stamp: { sec: 1, nanosec: 2 }, frame_id: 'x' },
            name: ['ab'],
            position: [1],
            velocity: [],
            effort: [],
        }
        expect(Buffer.from(messageCodec('sensor_msgs/JointState').encode(message))).toEqual(
            hex(
                '00010000 01000000 02000000 02000000 7800 0000 01000000 03000000 616200 00 01000000' +
                    '000000000000f03f 00000000 00000000',
            ),
        )
    })

    it('gives back what it was given, numbers that JSON has not included', () => {
        const codec = messageCodec('std_msgs/msg/Float64MultiArray')
        const message = { layout: { dim: [], data_offset: 0 }, data: [NaN, Infinity, -0.1] }
        expect(codec.decode(codec.encode(message))).toEqual({ ...message, data: new Float64Array(message.data) })
    })

    it('has a schema with dependencies for every message and service that the bridge knows', () => {
        for (const type of interfaces()) {
            if (type.includes('/action/')) continue
            const codecs = type.includes('/srv/')
                ? [serviceCodec(type, 0), serviceCodec(type, 1)]
                : [messageCodec(type)]
            for (const codec of codecs) {
                expect(codec.schemaName.startsWith(type)).toBe(true)
                expect(() => codec.decode(codec.encode({})), codec.schemaName).not.toThrow()
            }
        }
    })

    it('refuses a type that is not known, and bytes that end too soon', () => {
        expect(() => messageCodec('x_msgs/Nothing')).toThrow('type "x_msgs/msg/Nothing" is not known')
        expect(() => messageCodec('geometry_msgs/Twist').decode(hex('00010000 0000'))).toThrow(RangeError)
    })
})
