/**
 * Pose of a differential drive from its wheels' positions, in the frame where the robot started: x forward, y left,
 * heading counter-clockwise and continuous over turns.
 */
export class Chassis {
    /** m */
    x = 0
    y = 0
    /** rad */
    heading = 0
    /** Cosine and sine of the heading, kept by rotating them: trigonometry would cost the tick two calls. */
    cosine = 1
    sine = 0
    private readonly half: number
    private readonly perTrack: number
    private lastTravel = 0
    private started = false
    /** Heading by the wheels' difference when the pose was set to 0. */
    private firstHeading = 0

    /**
     * @param left index of the left wheel's joint
     * @param right index of the right wheel's joint
     * @param wheelRadius m
     * @param trackWidth m
     */
    constructor(
        private readonly left: number,
        private readonly right: number,
        wheelRadius: number,
        trackWidth: number
    ) {
        this.half = wheelRadius / 2
        this.perTrack = wheelRadius / trackWidth
    }

    /**
     * One tick. The body moved along an arc: its chord has the direction of the heading half way, which is that of the
     * mean of both headings' unit vectors. With h half the turn, chord = arc · sin h / h and |mean| = cos h, so chord /
     * |mean| = arc · (1 + h²/3 + …); the next term is below 1e-9 for any turn a tick can hold. The heading comes from the
     * wheels' positions themselves, so that rounding does not add up.
     *
     * @param position joint positions, rad
     */
    update(position: number[]): void {
        const left = position[this.left]
        const right = position[this.right]
        const travel = (left + right) * this.half
        const heading = (right - left) * this.perTrack - this.firstHeading
        if (!this.started) {
            this.started = true
            this.lastTravel = travel
            this.firstHeading = heading
            return
        }
        const turn = heading - this.heading
        const square = turn * turn
        const cosine = this.cosine
        const sine = this.sine
        const turnCosine = 1 - square * (0.5 - square / 24)
        const turnSine = turn * (1 - square * (1 / 6 - square / 120))
        let nextCosine = cosine * turnCosine - sine * turnSine
        let nextSine = sine * turnCosine + cosine * turnSine
        const normalise = 1.5 - 0.5 * (nextCosine * nextCosine + nextSine * nextSine)
        nextCosine *= normalise
        nextSine *= normalise
        const chord = (travel - this.lastTravel) * 0.5 * (1 + square / 12)
        this.x += chord * (cosine + nextCosine)
        this.y += chord * (sine + nextSine)
        this.cosine = nextCosine
        this.sine = nextSine
        this.heading = heading
        this.lastTravel = travel
    }
}
