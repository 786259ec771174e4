import { type DcGearMotor } from './dc-gear-motor'

const GRAVITY = 9.80665 // m/s², standard

export interface BalancingRobotParameters {
    /** Of everything but the wheels, kg */
    readonly bodyMass: number
    /** Of its centre of mass above the axle, m */
    readonly bodyHeight: number
    /** About its centre of mass, around the axle's direction, kg·m² */
    readonly pitchInertia: number
    /** Of all, about the vertical through the middle of the axle, kg·m² */
    readonly yawInertia: number
    /** Of one wheel, kg; its radius, m; about its axle, kg·m² */
    readonly wheelMass: number
    readonly wheelRadius: number
    readonly wheelInertia: number
    /** Between the wheels' contact points, m */
    readonly trackWidth: number
    /** Rolling resistance over weight */
    readonly rollingResistance: number
    /** Where the IMU sits: x forward, z up, from the middle of the axle, m. Its axes are the body's. */
    readonly imuPosition: readonly [number, number]
    /** Where it lies when it has fallen, rad */
    readonly lyingPitch: number
}

/**
 * A balancer of 1.4 kg and 0.25 m: two 37D gear motors and a battery low, the board high. Inertias of plates, m (a² + b²) / 12,
 * 0.25 m by 0.10 m and 0.20 m by 0.10 m, and of 90 mm wheels of 50 g, m r² / 2. Estimates, none measured: state your own.
 */
export const SMALL_BALANCER: BalancingRobotParameters = {
    bodyMass: 1.3,
    bodyHeight: 0.09,
    pitchInertia: 0.0079,
    yawInertia: 0.0064,
    wheelMass: 0.05,
    wheelRadius: 0.045,
    wheelInertia: 5.1e-5,
    trackWidth: 0.2,
    rollingResistance: 0.015,
    imuPosition: [0, 0.06],
    lyingPitch: 1.35,
}

/** What {@link BalancingRobot.writeState} writes, in order. */
export const BALANCER_STATE = [
    'time',
    'x',
    'y',
    'heading',
    'pitch',
    'pitchRate',
    'leftAngle',
    'rightAngle',
    'leftVelocity',
    'rightVelocity',
    'leftCurrent',
    'rightCurrent',
    'leftTorque',
    'rightTorque',
    'leftDrive',
    'rightDrive',
    'held',
] as const

/** Stands for a coupling that does not give, N·m·s/rad: a million times what a step of 1 ms of these masses is worth. */
const RIGID = 1e6
/** Below this speed of a wheel its rolling resistance falls to 0, rad/s. */
const ROLLING_BAND = 0.02
/** A wheel's sticking or starting changes what the other one feels: tried at most this often in a step. */
const PASSES = 4

/** What holds the body: its pitch (rad) and pitch rate (rad/s), or nothing. */
export interface Hand {
    pitch: number
    rate: number
}

/**
 * An inverted pendulum on two driven wheels, on level ground. Pitch is positive when it leans forward; x forward, y left,
 * heading counter-clockwise. The motors sit in the body: they turn the wheels against it, and their angles are between the two.
 *
 * With wheel angles a, b against the ground, pitch p, body mass m at height l, M all of the mass, r radius, w track width, I
 * yaw and P pitch inertia, J wheel inertia, the kinetic energy
 *
 *   (M r² / 8) (a' + b')² + (I r² / 2 w²) (b' - a')² + (J / 2) (a'² + b'²) + (m l r / 2) cos p (a' + b') p' + (P + m l²) p'² / 2
 *
 * and the potential energy m g l cos p give (Lagrange) three equations with the mass matrix
 *
 *   [ J + s + t, s - t, k ]      s = M r² / 4        Wheels: torque of the motor - rolling + (m l r / 2) sin p p'²
 *   [ s - t, J + s + t, k ]      t = I r² / w²       Body: -(both torques) + m g l sin p
 *   [ k, k, P + m l² ]           k = m l r cos p / 2
 *
 * Each step solves them for the speeds at its end: motors by the trapezoidal rule, as `DcGearMotor` has them (damping and
 * rotor's inertia act on a wheel's speed against the body), the rest by what holds at its start. A motor whose gears stick
 * couples its wheel rigidly to the body until what it must hold overcomes its static friction.
 *
 * Left out: wheel slip (see {@link peakTraction}), tyres that give, what yaw does to pitch, uneven ground, and the rotors' part
 * of the body's turning (1 / gear ratio of what they do to it).
 */
export class BalancingRobot {
    /** Middle of the axle on the ground, m; rad, continuous over turns */
    x = 0
    y = 0
    heading = 0
    /** rad, rad/s */
    pitch = 0
    pitchRate = 0
    /** Of the wheels against the ground, rad/s */
    leftSpeed = 0
    rightSpeed = 0
    /** Of the last step: m/s² along x, rad/s², rad/s² */
    acceleration = 0
    pitchAcceleration = 0
    yawAcceleration = 0
    /** What holds the body and its wheels where they are, or undefined. */
    hand: Hand | undefined
    /**
     * Largest force asked of a wheel's contact so far, over its half of the weight. Above the friction coefficient, 0.6 to 0.8
     * for rubber on a floor, a real wheel would have slipped.
     */
    peakTraction = 0

    /** Called before each step with its start time, s: the place to set the motors' inputs and the hand. */
    beforeStep: ((time: number) => void) | undefined
    /** Called after each step with its end time, s: the place to let sensors sample. */
    afterStep: ((time: number) => void) | undefined

    private steps = 0
    private readonly own: number
    private readonly cross: number
    private readonly bodyInertia: number
    private readonly rolling: number
    private readonly weight: number
    /** 3 rows of 4: mass matrix over the step with the motors' parts, and the right-hand side. */
    private readonly rows = [new Float64Array(4), new Float64Array(4), new Float64Array(4)]
    /** Speeds at the end of the step: left and right wheel, pitch. */
    private readonly next = new Float64Array(3)
    private readonly stuck = [false, false]
    private readonly motionNow = {
        specificForce: new Float64Array([0, 0, GRAVITY]),
        angularVelocity: new Float64Array(3),
    }

    constructor(
        readonly left: DcGearMotor,
        readonly right: DcGearMotor,
        readonly parameters: BalancingRobotParameters = SMALL_BALANCER,
        /** s; 1 ms or less */
        readonly stepTime = 0.001,
    ) {
        for (const key of [
            'bodyMass',
            'bodyHeight',
            'pitchInertia',
            'yawInertia',
            'wheelRadius',
            'trackWidth',
        ] as const) {
            if (!(parameters[key] > 0)) throw new RangeError(`balancer ${key} ${parameters[key]} is not above 0`)
        }
        if (!(stepTime > 0 && stepTime <= 0.001)) throw new RangeError(`stepTime ${stepTime} s is not 0 to 0.001`)
        const { bodyMass, bodyHeight, pitchInertia, yawInertia, wheelMass, wheelRadius: r, trackWidth } = parameters
        const mass = bodyMass + 2 * wheelMass
        const straight = (mass * r * r) / 4
        const turning = (yawInertia * r * r) / (trackWidth * trackWidth)
        this.own = parameters.wheelInertia + straight + turning
        this.cross = straight - turning
        this.bodyInertia = pitchInertia + bodyMass * bodyHeight * bodyHeight
        this.weight = mass * GRAVITY
        this.rolling = (parameters.rollingResistance * this.weight * r) / 2
    }

    /** Time the robot has reached, s. */
    get time(): number {
        return this.steps * this.stepTime
    }

    /** Forward speed, m/s. */
    get velocity(): number {
        return (this.parameters.wheelRadius * (this.leftSpeed + this.rightSpeed)) / 2
    }

    /** rad/s, counter-clockwise */
    get yawRate(): number {
        return (this.parameters.wheelRadius * (this.rightSpeed - this.leftSpeed)) / this.parameters.trackWidth
    }

    /** Kinetic and potential energy, from level with the axle, J; without the rotors'. */
    get energy(): number {
        const { bodyMass, bodyHeight, wheelRadius } = this.parameters
        const { leftSpeed: a, rightSpeed: b, pitchRate } = this
        const coupling = (bodyMass * bodyHeight * wheelRadius * Math.cos(this.pitch)) / 2
        return (
            (this.own * (a * a + b * b)) / 2 +
            this.cross * a * b +
            coupling * (a + b) * pitchRate +
            (this.bodyInertia * pitchRate * pitchRate) / 2 +
            bodyMass * GRAVITY * bodyHeight * Math.cos(this.pitch)
        )
    }

    /**
     * A blow, forward when positive.
     *
     * @param impulse N·s
     * @param height above the axle, along the body, m: the centre of mass unless stated
     */
    push(impulse: number, height = this.parameters.bodyHeight): void {
        // The blow's share in each generalised momentum, through the mass matrix; a motor's gears give way meanwhile.
        const { wheelRadius: r, bodyMass, bodyHeight } = this.parameters
        const cosine = Math.cos(this.pitch)
        const coupling = bodyMass * bodyHeight * r * cosine
        const wheels = 2 * (this.own + this.cross)
        const determinant = wheels * this.bodyInertia - coupling * coupling
        const alongWheels = impulse * r
        const aroundAxle = impulse * height * cosine
        const speed = (alongWheels * this.bodyInertia - coupling * aroundAxle) / determinant
        const rate = (wheels * aroundAxle - coupling * alongWheels) / determinant
        this.leftSpeed += speed
        this.rightSpeed += speed
        this.pitchRate += rate
        this.left.velocity = this.leftSpeed - this.pitchRate
        this.right.velocity = this.rightSpeed - this.pitchRate
    }

    /** Runs whole steps up to `time`, s. */
    advanceTo(time: number): void {
        const goal = Math.floor(time / this.stepTime + 1e-6)
        while (this.steps < goal) {
            this.beforeStep?.(this.time)
            this.step()
            this.afterStep?.(this.time)
        }
    }

    /** One step of {@link stepTime}. */
    step(): void {
        const { left, right, next, stepTime: dt } = this
        const { wheelRadius: r, trackWidth, lyingPitch } = this.parameters
        const { leftSpeed, rightSpeed, pitchRate } = this
        if (this.hand) {
            next[0] = next[1] = 0
            next[2] = this.hand.rate
            this.pitch = this.hand.pitch - this.hand.rate * dt
        } else {
            this.solve()
            this.feelGround((next[0] - leftSpeed) / dt, (next[1] - rightSpeed) / dt)
        }
        const lies = Math.abs(this.pitch) >= lyingPitch && next[2] * this.pitch >= 0
        // It lies: the ground takes what is left of its turning, and it grinds to a halt.
        if (lies) next[0] = next[1] = next[2] = 0

        this.acceleration = (r * (next[0] - leftSpeed + next[1] - rightSpeed)) / (2 * dt)
        this.yawAcceleration = (r * (next[1] - rightSpeed - next[0] + leftSpeed)) / (trackWidth * dt)
        this.pitchAcceleration = (next[2] - pitchRate) / dt
        const tilt = lies ? 0 : ((pitchRate + next[2]) / 2) * dt
        const leftTravel = left.settle(next[0] - next[2], dt) + tilt
        const rightTravel = right.settle(next[1] - next[2], dt) + tilt
        this.leftSpeed = next[0]
        this.rightSpeed = next[1]
        this.pitchRate = next[2]
        this.pitch += tilt
        if (this.hand) this.pitch = this.hand.pitch
        const turn = (r * (rightTravel - leftTravel)) / trackWidth
        const way = (r * (leftTravel + rightTravel)) / 2
        const course = this.heading + turn / 2
        if (!this.hand) {
            this.x += way * Math.cos(course)
            this.y += way * Math.sin(course)
            this.heading += turn
        }
        this.steps++
    }

    /**
     * What the IMU feels at (x, z) of the body: the axle's acceleration, the body's turning, and gravity, on the body's axes. The
     * same object every time.
     */
    motion(): { specificForce: Float64Array; angularVelocity: Float64Array } {
        const [px, pz] = this.parameters.imuPosition
        const { pitchRate, pitchAcceleration, yawRate } = this
        const s = Math.sin(this.pitch)
        const c = Math.cos(this.pitch)
        const { specificForce: force, angularVelocity: rate } = this.motionNow
        // Of yaw: towards the axis by what the IMU is ahead of it, across by speed and by turning faster.
        const ahead = px * c + pz * s
        const along = this.acceleration - yawRate * yawRate * ahead
        force[0] = along * c - GRAVITY * s + pitchAcceleration * pz - pitchRate * pitchRate * px
        force[1] = this.velocity * yawRate + this.yawAcceleration * ahead
        force[2] = along * s + GRAVITY * c - pitchAcceleration * px - pitchRate * pitchRate * pz
        rate[0] = -yawRate * s
        rate[1] = pitchRate
        rate[2] = yawRate * c
        return this.motionNow
    }

    /** Writes the values named in {@link BALANCER_STATE}. @returns how many */
    writeState(target: Float64Array): number {
        const { left, right } = this
        target.set([this.time, this.x, this.y, this.heading, this.pitch, this.pitchRate])
        target.set([left.angle, right.angle, left.velocity, right.velocity, left.current, right.current], 6)
        target.set([left.shaftTorque, right.shaftTorque, left.drive, right.drive, this.hand ? 1 : 0], 12)
        return BALANCER_STATE.length
    }

    /** Speeds at the end of the step, to {@link next}. */
    private solve(): void {
        const { left, right, next, stuck } = this
        left.prepare()
        right.prepare()
        stuck[0] = left.direction === 0
        stuck[1] = right.direction === 0
        for (let pass = 0; pass < PASSES; pass++) {
            this.assemble()
            this.eliminate()
            let changed = false
            for (const [i, motor] of [left, right].entries()) {
                const slip = next[i] - next[2]
                if (stuck[i]) {
                    // A motor that was stopped within this step leaves it at rest; the next one decides whether it starts.
                    if (motor.direction !== 0 || !motor.release(-RIGID * slip, 0)) continue
                    stuck[i] = false
                    changed = true
                } else if (slip * motor.direction < 0) {
                    // Friction stops, it never reverses.
                    stuck[i] = true
                    changed = true
                }
            }
            if (!changed) break
        }
        for (const i of [0, 1]) if (stuck[i]) next[i] = next[2]
    }

    private assemble(): void {
        const { rows, own, cross, bodyInertia, stepTime: dt, pitchRate } = this
        const { bodyMass, bodyHeight, wheelRadius } = this.parameters
        const lever = (bodyMass * bodyHeight * wheelRadius) / 2
        const coupling = (lever * Math.cos(this.pitch)) / dt
        const sine = Math.sin(this.pitch)
        const swing = lever * sine * pitchRate * pitchRate
        const speeds = [this.leftSpeed, this.rightSpeed]
        for (const i of [0, 1]) {
            rows[i][i] = own / dt
            rows[i][1 - i] = cross / dt
            rows[i][2] = coupling
            const roll = this.rolling * Math.max(-1, Math.min(1, speeds[i] / ROLLING_BAND))
            rows[i][3] = (own * speeds[i] + cross * speeds[1 - i]) / dt + coupling * pitchRate + swing - roll
        }
        rows[2][0] = rows[2][1] = coupling
        rows[2][2] = bodyInertia / dt
        rows[2][3] = coupling * (speeds[0] + speeds[1]) + (bodyInertia * pitchRate) / dt
        rows[2][3] += bodyMass * GRAVITY * bodyHeight * sine
        for (const [i, motor] of [this.left, this.right].entries()) {
            const share = this.stuck[i] ? RIGID : motor.inertia / dt + motor.damping / 2
            const pull = this.stuck[i]
                ? 0
                : (motor.inertia / dt - motor.damping / 2) * motor.velocity +
                  motor.torque -
                  motor.direction * motor.friction
            rows[i][i] += share
            rows[i][2] -= share
            rows[2][i] -= share
            rows[2][2] += share
            rows[i][3] += pull
            rows[2][3] -= pull
        }
    }

    /** Gauss without pivoting: the matrix is symmetric and positive definite. */
    private eliminate(): void {
        const { rows, next } = this
        for (let pivot = 0; pivot < 2; pivot++) {
            for (let row = pivot + 1; row < 3; row++) {
                const factor = rows[row][pivot] / rows[pivot][pivot]
                for (let column = pivot; column < 4; column++) rows[row][column] -= factor * rows[pivot][column]
            }
        }
        for (let row = 2; row >= 0; row--) {
            let rest = rows[row][3]
            for (let column = row + 1; column < 3; column++) rest -= rows[row][column] * next[column]
            next[row] = rest / rows[row][row]
        }
    }

    /** Torques at the shafts and forces at the contacts, from what the wheels did (rad/s²). */
    private feelGround(leftChange: number, rightChange: number): void {
        const { own, cross, next, stepTime: dt } = this
        const { wheelRadius: r, wheelInertia, bodyMass, bodyHeight } = this.parameters
        const lever = (bodyMass * bodyHeight * r) / 2
        const tilt = (lever * Math.cos(this.pitch) * (next[2] - this.pitchRate)) / dt
        const swing = lever * Math.sin(this.pitch) * this.pitchRate * this.pitchRate
        const roll = (speed: number) => this.rolling * Math.max(-1, Math.min(1, speed / ROLLING_BAND))
        const torque = (mine: number, other: number) => own * mine + cross * other + tilt - swing
        this.left.shaftTorque = torque(leftChange, rightChange) + roll(this.leftSpeed)
        this.right.shaftTorque = torque(rightChange, leftChange) + roll(this.rightSpeed)
        for (const [motor, change] of [
            [this.left, leftChange],
            [this.right, rightChange],
        ] as const) {
            const traction = Math.abs(motor.shaftTorque - wheelInertia * change) / r / (this.weight / 2)
            if (traction > this.peakTraction) this.peakTraction = traction
        }
    }
}
