// SSD1306 128 x 64 dot matrix OLED driver: Solomon Systech data sheet, Rev 1.1, April 2008. As much as shows what is drawn: display
// RAM, addressing and on/off; contrast, scrolling and charge pump change nothing here.
import type { I2cDevice } from '../i2c/i2c-device'

const WIDTH = 128
const PAGES = 8

/** Commands, table 9-1, and how many bytes follow. */
const ARGUMENTS: Readonly<Record<number, number>> = {
    0x20: 1, // memory addressing mode
    0x21: 2, // column address
    0x22: 2, // page address
    0x81: 1, // contrast
    0x8d: 1, // charge pump (application note)
    0xa8: 1, // multiplex ratio
    0xad: 1, // current reference
    0xd3: 1, // display offset
    0xd5: 1, // clock
    0xd9: 1, // pre-charge
    0xda: 1, // COM pins
    0xdb: 1, // V COMH
}
const [HORIZONTAL, VERTICAL] = [0, 1]

/** A display on I2C (section 8.1.5). */
export class Ssd1306 implements I2cDevice {
    /** With SA0 low. */
    static readonly ADDRESS = 0x3c

    /** Display on (0xAF); after a reset it is off. */
    on = false
    private readonly ram = new Uint8Array(WIDTH * PAGES)
    private mode = 2
    private columns = [0, WIDTH - 1]
    private pages = [0, PAGES - 1]
    private column = 0
    private page = 0
    /** A command whose arguments have not all come. */
    private pending: number[] = []

    reset(): void {
        this.on = false
        this.mode = 2
        this.columns = [0, WIDTH - 1]
        this.pages = [0, PAGES - 1]
        this.column = this.page = 0
        this.pending = []
    }

    /** Whether the dot at column x, row y is lit. */
    lit(x: number, y: number): boolean {
        return this.on && ((this.ram[(y >> 3) * WIDTH + x] >> (y & 7)) & 1) === 1
    }

    /** Control byte, then data: 0x80 one command byte, 0x00 commands, 0x40 display data (section 8.1.5.2). */
    write(bytes: Uint8Array): boolean {
        for (let i = 0; i < bytes.length;) {
            const control = bytes[i++]
            const end = (control & 0x80) !== 0 ? Math.min(i + 1, bytes.length) : bytes.length
            for (; i < end; i++) {
                if ((control & 0x40) !== 0) this.data(bytes[i])
                else this.command(bytes[i])
            }
        }
        return true
    }

    /** Status: bit 6 is set while the display is off (table 9-3). */
    read(into: Uint8Array): boolean {
        into.fill(this.on ? 0 : 0x40)
        return true
    }

    private command(byte: number): void {
        this.pending.push(byte)
        const [first, second, third] = this.pending
        if (this.pending.length <= (ARGUMENTS[first] ?? 0)) return
        this.pending = []
        if (first === 0x20) this.mode = second & 3
        else if (first === 0x21) {
            this.columns = [second & 0x7f, third & 0x7f]
            this.column = this.columns[0]
        } else if (first === 0x22) {
            this.pages = [second & 7, third & 7]
            this.page = this.pages[0]
        } else if (first === 0xae || first === 0xaf) this.on = first === 0xaf
    }

    /** Section 10.1.3: where the next byte goes. */
    private data(byte: number): void {
        this.ram[this.page * WIDTH + this.column] = byte
        const nextColumn = this.column === this.columns[1] ? this.columns[0] : this.column + 1
        const nextPage = this.page === this.pages[1] ? this.pages[0] : this.page + 1
        if (this.mode === VERTICAL) {
            this.page = nextPage
            if (nextPage === this.pages[0]) this.column = nextColumn
        } else {
            this.column = nextColumn
            if (this.mode === HORIZONTAL && nextColumn === this.columns[0]) this.page = nextPage
        }
    }
}
