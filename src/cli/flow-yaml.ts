/** A message on the command line that can't be read. The text says where and why. */
export class FlowYamlError extends Error {
    override name = 'FlowYamlError'
}

/**
 * Reads one value in YAML's flow style, of which JSON is a part: `{linear: {x: 0.2}, angular: {z: 0}}`, as the ROS tools
 * take it. Plain and quoted scalars, lists and maps; no block style, anchors or tags.
 *
 * @throws FlowYamlError
 */
export function parseFlowYaml(text: string): unknown {
    return new Reader(text).document()
}

const ESCAPES: Record<string, string> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' }

class Reader {
    private at = 0

    constructor(private readonly text: string) {}

    document(): unknown {
        const value = this.value()
        this.space()
        if (this.at < this.text.length) throw this.error('nothing more')
        return value
    }

    private value(): unknown {
        this.space()
        const next = this.text[this.at]
        if (next === '{') return this.map()
        if (next === '[') return this.list()
        return next === '"' || next === "'" ? this.quoted() : plain(this.plainText(/[,{}[\]:#]/, 'a value'))
    }

    private map(): Record<string, unknown> {
        const entries: [string, unknown][] = []
        this.items('}', () => {
            this.space()
            const next = this.text[this.at]
            const key = next === '"' || next === "'" ? this.quoted() : this.plainText(/[,{}[\]:#]/, 'a name')
            this.space()
            if (this.text[this.at] !== ':') throw this.error(`":" after ${key}`)
            this.at++
            entries.push([key, this.value()])
        })
        return Object.fromEntries(entries)
    }

    private list(): unknown[] {
        const values: unknown[] = []
        this.items(']', () => values.push(this.value()))
        return values
    }

    /** What stands between brackets, separated by commas. */
    private items(end: string, item: () => void): void {
        this.at++
        for (this.space(); this.text[this.at] !== end; this.space()) {
            item()
            this.space()
            if (this.text[this.at] === ',') this.at++
            else if (this.text[this.at] !== end) throw this.error(`"," or "${end}"`)
        }
        this.at++
    }

    private quoted(): string {
        const quote = this.text[this.at++]
        let result = ''
        for (;;) {
            const character = this.text[this.at++]
            if (character === undefined) throw this.error(`a closing ${quote}`)
            if (character === quote) {
                // In single quotes a doubled one stands for itself.
                if (quote === '"' || this.text[this.at] !== quote) return result
                this.at++
            }
            result += character === '\\' && quote === '"' ? this.escaped() : character
        }
    }

    private escaped(): string {
        const character = this.text[this.at++] ?? ''
        if (character !== 'u') return ESCAPES[character] ?? character
        const digits = this.text.slice(this.at, this.at + 4)
        if (!/^[0-9a-f]{4}$/i.test(digits)) throw this.error('four hexadecimal digits')
        this.at += 4
        return String.fromCharCode(parseInt(digits, 16))
    }

    /** Up to the first character of `end`. */
    private plainText(end: RegExp, what: string): string {
        const start = this.at
        while (this.at < this.text.length && !end.test(this.text[this.at])) this.at++
        const result = this.text.slice(start, this.at).trim()
        if (result === '') throw this.error(what)
        return result
    }

    private space(): void {
        while (/\s/.test(this.text[this.at] ?? '')) this.at++
    }

    private error(needed: string): FlowYamlError {
        const found = this.at < this.text.length ? `"${this.text[this.at]}"` : 'the end'
        return new FlowYamlError(`message ${this.text}: needed ${needed} at character ${this.at + 1}, found ${found}`)
    }
}

/** A scalar without quotes, by YAML's core schema. */
function plain(text: string): unknown {
    if (/^(null|~)$/i.test(text)) return null
    if (/^(true|false)$/i.test(text)) return text.toLowerCase() === 'true'
    if (/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text)) return Number(text)
    return text
}
