/** Braille characters hold 2 by 4 dots; the bit of each, by column and row. */
const DOTS = [
    [0x01, 0x02, 0x04, 0x40],
    [0x08, 0x10, 0x20, 0x80],
]
const BRAILLE = 0x2800
/** Where the robot's nose points, by eighths of a turn from x ahead (drawn upwards), counter-clockwise. */
const NOSES = ['↑', '↖', '←', '↙', '↓', '↘', '→', '↗']

/** The way a robot went, drawn in text: x upwards, y to the left, as REP-103 has it seen from above. */
export class TrailMap {
    private readonly dots = new Set<number>()
    private readonly width: number
    private readonly height: number

    /**
     * @param columns characters across, `rows` down
     * @param view what is seen: from (`x`, `y`) at the lower right corner, `size` metres from bottom to top
     */
    constructor(
        private readonly columns: number,
        private readonly rows: number,
        private readonly view: { x: number; y: number; size: number },
    ) {
        this.width = columns * 2
        this.height = rows * 4
    }

    /** The robot was at (`x`, `y`), m. */
    add(x: number, y: number): void {
        const dot = this.dotOf(x, y)
        if (dot !== undefined) this.dots.add(dot)
    }

    /** @param pose where the robot is now */
    draw(pose: { x: number; y: number; heading: number }): string[] {
        const cells: number[][] = Array.from({ length: this.rows }, () => new Array<number>(this.columns).fill(0))
        for (const dot of this.dots) {
            const [column, row] = [dot % this.width, Math.floor(dot / this.width)]
            cells[row >> 2][column >> 1] |= DOTS[column & 1][row & 3]
        }
        const lines = cells.map(row => row.map(bits => String.fromCharCode(BRAILLE + bits)))
        const robot = this.dotOf(pose.x, pose.y)
        if (robot !== undefined) {
            const eighth = Math.round(pose.heading / (Math.PI / 4)) & 7
            lines[Math.floor(robot / this.width) >> 2][(robot % this.width) >> 1] = NOSES[eighth]
        }
        return lines.map(line => line.join(''))
    }

    private dotOf(x: number, y: number): number | undefined {
        const { view, width, height } = this
        const scale = height / view.size
        const column = width - 1 - Math.floor((y - view.y) * scale)
        const row = height - 1 - Math.floor((x - view.x) * scale)
        return column >= 0 && column < width && row >= 0 && row < height ? row * width + column : undefined
    }
}
