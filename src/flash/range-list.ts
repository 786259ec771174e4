/** Gathers what is out of its range: all of it, so that a user mends a file once. */
export class RangeList {
    readonly problems: string[] = []

    /** @param allowed what it may be, in words */
    add(key: string, value: unknown, allowed: string): void {
        const shown = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? 'missing')
        this.problems.push(`${key} is ${shown}; allowed: ${allowed}`)
    }

    between(key: string, value: number, least: number, most: number, unit: string): boolean {
        if (value >= least && value <= most) return true
        this.add(key, value, `${least} to ${most} ${unit}`.trimEnd())
        return false
    }

    /** Like {@link between} without the lower end. */
    above(key: string, value: number, least: number, most: number, unit: string): boolean {
        if (value > least && value <= most) return true
        this.add(key, value, `above ${least} to ${most} ${unit}`.trimEnd())
        return false
    }

    whole(key: string, value: number, least: number, most: number, unit: string): boolean {
        if (Number.isInteger(value) && value >= least && value <= most) return true
        this.add(key, value, `a whole number, ${least} to ${most} ${unit}`)
        return false
    }

    oneOf<T>(key: string, value: T, allowed: readonly T[]): boolean {
        if (allowed.includes(value)) return true
        this.add(key, value, allowed.map(each => (typeof each === 'string' ? `"${each}"` : String(each))).join(', '))
        return false
    }
}
