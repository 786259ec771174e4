export function mean(values: number[]): number {
    return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** Standard deviation of a sample. */
export function deviation(values: number[]): number {
    const middle = mean(values)
    return Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1))
}

/** Slope and intercept of the line of least squares, and the part of the variance that it explains. */
export function line(x: number[], y: number[]): { slope: number; intercept: number; r2: number } {
    const [mx, my] = [mean(x), mean(y)]
    let [sxx, sxy, syy] = [0, 0, 0]
    for (let i = 0; i < x.length; i++) {
        sxx += (x[i] - mx) ** 2
        sxy += (x[i] - mx) * (y[i] - my)
        syy += (y[i] - my) ** 2
    }
    const slope = sxy / sxx
    return { slope, intercept: my - slope * mx, r2: syy === 0 ? 1 : (sxy * sxy) / (sxx * syy) }
}

/** Velocity by the slope of a line through `width` positions around each sample (Savitzky-Golay, first order). */
export function slopes(time: number[], position: number[], width = 5): number[] {
    const half = Math.floor(width / 2)
    return position.map((_, i) => {
        const [from, to] = [Math.max(0, i - half), Math.min(position.length, i + half + 1)]
        return line(time.slice(from, to), position.slice(from, to)).slope
    })
}

export function rootMeanSquare(values: number[]): number {
    return Math.sqrt(mean(values.map(value => value * value)))
}
