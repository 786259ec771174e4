/**
 * Checks one number of a configuration, once, when the object that needs it is made.
 *
 * @param key name of the value, as the one who configures knows it
 * @throws RangeError naming key, value and allowed range; NaN and undefined are outside every range
 */
export function requireInRange(key: string, value: number, min: number, max: number): void {
    if (!(value >= min && value <= max)) {
        throw new RangeError(key + ': got ' + value + ', allowed ' + min + ' to ' + max)
    }
}

/** The largest gain that is taken for one: what is larger is a slip of the pen. */
export const GAIN_MAX = 1e9
