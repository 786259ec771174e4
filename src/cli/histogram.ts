const EIGHTHS = ' ▁▂▃▄▅▆▇█'

/**
 * Bars of counts, one column each, `rows` high. The height is logarithmic: one late tick among a million must show.
 */
export function histogram(counts: number[], rows: number): string[] {
    const most = Math.log1p(Math.max(1, ...counts))
    // Something is never drawn as nothing.
    const heights = counts.map(count =>
        count > 0 ? Math.max(1, Math.round((Math.log1p(count) / most) * rows * 8)) : 0,
    )
    return Array.from({ length: rows }, (_, row) => {
        const below = (rows - 1 - row) * 8
        return heights.map(height => EIGHTHS[Math.max(0, Math.min(8, height - below))]).join('')
    })
}
