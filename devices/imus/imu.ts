// What the drivers of inertial sensors share.

/** Standard gravity, m/s². */
export const STANDARD_GRAVITY = 9.80665

/** Full scales of InvenSense's six axes in g by ACCEL_FS_SEL, and counts per g. */
export const INVENSENSE_G = [2, 4, 8, 16]
const COUNTS_PER_G = [16384, 8192, 4096, 2048]
/** Full scales in °/s by GYRO_FS_SEL, and counts per °/s. */
export const INVENSENSE_DEG_PER_SEC = [250, 500, 1000, 2000]
const COUNTS_PER_DEG_PER_SEC = [131, 65.5, 32.8, 16.4]

/** m/s² per count in InvenSense's full scale of `rangeG` g; 0 for a full scale that does not exist. */
export function invensenseAccelerationScale(rangeG: number): number {
    const code = INVENSENSE_G.indexOf(rangeG)
    return code < 0 ? 0 : STANDARD_GRAVITY / COUNTS_PER_G[code]
}

/** rad/s per count in InvenSense's full scale of `rangeDegreesPerSecond` °/s; 0 for a full scale that does not exist. */
export function invensenseAngularVelocityScale(rangeDegreesPerSecond: number): number {
    const code = INVENSENSE_DEG_PER_SEC.indexOf(rangeDegreesPerSecond)
    return code < 0 ? 0 : Math.PI / 180 / COUNTS_PER_DEG_PER_SEC[code]
}
