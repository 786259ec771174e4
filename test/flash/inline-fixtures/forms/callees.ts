export enum Unit {
    Metre,
    Radian,
}

const LIMIT = 2
const values = { lowest: -1, names: ['low', 'high'] }

/** @inline */
export function limited(value: number): number {
    if (value > LIMIT) value = LIMIT
    else if (value < values.lowest) {
        value = values.lowest
    }
    return value
}

/** Returns everywhere. @inline */
export function classify(value: number, b: number): string {
    const [low, high] = values.names
    if (value !== value) return 'nan'
    {
        if (b < 0) {
            if (value < 0) return low + low
            b = -b
        }
    }
    const { length: first } = low
    for (let i = 0; i < 5; i++) {
        const log = i * b
        if (log > value) break
        value -= first
    }
    if (value > 1e3) throw new Error(high)
    if (value > b) {
        return high
    } else if (value < b) {
        return low
    }
    return `${low} ${value}`
}

/** @inline */
export function sum(x: number, y: number): number {
    const a = limited(x)
    const b = limited(y)
    return a + b
}

/** @inline */
export function find(log: unknown[], i: number): boolean {
    for (const value of log) if (typeof value === 'string') i--
    return i < 0
}

/** @inline */
export function unit(a: number): Unit {
    return a === 1 ? Unit.Metre : Unit.Radian
}

export class Counter {
    last = 0
    total = 0

    constructor(private readonly log: unknown[]) {}

    /** @inline */
    count(value: number, by = LIMIT): void {
        this.total += value
        if (by === 0) return
        this.total /= by
        const i = this.total
        this.log.push(i, { value, by, i })
    }

    /** @inline */
    isEven(value: number): boolean {
        return value % 2 === 0
    }

    /** @inline */
    below(limit: number): boolean {
        if (this.total >= limit) return false
        return this.check(limit, true)
    }

    /** @inline */
    private check(limit: number, strict: boolean): boolean {
        if (strict === false) return true
        return this.last < limit
    }

    /** @inline */
    reset(): void {
        this.total = 0
    }

    /** @inline */
    trace(first: number, second: number, third = first + second, fourth = third): void {
        this.log.push(first, second, third, fourth)
    }

    /** @inline */
    run(n: number, later: () => void): void {
        later()
        this.log.push(n)
    }
}

export class Vector {
    constructor(
        public x: number,
        public y: number,
    ) {}

    add(other: Vector): Vector {
        this.x += other.x
        this.y += other.y
        return this
    }

    /** @inline */
    static scale(vector: Vector, by: number): void {
        vector.x *= by
        vector.y *= by
    }
}
