/** Time on the board. Only set-up code and the tick loop read it; control code is handed `dt`. */
export interface Clock {
    /** Milliseconds since the program started, in whole steps of 1 ms. Fixed while one fiber runs without `await`. */
    millis(): number
    /**
     * Lets other fibers run and comes back `ms` milliseconds later, or a little after. 0 comes back as soon as no other
     * fiber is due, without a pass of the runtime's main loop: good once, never in a loop of its own.
     */
    sleep(ms: number): Promise<void>
}
