/**
 * Seeded random numbers for noise and part-to-part spread.
 *
 * Generator: xoshiro128** 1.1 (Blackman and Vigna, "Scrambled linear pseudorandom number generators", ACM TOMS 47(4),
 * 2021; reference code xoshiro128starstar.c): 128 bits of state, period 2^128 - 1. The state is filled by SplitMix32
 * steps from two 32-bit keys. A fork's keys come from its parent's keys and its name (32-bit FNV-1a), never from how
 * many numbers were drawn, so a new part, or one that draws more, leaves every other part's noise as it was.
 */
export class Random {
    private s0 = 0
    private s1 = 0
    private s2 = 0
    private s3 = 0
    private spare = 0
    private hasSpare = false

    /** @param seed any finite number; its whole part is used, modulo 2^64 */
    constructor(seed: number) {
        const whole = Math.floor(Math.abs(seed))
        this.seedFrom((whole >>> 0) ^ (seed < 0 ? 0x80000000 : 0), Math.floor(whole / 0x100000000) >>> 0)
    }

    private keyLow = 0
    private keyHigh = 0

    /** A generator in exactly this state, to check the algorithm against published numbers. */
    static fromState(s0: number, s1: number, s2: number, s3: number): Random {
        const random = new Random(0)
        random.s0 = s0 | 0
        random.s1 = s1 | 0
        random.s2 = s2 | 0
        random.s3 = s3 | 0
        return random
    }

    /** An independent stream for the part called `name`; the same name always gives the same stream. */
    fork(name: string): Random {
        let hash = 0x811c9dc5 // FNV-1a offset basis and prime, 32 bits
        for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193)
        const child = new Random(0)
        child.seedFrom(mix(this.keyLow ^ hash), mix((this.keyHigh + hash) ^ 0x5bd1e995))
        return child
    }

    /** Next 32 random bits, 0 to 2^32 - 1. */
    next(): number {
        const s1 = this.s1
        const product = Math.imul(s1, 5)
        const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0
        this.s2 ^= this.s0
        this.s3 ^= s1
        this.s1 = s1 ^ this.s2
        this.s0 ^= this.s3
        this.s2 ^= s1 << 9
        this.s3 = (this.s3 << 11) | (this.s3 >>> 21)
        return result
    }

    /** Uniform in [low, high), 53 bits. */
    uniform(low = 0, high = 1): number {
        const fraction = ((this.next() >>> 5) * 0x4000000 + (this.next() >>> 6)) / 0x20000000000000
        return low + (high - low) * fraction
    }

    /** Normally distributed: Marsaglia's polar method, whose second number is kept for the next call. */
    gaussian(mean = 0, deviation = 1): number {
        if (this.hasSpare) {
            this.hasSpare = false
            return mean + deviation * this.spare
        }
        let u: number, v: number, square: number
        do {
            u = this.next() / 0x80000000 - 1
            v = this.next() / 0x80000000 - 1
            square = u * u + v * v
        } while (square >= 1 || square === 0)
        const factor = Math.sqrt((-2 * Math.log(square)) / square)
        this.spare = v * factor
        this.hasSpare = true
        return mean + deviation * u * factor
    }

    private seedFrom(low: number, high: number): void {
        this.keyLow = low | 0
        this.keyHigh = high | 0
        this.s0 = mix(low + 0x9e3779b9)
        this.s1 = mix(low + 0x3c6ef372 + mix(high))
        this.s2 = mix(high + 0xdaa66d2b)
        this.s3 = mix(high + 0x78dde6e4 + mix(low))
        // All zeros is the one state the generator never leaves.
        if ((this.s0 | this.s1 | this.s2 | this.s3) === 0) this.s0 = 1
    }
}

/** SplitMix32's output function: every input bit reaches every output bit. */
function mix(value: number): number {
    let z = value | 0
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad)
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
    return z ^ (z >>> 15)
}
