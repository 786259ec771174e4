import type { RobotConfig } from '../onboard/robot-config'

/** What a tick was found to take. */
export interface TickTimes {
    medianUs: number
    shares: { bus: { us: number } }
}

/** Of the period, that a tick may take by board profile: on the RP2040 the host, telemetry and collections need the rest. */
const TICK_SHARES: Readonly<Record<string, number>> = { rp2040: 0.5 }
/** On any board it must be over when the next one begins. */
const TICK_SHARE = 1
/** Of the period, that it may be on the bus, on any board. */
const BUS_SHARE = 0.5

/** Whether the robot's rate is one that board and bus can carry: key, value and what is allowed, one line for what is not so. */
export function rateProblems(config: RobotConfig, board: string, { medianUs, shares }: TickTimes): string[] {
    const { tickPeriodMs, i2c } = config
    const busUs = shares.bus.us
    const share = TICK_SHARES[board] ?? TICK_SHARE
    const problems: string[] = []
    if (!(medianUs <= share * 1000 * tickPeriodMs)) {
        const part = share === 1 ? 'the whole period' : `${100 * share} % of the period`
        problems.push(
            `tickPeriodMs is ${tickPeriodMs}; allowed: ${Math.ceil(medianUs / share / 1000)} ms and more, because a ` +
                `typical tick takes ${ms(medianUs)} on the ${board}, and may take ${part}`,
        )
    }
    const most = BUS_SHARE * 1000 * tickPeriodMs
    if (!(busUs <= most)) {
        problems.push(
            `i2c.frequency is ${i2c.frequency}; allowed: ${Math.ceil((i2c.frequency * busUs) / most)} Hz and more (the ` +
                `parts' datasheets say what they bear), or tickPeriodMs ${Math.ceil(busUs / BUS_SHARE / 1000)} and more: ` +
                `a tick is on the bus for ${ms(busUs)}, and may be for half its period`,
        )
    }
    return problems
}

function ms(us: number): string {
    return `${(us / 1000).toFixed(2)} ms`
}
