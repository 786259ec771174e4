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
        trackWidth: number,
    ) {
        this.half = wheelRadius / 2
        this.perTrack = wheelRadius / trackWidth
    }

    /**
     * What has happened since the last update, some ticks ago. The body moved along an arc; its chord has the direction of the
     * mean of both headings' unit vectors, whose length is the cosine of half the turn. With t the turn, chord / |mean| =
     * arc · (1 + t²/12 + t⁴/120 + …); the next term is 5e-8 for a turn of 0.2 rad, as much as a fast rover makes in four ticks.
     * The heading comes from the wheels' positions themselves, so that rounding does not add up; the unit vector is turned by
     * series that leave t⁷/840 of a turn t (1.5e-8 rad at 0.2 rad) and is brought back to length 1 in {@link normalise}.
     *
     * @param position joint positions, rad
     *
     * @inline
     */
    update(position: number[]): void {
        const left = position[this.left]
        const right = position[this.right]
        const travel = (left + right) * this.half
        const heading = (right - left) * this.perTrack - this.firstHeading
        const turn = heading - this.heading
        this.heading = heading
        const square = turn * turn
        const sine = this.sine
        const cosine = this.cosine
        const turnSine = turn * (1 - (square * (20 - square)) / 120)
        const turnCosine = 1 - (square * (12 - square)) / 24
        const nextCosine = cosine * turnCosine - sine * turnSine
        const nextSine = sine * turnCosine + cosine * turnSine
        const chord = (travel - this.lastTravel) * (0.5 + (square * (10 + square)) / 240)
        this.lastTravel = travel
        this.x += chord * (cosine + nextCosine)
        this.y += chord * (sine + nextSine)
        this.cosine = nextCosine
        this.sine = nextSine
    }

    /** Brings the heading's unit vector back to length 1. Called now and then. @inline */
    normalise(): void {
        const factor = 1.5 - 0.5 * (this.cosine * this.cosine + this.sine * this.sine)
        this.cosine *= factor
        this.sine *= factor
    }

    /** The robot stands at the origin. @param position joint positions, rad @inline */
    start(position: number[]): void {
        const left = position[this.left]
        const right = position[this.right]
        this.lastTravel = (left + right) * this.half
        this.firstHeading = (right - left) * this.perTrack
        this.heading = this.x = this.y = this.sine = 0
        this.cosine = 1
    }
}
