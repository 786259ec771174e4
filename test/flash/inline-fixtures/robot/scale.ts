const TWO_PI = 2 * Math.PI

export function scaleOf(bits: number): number {
    return TWO_PI / 2 ** bits
}
