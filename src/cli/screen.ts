/** How a line looks. Not by colour alone: each of these lines says in words what it is about. */
export type LineStyle = 'plain' | 'strong' | 'dim' | 'alarm' | 'chosen'

export interface ScreenLine {
    text: string
    style?: LineStyle
}

const STYLES: Record<LineStyle, string> = { plain: '', strong: '1', dim: '2', alarm: '1;31', chosen: '7' }
/** Of a terminal that does not tell its size. */
const COLUMNS = 80
const ROWS = 24

/**
 * Lines on a terminal that are drawn over again and again: below what was printed before, or (`full`) on the terminal's other
 * screen, which leaves the first as it was. Lines are cut to the terminal's width, because one that wraps moves all others.
 */
export class Screen {
    private height = 0
    private open = false
    private readonly restore = () => this.end()
    private readonly resized = () => this.clear()

    constructor(
        private readonly full = false,
        private readonly out: NodeJS.WriteStream = process.stdout,
    ) {}

    get columns(): number {
        return this.out.columns || COLUMNS
    }

    get rows(): number {
        return this.out.rows || ROWS
    }

    draw(lines: (string | ScreenLine)[]): void {
        this.begin()
        const shown = lines.slice(0, this.rows - (this.full ? 0 : 1)).map(line => this.styled(line))
        if (this.full) this.out.write(`\x1b[H${shown.map(line => `${line}\x1b[K`).join('\n')}\x1b[J`)
        else this.out.write(`${this.erasing()}${shown.join('\n')}\n`)
        this.height = shown.length
    }

    /** Erases what was drawn, so that something can be printed there. */
    clear(): void {
        if (this.open) this.out.write(this.full ? '\x1b[H\x1b[2J' : this.erasing())
        this.height = 0
    }

    /** Leaves the terminal as it was; what is drawn on the first screen stays. */
    end(): void {
        if (!this.open) return
        this.open = false
        process.off('exit', this.restore)
        this.out.off('resize', this.resized)
        this.out.write(`${this.full ? '\x1b[?1049l' : ''}\x1b[?25h`)
    }

    private begin(): void {
        if (this.open) return
        this.open = true
        // Also when the program ends by an error that nobody caught.
        process.once('exit', this.restore)
        this.out.on('resize', this.resized)
        this.out.write(`${this.full ? '\x1b[?1049h\x1b[2J' : ''}\x1b[?25l`)
    }

    private erasing(): string {
        return this.height > 0 ? `\x1b[${this.height}A\x1b[J` : ''
    }

    private styled(line: string | ScreenLine): string {
        const { text, style = 'plain' } = typeof line === 'string' ? { text: line } : line
        const cut = Array.from(text).slice(0, this.columns).join('').trimEnd()
        const code = process.env.NO_COLOR ? '' : STYLES[style]
        return code === '' ? cut : `\x1b[${code}m${cut}\x1b[0m`
    }
}

/** A bar of `width` characters, filled to `part` of it, 0 to 1. */
export function bar(part: number, width = 20): string {
    const filled = Math.round(Math.max(0, Math.min(1, part)) * width)
    return '█'.repeat(filled).padEnd(width, '·')
}

export function percent(part: number): string {
    return `${Math.round(part * 100)} %`.padStart(5)
}

/** Metres and degrees. */
export function place({ x, y, heading }: { x: number; y: number; heading: number }): string {
    return `${x.toFixed(3).padStart(6)} ${y.toFixed(3).padStart(6)} m ${degrees(heading).toFixed(1).padStart(6)}°`
}

export function degrees(radians: number): number {
    return (radians * 180) / Math.PI
}
