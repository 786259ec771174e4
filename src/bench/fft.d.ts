declare module 'fft.js' {
    /** Radix-4 FFT of a size that is a power of two. Complex arrays hold re, im, re, im, … */
    export default class FFT {
        constructor(size: number)
        createComplexArray(): number[]
        realTransform(out: number[], data: number[]): void
    }
}
