import { type Fields, needText, Refusal, show } from './checks'

const MOST_PIECES = 10_000
/** Messages that may be incomplete at a time; the oldest makes room. */
const MOST_OPEN = 8

interface Incomplete {
    pieces: (string | undefined)[]
    missing: number
    length: number
}

/** Puts a client's `fragment` messages together. What it holds is bounded: a message that never completes is forgotten. */
export class Reassembly {
    private readonly open = new Map<string, Incomplete>()

    /** @param longest characters of a whole message */
    constructor(private readonly longest: number) {}

    /** Takes a piece. Returns the whole text with the last one. @throws Refusal when it does not fit */
    take(fragment: Fields): string | undefined {
        const id = needText(fragment, 'id')
        const { data, num, total } = fragment
        if (typeof data !== 'string') throw new Refusal(`data is ${show(data)}; needed: a text`)
        if (!whole(total) || total < 1 || total > MOST_PIECES) {
            throw new Refusal(`total is ${show(total)}; needed: a whole number from 1 to ${MOST_PIECES}`)
        }
        if (!whole(num) || num < 0 || num >= total) {
            throw new Refusal(`num is ${show(num)}; needed: a whole number from 0 to ${total - 1}`)
        }
        const message = this.message(id, total)
        if (message.pieces[num] !== undefined) throw new Refusal(`fragment ${num} of ${show(id)} came twice`)
        message.pieces[num] = data
        message.length += data.length
        message.missing--
        if (message.length > this.longest) {
            this.open.delete(id)
            throw new Refusal(`the fragments of ${show(id)} have more than ${this.longest} characters`)
        }
        if (message.missing > 0) return undefined
        this.open.delete(id)
        return message.pieces.join('')
    }

    private message(id: string, total: number): Incomplete {
        const known = this.open.get(id)
        if (known !== undefined && known.pieces.length === total) return known
        if (known !== undefined) {
            this.open.delete(id)
            throw new Refusal(`total is ${total}; fragments of ${show(id)} before had ${known.pieces.length}`)
        }
        if (this.open.size >= MOST_OPEN) this.open.delete(this.open.keys().next().value!)
        const message = { pieces: new Array<string | undefined>(total).fill(undefined), missing: total, length: 0 }
        this.open.set(id, message)
        return message
    }
}

function whole(value: unknown): value is number {
    return Number.isInteger(value)
}
