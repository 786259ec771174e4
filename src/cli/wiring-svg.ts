import { type Connection, hex, type WiringTable } from './wiring-table'

// Sizes in pixels.
const ROW = 20
const MARGIN = 20
const TITLE_ROWS = 2
const GAP = 24
const BOARD_WIDTH = 300
const PART_WIDTH = 460
const RAIL = 14

/** Okabe and Ito's palette, whose colours people with colour vision deficiency can tell apart. */
const COLOURS: Record<string, string> = { '3V3': '#d55e00', GND: '#000000', SDA: '#0072b2', SCL: '#009e73' }
const CHANNEL_COLOURS = ['#cc79a7', '#e69f00', '#56b4e9', '#7f7f7f']

interface Box {
    name: string
    title: string
    x: number
    y: number
    width: number
    rows: readonly Connection[]
}

interface End {
    x: number
    y: number
}

/** A diagram: the board on the left, its parts on the right, between them a vertical line for each net. */
export function wiringSvg(robot: string, table: WiringTable): string {
    const nets = [...new Set(table.connections.flatMap(({ net }) => (net === undefined ? [] : [net])))]
    const railAt = (net: string) => MARGIN + BOARD_WIDTH + GAP + RAIL * nets.indexOf(net)
    const boxes = layOut(table, MARGIN + BOARD_WIDTH + GAP + RAIL * nets.length + GAP)
    const width = Math.max(...boxes.map(box => box.x + box.width)) + MARGIN
    const height = Math.max(...boxes.map(box => box.y + boxHeight(box))) + MARGIN
    const wires = nets.flatMap((net, i) => wiresOf(net, i, railAt(net), boxes))
    const title = `${robot} on ${table.board.name}`
    return [
        `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" ` +
            'font-family="sans-serif" font-size="12">',
        `<title>${escape(title)}</title>`,
        `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
        `<text x="${MARGIN}" y="${MARGIN + 4}" font-size="16">${escape(title)}</text>`,
        ...wires,
        ...boxes.flatMap(drawBox),
        '</svg>',
        '',
    ].join('\n')
}

function layOut({ parts, connections }: WiringTable, partX: number): Box[] {
    const top = MARGIN + GAP
    let y = top
    return parts.map(({ name, part, address }, i) => {
        const rows = connections.filter(connection => connection.part === name)
        const box = {
            name,
            title: address === undefined ? part : `${name}: ${part}, ${hex(address)}`,
            x: i === 0 ? MARGIN : partX,
            y: i === 0 ? top : y,
            width: i === 0 ? BOARD_WIDTH : PART_WIDTH,
            rows,
        }
        if (i > 0) y += boxHeight(box) + GAP
        return box
    })
}

const boxHeight = ({ rows }: Box) => ROW * (TITLE_ROWS + rows.length)
const rowY = (box: Box, row: number) => box.y + ROW * (TITLE_ROWS + row)

function wiresOf(net: string, index: number, rail: number, boxes: Box[]): string[] {
    const ends = boxes.flatMap(box =>
        box.rows.flatMap((row, i): End[] => {
            if (row.net !== net) return []
            // The board's terminals are on its right, the parts' on their left.
            return [{ x: box.x < rail ? box.x + box.width : box.x, y: rowY(box, i) }]
        }),
    )
    const colour = COLOURS[net] ?? CHANNEL_COLOURS[index % CHANNEL_COLOURS.length]
    const stroke = `data-net="${escape(net)}" stroke="${colour}" stroke-width="2"`
    const heights = ends.map(({ y }) => y)
    return [
        `<line class="rail" x1="${rail}" y1="${Math.min(...heights)}" x2="${rail}" y2="${Math.max(...heights)}" ${stroke}/>`,
        ...ends.map(({ x, y }) => `<line class="wire" x1="${x}" y1="${y}" x2="${rail}" y2="${y}" ${stroke}/>`),
        ...ends.map(({ y }) => `<circle cx="${rail}" cy="${y}" r="3.5" fill="${colour}"/>`),
    ]
}

function drawBox(box: Box): string[] {
    const { x, y, width, title, rows } = box
    return [
        `<rect x="${x}" y="${y}" width="${width}" height="${boxHeight(box)}" fill="#f5f5f5" stroke="#000000"/>`,
        `<text x="${x + 8}" y="${y + ROW}" font-weight="bold">${escape(title)}</text>`,
        ...rows.map(
            ({ terminal, to }, i) =>
                `<text x="${x + 8}" y="${rowY(box, i) + 4}">${escape(terminal)} \u2192 ${escape(to)}</text>`,
        ),
    ]
}

function escape(text: string): string {
    return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;')
}
