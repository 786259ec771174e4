import type { RobotSession } from '../../host/session'
import { Ina219 } from '../../sim/chips/ina219'
import { Ina226 } from '../../sim/chips/ina226'
import { Motoron } from '../../sim/chips/motoron'
import { Pca9685 } from '../../sim/chips/pca9685'
import type { BodyParts } from '../../sim/faults/body-parts'
import type { Random } from '../../sim/random'
import type { RobotConfig } from '../../onboard/robot-config'
import { type Bound, BOUNDS, heardAgain, monitorBound } from './bounds'

/** Something that goes wrong while a planner drives the robot. */
export interface Scenario {
    readonly name: string
    readonly bound: Bound
    /** The fault, as an entry of a fault file; its time, when it has one, counts from where the others begin; parameters are drawn. */
    readonly fault?: (random: Random) => object | readonly object[]
    /** What the host does instead; with neither, the planner falls silent. */
    readonly act?: (session: RobotSession) => Promise<void>
    /** Modes that telemetry may tell at the end; any when absent, as where telemetry is what broke. */
    readonly ends?: readonly string[]
    /**
     * The motor controller may not hear the board: telemetry then names `motor`, and the controller's own timeout bounds how
     * long it drives on after that.
     */
    readonly unheard?: boolean
    /** … for so long, s, when it has no timeout for that. */
    readonly unheardFor?: number
    /**
     * It hears no command any more and has no timeout of its own: it goes on as it was told last, and nothing on the board can stop
     * it. Telemetry must say so within the bound (fault `motor`), and the robot must stand.
     */
    readonly outlives?: boolean
    /** Faults of which telemetry must have named one. */
    readonly names?: readonly string[]
    /** … and no other. */
    readonly alone?: boolean
    /** What the planner sends each time, instead of slow motion; `since` the fault, s, below 0 before it. */
    readonly plan?: (session: RobotSession, since: number) => void
    /** How long the planner takes until the robot is where the fault finds it, s. */
    readonly settles?: number
    /** How long the planner goes on from the fault on, s; {@link PLANNING} when absent. */
    readonly planning?: number
    /**
     * A new program's first word on the bus triggers the one-shot at its servo driver's OE: what is left of one period of the last
     * pulses, s, may go out then.
     */
    readonly restartPulse?: number
    /** How long it is watched from the fault on, s; {@link WATCH} when absent. */
    readonly watch?: number
}

/** The planner goes on until this long after the fault, then it is silent and the run is watched to its end, s. */
export const PLANNING = 0.6
export const WATCH = 1.4
/** A board that starts anew is described and tells its mode again within this, s. */
const RESTART_WATCH = 4

const lost = (random: Random) => random.uniform(0.001, 0.05)
const { deadline, chip } = BOUNDS

/** Faults of the link, of the host and of the runtime: those of `npm run soak -- stop`, whose seeds count on their order. */
export const LINK_SCENARIOS: readonly Scenario[] = [
    { name: 'planner falls silent', bound: deadline, ends: ['timeout'] },
    { name: 'link dropped both ways', bound: chip, fault: () => ({ kind: 'link-drop' }) },
    { name: 'link dropped to the board', bound: chip, fault: () => ({ kind: 'link-drop', direction: 'to-board' }) },
    {
        name: 'frames lost by chance',
        bound: deadline,
        fault: random => ({ kind: 'link-drop', probability: random.uniform(0.1, 0.6), duration: PLANNING }),
    },
    {
        name: 'bytes lost by chance',
        bound: deadline,
        fault: random => ({ kind: 'link-drop', unit: 'byte', probability: lost(random), duration: PLANNING }),
    },
    {
        name: 'bytes corrupted',
        bound: deadline,
        fault: random => ({ kind: 'link-corrupt', probability: lost(random), duration: PLANNING }),
    },
    {
        name: 'link delayed',
        bound: chip,
        fault: random => ({ kind: 'link-delay', delay: random.uniform(0, 0.3), jitter: 0.05, duration: PLANNING }),
    },
    {
        name: 'frames duplicated',
        bound: deadline,
        fault: random => ({ kind: 'link-duplicate', delay: random.uniform(0, 0.05), duration: PLANNING }),
    },
    { name: 'port unplugged', bound: chip, fault: () => ({ kind: 'link-unplug' }) },
    { name: 'host stalled', bound: chip, fault: () => ({ kind: 'host-stall', duration: 5 }) },
    { name: 'runtime stalled', bound: chip, fault: () => ({ kind: 'board-stall' }) },
]

/** Every scenario for a robot that has these parts: the link's, the board's, commands that stop, and each part's. */
export function catalogue(parts: BodyParts, config: RobotConfig): Scenario[] {
    const devices = Object.values(parts.chips).map(({ device }) => device)
    // One that balances measures its tilt first when it starts anew.
    const ends = config.balance ? ['idle', 'calibrating'] : ['idle']
    const restartPulse = devices.some(device => device instanceof Pca9685) ? PULSE_PERIOD : undefined
    const board = BOARD_SCENARIOS.map(scenario =>
        scenario.watch === RESTART_WATCH ? { ...scenario, ends, restartPulse } : scenario,
    )
    // A Motoron tells that its supply is gone; of other controllers a monitor does.
    const ownSupply = devices.some(device => device instanceof Motoron)
    return [
        ...LINK_SCENARIOS,
        ...board,
        ...(ownSupply ? [SUPPLY_GONE] : []),
        ...partScenarios(parts),
        ...monitorScenarios(parts, config),
    ]
}

const BOARD_SCENARIOS: readonly Scenario[] = [
    { name: 'emergency stop', bound: BOUNDS.command, act: session => session.stop(), ends: ['estop'] },
    { name: 'disarmed while driving', bound: BOUNDS.command, act: session => session.disarm(), ends: ['idle'] },
    { name: 'runtime stalled for 0.3 s', bound: chip, fault: () => ({ kind: 'board-stall', duration: 0.3 }) },
    { name: 'port unplugged for 0.3 s', bound: chip, fault: () => ({ kind: 'link-unplug', duration: 0.3 }) },
    {
        name: 'board reset',
        bound: chip,
        fault: () => ({ kind: 'board-reset' }),
        ends: ['idle'],
        watch: RESTART_WATCH,
    },
    {
        name: 'brown-out',
        bound: BOUNDS.chipAtOnce,
        fault: random => ({ kind: 'brown-out', duration: random.uniform(0.01, 0.2) }),
        ends: ['idle'],
        watch: RESTART_WATCH,
    },
]

const SUPPLY_GONE: Scenario = {
    name: 'motor supply gone',
    bound: BOUNDS.supply,
    fault: () => ({ kind: 'supply-sag', volts: 0 }),
    ends: ['fault'],
}
/** From pulse to pulse of a servo, s. */
const PULSE_PERIOD = 0.02
/** A chip that answers again after this is away for a while, s. */
const AWAY = 0.3

function partScenarios({ chips, encoders, motors, imus, contacts = {} }: BodyParts): Scenario[] {
    const list: Scenario[] = []
    for (const [target, chip] of Object.entries(chips)) {
        const outlives = chip.device instanceof Pca9685
        const motor = outlives || chip.device instanceof Motoron
        // What only measures the supply stops nothing.
        const optional = chip.device instanceof Ina226 || chip.device instanceof Ina219
        const bound = outlives ? BOUNDS.told : motor ? BOUNDS.chipUnheard : optional ? deadline : BOUNDS.sensor
        const ends = optional ? ['timeout'] : ['fault']
        // On SPI nobody acknowledges: what comes is wrong.
        const wrong = 'spi' in chip ? 'spi-corrupt' : 'i2c-nack'
        list.push({
            name: `${target} not answering`,
            bound,
            unheard: motor,
            outlives,
            ends,
            fault: () => ({ kind: wrong, target }),
        })
        list.push({
            name: `${target} wire broken`,
            bound,
            unheard: motor,
            outlives,
            ends,
            fault: () => ({ kind: 'broken-wire', target }),
        })
        list.push({
            name: `${target} answers by chance`,
            bound: motor ? BOUNDS.deadlineUnheard : deadline,
            unheard: motor,
            fault: random => ({ kind: wrong, target, probability: random.uniform(0.05, 0.4) }),
        })
        if (!motor) continue
        list.push({
            name: `${target} reset`,
            bound: BOUNDS.chipAtOnce,
            ends,
            fault: () => ({ kind: 'chip-reset', target }),
        })
        if (!outlives) {
            list.push({
                name: `${target} too hot`,
                bound: BOUNDS.chipAtOnce,
                ends,
                names: ['motor'],
                fault: () => ({ kind: 'controller-hot', target }),
            })
        }
        list.push({
            name: `${target} away for ${AWAY} s`,
            bound: outlives ? heardAgain(AWAY) : bound,
            unheard: true,
            ...(outlives && { unheardFor: AWAY }),
            ends,
            fault: () => ({ kind: 'i2c-nack', target, duration: AWAY }),
        })
    }
    for (const target of Object.keys(contacts)) {
        list.push({
            name: `${target} pressed, or its wire broken`,
            bound: BOUNDS.command,
            fault: () => ({ kind: 'contact-open', target }),
            ends: ['estop'],
        })
    }
    // What the board need not notice may not keep a robot from stopping when its planner does.
    const afterwards = (name: string, fault: (random: Random) => object) => list.push({ name, bound: deadline, fault })
    for (const target of Object.keys(imus)) {
        afterwards(`${target} frozen, then silence`, () => ({ kind: 'imu-failure', target, mode: 'frozen' }))
    }
    for (const target of Object.keys(encoders)) {
        afterwards(`${target} encoder frozen, then silence`, () => ({ kind: 'encoder-freeze', target }))
        afterwards(`${target} encoder jumps, then silence`, random => ({
            kind: 'encoder-jump',
            target,
            angle: random.uniform(-3, 3),
        }))
    }
    for (const target of Object.keys(motors)) {
        afterwards(`${target} jammed, then silence`, () => ({ kind: 'motor-jam', target }))
        afterwards(`${target} lead broken, then silence`, () => ({ kind: 'broken-wire', target }))
    }
    return list
}

/** Until the loops of a joint that does not follow ask for as much duty as its monitor watches, s. */
const DUTY_RISES = 0.4
/** Until a joint at its velocity limit that something brakes is too slow by what its monitor watches, s. */
const SLOWS = 0.2
/** With which a joint is driven that shall become too fast. */
const DUTY = 0.8
/** So near to the end of its range a joint stands before something knocks it beyond, rad. */
const FROM_END = 0.1
/** The planner goes on all the while, and longer than any monitor waits, s. */
const MONITORED = 2

/** What a monitor must stop by itself, while the planner goes on. None for late ticks: those robots only warn of them. */
function monitorScenarios({ motors, encoders, imus, supplyVolts }: BodyParts, config: RobotConfig): Scenario[] {
    const list: Scenario[] = []
    const add = (
        name: string,
        names: readonly string[],
        bound: Bound,
        fault: (random: Random) => object | readonly object[],
        more: Partial<Scenario> = {},
    ) => list.push({ name, names, bound, fault, ends: ['fault'], planning: MONITORED, watch: MONITORED + 0.2, ...more })
    const { joints } = config
    for (const { name, monitors, motor, encoder, velocityLimit, positionMin, positionMax } of joints) {
        const { rated } = motor
        if (motors[name] && monitors?.velocity && rated) {
            const volts = (rated.voltage * monitors.velocity.limit * 1.4) / (rated.freeSpeed * DUTY)
            add(
                `${name} too fast by a supply of ${volts.toFixed(0)} V`,
                ['velocity'],
                monitorBound('velocity', monitors.velocity, 'joint', DUTY_RISES),
                () => ({ kind: 'supply-sag', volts }),
                // By effort, because a velocity loop would hold it back.
                { alone: true, plan: session => session.joint(name).setEffort(DUTY) },
            )
        }
        const range =
            positionMin !== undefined && positionMax !== undefined ? ([positionMin, positionMax] as const) : undefined
        if (range && encoders[name] && monitors?.position) {
            const angle = encoder.direction * encoder.ratio * (FROM_END + 1.5 * monitors.position.limit)
            const bound = monitorBound('position', monitors.position, 'joint', 0)
            add(
                `${name} knocked beyond its range`,
                ['position'],
                bound,
                () => ({ kind: 'encoder-jump', target: name, angle }),
                {
                    alone: true,
                    // From then on by effort: a position loop would bring it back at once.
                    plan: (session, since) => {
                        const joint = session.joint(name)
                        if (since < 0) joint.setPosition(range[1] - FROM_END)
                        else joint.setEffort(0)
                    },
                    settles: 2,
                },
            )
        }
        if (motors[name] && monitors?.stall) {
            const bound = monitorBound('stall', monitors.stall, 'joint', DUTY_RISES)
            add(
                `${name} jammed, planner goes on`,
                ['stall', 'frozen', 'following'],
                bound,
                () => ({ kind: 'motor-jam', target: name }),
                // Slow motion to and fro would not ask for the duty.
                range ? toFarEnd(name, range) : {},
            )
        }
        if (motors[name] && monitors?.following && rated) {
            const { limit } = monitors.following
            // A motor loses speed with torque as a straight line does: something rubs so that full duty leaves it two limits too slow.
            const speed = Math.max(velocityLimit - 2 * limit, velocityLimit / 4)
            const free = (rated.freeSpeed * supplyVolts) / rated.voltage
            const torque = motors[name].stallTorque(supplyVolts) * (1 - speed / free)
            add(
                `${name} braked by ${torque.toFixed(1)} N·m`,
                ['following'],
                monitorBound('following', monitors.following, 'joint', SLOWS),
                () => ({ kind: 'motor-drag', target: name, torque }),
                {
                    alone: true,
                    plan: session =>
                        joints.forEach(joint => session.joint(joint.name).setVelocity(joint.velocityLimit)),
                },
            )
        }
        if (encoders[name] && monitors?.jump) {
            const bound = monitorBound('jump', monitors.jump, 'tick', 0)
            add(`${name} encoder off for good`, ['encoder'], bound, random => ({
                kind: 'encoder-jump',
                target: name,
                angle: random.uniform(1, 2.5),
            }))
        }
    }
    if (config.supplyMonitor) {
        const volts = config.supplyMonitor.limit * 0.8
        const bound = monitorBound('supply', config.supplyMonitor, 'robot', 0)
        add('motor supply low', ['supply'], bound, () => ({ kind: 'supply-sag', volts }))
    }
    const { tilt, current } = config.monitors ?? {}
    for (const target of tilt ? Object.keys(imus) : []) {
        const angle = tilt!.limit + 0.4
        add('robot leans too far', ['tilt'], monitorBound('tilt', tilt!, 'robot', 0), () => ({
            kind: 'robot-tilt',
            target,
            angle,
        }))
    }
    if (current) {
        const bound = monitorBound('current', current, 'robot', DUTY_RISES)
        const [target] = Object.keys(motors)
        add('motor takes too much current', ['current'], bound, () => [
            { kind: 'motor-jam', target },
            { kind: 'supply-sag', volts: 20 },
        ])
    }
    return list
}

/** Has a joint stand in the lower half of its range, and after the fault sends it to its upper end. */
function toFarEnd(name: string, [low, high]: readonly [number, number]): Partial<Scenario> {
    const lower = low + (high - low) / 4
    return { plan: (session, since) => session.joint(name).setPosition(since < 0 ? lower : high), settles: 2 }
}
