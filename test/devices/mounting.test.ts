import { describe, expect, it } from 'vitest'
import { MountedAxes, MountedImu } from '../../devices/imus/mounting'
import type { ChipAxis, Mounting } from '../../src/hal/mounting'
import { FakeImu } from '../portable/fake-parts'
import '../../src/sim/device-script-buffer'

class FakeSensor extends FakeImu {
    readonly angularVelocityPerCount = 0.001
    readonly accelerationPerCount = 0.01

    set(...counts: number[]): void {
        counts.forEach((count, axis) => this.frame.writeInt16LE(count, 2 * axis))
    }
}

const read = (imu: MountedImu) => [0, 1, 2, 3, 4, 5].map(axis => imu.frame.readInt16LE(2 * axis))
const AXES: ChipAxis[] = ['x', 'y', 'z', '-x', '-y', '-z']

describe('a mounting', () => {
    it('is one of the 24 in which a chip can sit; mirrored ones and double axes are refused by name', () => {
        let accepted = 0
        for (const x of AXES) {
            for (const y of AXES) {
                for (const z of AXES) {
                    const vector = (axis: ChipAxis) =>
                        ['x', 'y', 'z'].map(name => (axis.endsWith(name) ? (axis.length === 2 ? -1 : 1) : 0))
                    const [a, b, c] = [x, y, z].map(vector)
                    const determinant =
                        a[0] * (b[1] * c[2] - b[2] * c[1]) -
                        a[1] * (b[0] * c[2] - b[2] * c[0]) +
                        a[2] * (b[0] * c[1] - b[1] * c[0])
                    const make = () => new MountedAxes({ x, y, z })
                    if (determinant === 1) {
                        accepted++
                        expect(make).not.toThrow()
                    } else expect(make).toThrow(`mounting { x: ${x}, y: ${y}, z: ${z} }`)
                }
            }
        }
        expect(accepted).toBe(24)
    })

    it.each(['w', '', 'xx', '+x', '--x'])('has no axis "%s"', axis => {
        expect(() => new MountedAxes({ x: axis as ChipAxis, y: 'y', z: 'z' })).toThrow(
            'an axis is x, y, z, -x, -y or -z',
        )
    })
})

describe('a mounted IMU', () => {
    it.each([
        [{ x: 'x', y: 'y', z: 'z' }, [1, 2, 3, 4, 5, 6]],
        [{ x: 'y', y: '-x', z: 'z' }, [2, -1, 3, 5, -4, 6]],
        [{ x: '-z', y: 'y', z: 'x' }, [-3, 2, 1, -6, 5, 4]],
    ] as [Mounting, number[]][])('with %j has the robot’s axes', (mounting, expected) => {
        const sensor = new FakeSensor()
        const imu = new MountedImu(sensor, mounting)
        sensor.set(1, 2, 3, 4, 5, 6)
        expect(imu.sample()).toBe(true)
        expect(read(imu)).toEqual(expected)
    })

    it('takes its bias away, which is along the chip’s axes', () => {
        const sensor = new FakeSensor()
        const imu = new MountedImu(sensor, { x: 'y', y: '-x', z: 'z' }, [0.01, -0.02, 0], [0.5, 0, 0.3])
        sensor.set(10, -20, 7, 50, 1, 1000)
        imu.sample()
        expect(read(imu)).toEqual([0, 0, 7, 1, 0, 970])
        expect(imu.accelerationPerCount).toBe(0.01)
    })

    it('stays within 16 bits where a sign turns or a bias adds', () => {
        const sensor = new FakeSensor()
        const imu = new MountedImu(sensor, { x: '-x', y: '-y', z: 'z' }, [0, 0, -1])
        sensor.set(-32768, 32767, 32767, 0, 0, -32768)
        imu.sample()
        expect(read(imu)).toEqual([32767, -32767, 32767, 0, 0, -32768])
    })

    it('keeps the last sample when the sensor drops one', () => {
        const sensor = new FakeSensor()
        const imu = new MountedImu(sensor, { x: 'x', y: 'y', z: 'z' })
        sensor.set(1, 2, 3, 4, 5, 6)
        imu.sample()
        sensor.set(9, 9, 9, 9, 9, 9)
        sensor.valid = false
        expect(imu.sample()).toBe(false)
        expect(read(imu)).toEqual([1, 2, 3, 4, 5, 6])
    })
})
