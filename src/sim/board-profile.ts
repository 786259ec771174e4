/**
 * What executing costs on a board and when its main loop wakes. The RP2040 figures were measured by running the
 * published runtime on a cycle-counting emulator (docs/timing.md); no silicon was used: good to some tens of percent.
 */
export interface BoardProfile {
    readonly name: string
    /** One bytecode operation, µs. */
    readonly operationUs: number
    /** One call of a function or method of the program, beside its operations, µs. */
    readonly callUs: number
    /** One call of a function of the runtime, µs. */
    readonly builtinUs: number
    /** One I2C transaction beside its time on the bus and the call, µs. */
    readonly i2cUs: number
    /** One pass of the main loop in which nothing is due, µs. */
    readonly passUs: number
    /** Reading the clock, µs: the runtime does so several times a pass. */
    readonly timeReadUs: number
    /** One frame from the host: USB, check sum, native services, and the pass that it causes, µs. */
    readonly frameInUs: number
    /** One collection of the heap: fixed part, and for each object on the heap, µs. */
    readonly collectionUs: number
    readonly collectionPerObjectUs: number
    /** Programming 256 bytes of flash, and erasing 4 KB, µs: the whole board waits. W25Q16JV datasheet, AC characteristics, typical. */
    readonly flashPageUs: number
    readonly flashSectorUs: number
    /** A byte written by either side is seen by the other between these, µs (uniform, seeded). */
    readonly linkDelayUs: readonly [number, number]
    /** Which model says when the main loop wakes: see `main-loop.ts`. */
    readonly wake: 'rp2040' | 'esp32' | 'ideal'
}

const rp2040: BoardProfile = {
    name: 'rp2040',
    operationUs: 2.7,
    callUs: 185,
    builtinUs: 20,
    i2cUs: 80,
    passUs: 90,
    timeReadUs: 4,
    frameInUs: 290,
    collectionUs: 1100,
    collectionPerObjectUs: 9,
    flashPageUs: 400,
    flashSectorUs: 45_000,
    // USB full speed: a bulk transfer waits for its turn in the 1 ms frame.
    linkDelayUs: [100, 1100],
    wake: 'rp2040',
}

/** Every profile by name. */
export const boardProfiles: Readonly<Record<string, BoardProfile>> = {
    rp2040,
    // From the sources of the ESP32 port, not run: 240 MHz with a cache against 125 MHz, so about a fifth of the cost.
    esp32: {
        name: 'esp32',
        operationUs: 0.5,
        callUs: 35,
        builtinUs: 4,
        i2cUs: 60,
        passUs: 40,
        timeReadUs: 1,
        frameInUs: 80,
        collectionUs: 250,
        collectionPerObjectUs: 2,
        flashPageUs: 400,
        flashSectorUs: 45_000,
        // UART at 1.5 Mbaud behind a USB converter with a 1 ms latency timer.
        linkDelayUs: [200, 1500],
        wake: 'esp32',
    },
    ideal: {
        name: 'ideal',
        operationUs: 0,
        callUs: 0,
        builtinUs: 0,
        i2cUs: 0,
        passUs: 0,
        timeReadUs: 0,
        frameInUs: 0,
        collectionUs: 0,
        collectionPerObjectUs: 0,
        flashPageUs: 0,
        flashSectorUs: 0,
        linkDelayUs: [0, 0],
        wake: 'ideal',
    },
}
