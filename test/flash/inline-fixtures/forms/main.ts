// Each form of a call that is inlined. Names are chosen to collide.
import * as callees from './callees'
import { classify, Counter, limited, Unit, Vector } from './callees'

const LIMIT = 7

export function run(a: number, b: number): unknown[] {
    const log: unknown[] = []
    const counter = new Counter(log)
    let value = a
    const x = b
    counter.count(value, x)
    counter.count(value + 1)
    counter.count(value, undefined)
    counter.count(value, log[99] as number)
    value = limited(value)
    log.push(value)
    const first = classify(value, b)
    log.push(first)
    let second: string = classify(b, value)
    second += '!'
    log.push(second)
    const sum = callees.sum(a, b)
    log.push(sum)
    counter.last = limited(b)
    if (counter.isEven(a)) log.push('even')
    else if (!counter.isEven(b)) log.push('odd')
    else log.push('mixed')
    if (counter.below(LIMIT)) counter.reset()
    if (!counter.below(1)) {
        counter.reset()
    }
    for (let i = 0; i < 3; i++) {
        let found = callees.find(log, i)
        if (found) continue
        found = !found
        if (i === 1) counter.count(i)
        else counter.reset()
        log.push(found)
    }
    switch (Math.floor(a)) {
        case 1:
            const unit = callees.unit(a)
            log.push(unit === Unit.Metre)
            break
        default:
            counter.count(0)
    }
    const v = new Vector(a, b)
    v.add(new Vector(1, 1))
    Vector.scale(v, 3)
    log.push(v.x, v.y, counter.last, counter.total, early(a, b), order(a))
    return log
}

function early(a: number, b: number): number {
    const n = a
    if (n > 1) return callees.sum(n, b)
    return limited(
        // the smaller
        n,
    )
}

/** Arguments are evaluated from left to right, before any default is, and once. */
function order(start: number): unknown[] {
    const log: unknown[] = []
    let n = start
    const counter = new Counter(log)
    counter.trace(n, (n += 1), n, n++)
    counter.trace(n, n)
    counter.trace(n, n, log[99] as number)
    let nothing: unknown = n
    nothing = counter.reset()
    log.push(nothing)
    const later = () => {
        n = 100
    }
    counter.run(n, later)
    log.push(n)
    return log
}
