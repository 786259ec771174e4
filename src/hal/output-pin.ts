/** A digital output of the board. Writing takes a call and no bus. */
export interface OutputPin {
    /** 1 HIGH, 0 LOW */
    write(level: 0 | 1): void
}
