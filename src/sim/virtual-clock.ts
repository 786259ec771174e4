interface Alarm {
    time: number
    order: number
    callback: (() => void) | undefined
}

/**
 * Simulated time: a number that moves when the next alarm is due, and not otherwise. Alarms fire in time order, ties in
 * the order in which they were set.
 */
export class VirtualClock {
    /** Simulated time since start, µs. */
    now = 0
    private readonly heap: Alarm[] = []
    private order = 0

    /** Calls back at `time` (µs), or now when that is past. Returns a handle for {@link cancel}. */
    at(time: number, callback: () => void): Alarm {
        const alarm = { time: Math.max(time, this.now), order: this.order++, callback }
        this.heap.push(alarm)
        this.up(this.heap.length - 1)
        return alarm
    }

    cancel(alarm: Alarm): void {
        alarm.callback = undefined
    }

    /** Fires every alarm up to and including `time` (µs) and leaves the clock there. */
    runUntil(time: number): void {
        while (this.heap.length > 0 && this.heap[0].time <= time) {
            const alarm = this.pop()
            if (!alarm.callback) continue
            this.now = alarm.time
            alarm.callback()
        }
        this.now = Math.max(this.now, time)
    }

    private pop(): Alarm {
        const { heap } = this
        const first = heap[0]
        const last = heap.pop() as Alarm
        if (heap.length > 0) {
            heap[0] = last
            this.down()
        }
        return first
    }

    private up(index: number): void {
        const { heap } = this
        while (index > 0) {
            const parent = (index - 1) >> 1
            if (before(heap[parent], heap[index])) return
            ;[heap[parent], heap[index]] = [heap[index], heap[parent]]
            index = parent
        }
    }

    private down(): void {
        const { heap } = this
        for (let index = 0; ;) {
            const left = 2 * index + 1
            if (left >= heap.length) return
            const child = left + 1 < heap.length && before(heap[left + 1], heap[left]) ? left + 1 : left
            if (before(heap[index], heap[child])) return
            ;[heap[child], heap[index]] = [heap[index], heap[child]]
            index = child
        }
    }
}

function before(a: Alarm, b: Alarm): boolean {
    return a.time < b.time || (a.time === b.time && a.order < b.order)
}
