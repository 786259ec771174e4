import { describe, expect, it } from 'vitest'
import { Refusal } from '../../src/bridge/checks'
import { driveLimits, readVelocity } from '../../src/bridge/setpoint'
import { ROVER } from './kinematic-robot'

const limits = driveLimits(ROVER)!
const zero = { x: 0, y: 0, z: 0 }
const twist = (linear: unknown, angular: unknown) => ({ linear, angular })

describe('drive limits', () => {
    it('follow from the wheels: 14 rad/s at 35 mm on a track of 150 mm', () => {
        expect(limits.linear).toBeCloseTo(0.49, 12)
        expect(limits.angular).toBeCloseTo(0.49 / 0.075, 12)
    })

    it('go by the slower wheel', () => {
        const joints = [{ ...ROVER.joints[0], velocityLimit: 7 }, ROVER.joints[1]]
        expect(driveLimits({ ...ROVER, joints })!.linear).toBeCloseTo(0.245, 12)
    })

    it('are none for a robot that does not drive', () => {
        expect(driveLimits({ ...ROVER, drive: undefined })).toBeUndefined()
    })

    it('refuse a drive whose wheel is no joint', () => {
        expect(() => driveLimits({ ...ROVER, joints: [] })).toThrow(/wheel "left_wheel" is none of the robot's joints/)
    })
})

describe('a velocity', () => {
    it.each([
        ['a Twist', twist({ x: 0.2, y: 0, z: 0 }, { x: 0, y: 0, z: -1 }), 0.2, -1],
        ['a Twist with the two components that count', twist({ x: 0.2 }, { z: -1 }), 0.2, -1],
        ['the linear limit itself', twist({ x: 0.49 }, { z: 0 }), 0.49, 0],
        ['the angular limit itself', twist({ x: 0 }, { z: -0.49 / 0.075 }), 0, -0.49 / 0.075],
        ['one wheel at its limit', twist({ x: 0.34 }, { z: 2 }), 0.34, 2],
        ['a TwistStamped', { header: { stamp: { sec: 1, nanosec: 2 } }, twist: twist({ x: 0.1 }, { z: 1 }) }, 0.1, 1],
        ['a TwistStamped without header', { twist: twist({ x: 0.1 }, { z: 1 }) }, 0.1, 1],
    ])('is read from %s', (_, message, linear, angular) => {
        expect(readVelocity(message, limits)).toEqual({ linear, angular, ignored: [] })
    })

    it('names the components a differential drive cannot follow', () => {
        const message = twist({ x: 0.1, y: 0.5, z: 0 }, { x: -1, y: 0, z: 0 })
        expect(readVelocity(message, limits).ignored).toEqual(['linear.y', 'angular.x'])
    })

    it.each([
        [undefined, 'msg is missing; needed: an object with linear and angular'],
        [null, 'msg is null'],
        [[], 'msg is an array'],
        ['fast', 'msg is "fast"'],
        [{}, 'linear is missing; needed: an object with x, y and z'],
        [twist(1, zero), 'linear is 1;'],
        [twist(zero, undefined), 'angular is missing'],
        [twist({ y: 1 }, zero), 'linear.x is missing; allowed: -0.49 to 0.49 m/s'],
        [twist({ x: '0.1' }, zero), 'linear.x is "0.1"; allowed: -0.49 to 0.49 m/s'],
        [twist({ x: null }, zero), 'linear.x is null;'],
        [twist({ x: NaN }, zero), 'linear.x is NaN;'],
        [twist({ x: Infinity }, zero), 'linear.x is Infinity;'],
        [twist({ x: 0.4901 }, zero), 'linear.x is 0.4901; allowed: -0.49 to 0.49 m/s'],
        [twist(zero, { z: -6.6 }), 'angular.z is -6.6; allowed: -6.533 to 6.533 rad/s'],
        // The right wheel's rim moves at 0.4 + 2 · 0.075 = 0.55 m/s.
        [twist({ x: 0.4 }, { z: 2 }), 'asks wheel right_wheel for 0.55 m/s; allowed: -0.49 to 0.49'],
        [twist({ x: 0.4 }, { z: -2 }), 'asks wheel left_wheel for 0.55 m/s'],
        [twist({ x: 0, y: 'no' }, zero), 'linear.y is "no"; needed: a finite number'],
        [twist({ X: 0.1 }, zero), 'linear has the unknown field "X"; it has: x, y, z'],
        [{ ...twist(zero, zero), speed: 1 }, 'msg has the unknown field "speed"; it has: linear, angular'],
        [{ header: {}, ...twist(zero, zero) }, 'msg has the unknown field "header"'],
        [{ twist: twist(zero, zero), linear: zero }, 'msg has the unknown field "linear"; it has: header, twist'],
        [{ header: 'now', twist: twist(zero, zero) }, 'header is "now"; needed: an object'],
        [{ twist: 5 }, 'twist is 5; needed: an object with linear and angular'],
        [{ twist: twist({ x: 9 }, zero) }, 'twist.linear.x is 9; allowed'],
    ])('%j is refused', (message, text) => {
        expect(() => readVelocity(message, limits)).toThrow(Refusal)
        expect(() => readVelocity(message, limits)).toThrow(text)
    })
})
