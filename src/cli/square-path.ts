/** A pose and the velocity there, in the frame of the path's start: x ahead, y left. */
export interface PathPoint {
    /** m */
    x: number
    y: number
    /** rad, continuous over turns */
    heading: number
    /** m/s */
    linear: number
    /** rad/s */
    angular: number
}

/** s for a side of the square, and for a turn at its corner: at most 0.53 m/s on a metre and 2.1 rad/s. */
const SIDE_SECONDS = 3.6
const TURN_SECONDS = 1.4
const CORNER_SECONDS = SIDE_SECONDS + TURN_SECONDS
const QUARTER = Math.PI / 2

/** s */
export const SQUARE_SECONDS = 4 * CORNER_SECONDS

/**
 * A square to the left with sides of `side` metres, turned on the spot at its corners, `time` seconds after its start. Speeds
 * rise and fall smoothly; after the end it rests where it began, one turn on.
 */
export function squareAt(time: number, side: number): PathPoint {
    const corner = Math.min(Math.floor(Math.max(time, 0) / CORNER_SECONDS), 3)
    const within = Math.min(Math.max(time, 0) - corner * CORNER_SECONDS, CORNER_SECONDS)
    const way = ramp(within / SIDE_SECONDS)
    const turn = ramp((within - SIDE_SECONDS) / TURN_SECONDS)
    // Along the sides: east, north, west, south.
    const [east, north] = [
        [0, 0],
        [1, 0],
        [1, 1],
        [0, 1],
    ][corner]
    const [ahead, aside] = [
        [1, 0],
        [0, 1],
        [-1, 0],
        [0, -1],
    ][corner]
    return {
        x: side * (east + ahead * way.position),
        y: side * (north + aside * way.position),
        heading: QUARTER * (corner + turn.position),
        linear: (side * way.rate) / SIDE_SECONDS,
        angular: (QUARTER * turn.rate) / TURN_SECONDS,
    }
}

/** From 0 to 1 as `part` goes from 0 to 1, by the polynomial whose speed and acceleration are 0 at both ends. */
function ramp(part: number): { position: number; rate: number } {
    const s = Math.min(Math.max(part, 0), 1)
    return { position: s * s * s * (10 + s * (6 * s - 15)), rate: 30 * s * s * (1 - s) * (1 - s) }
}
