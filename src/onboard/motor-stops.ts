import type { RobotConfig } from './robot-config'

/** What a motor driver can do to stop, whatever the program does: stated by the driver, documented in docs/safety.md. */
export interface MotorStops {
    /** Part number. */
    readonly part: string
    /**
     * The outputs go off by themselves at most this long after the last command, ms: when the program stalls, the board dies or
     * the bus breaks. 0: never, they go on as they were told last.
     */
    readonly selfStopMs: number
    /** Whether outputs can coast: not at all, or only all of them together. */
    readonly coasting: 'none' | 'together'
}

/** Why the motor driver cannot stop the joints as the robot's data says; undefined when it can. */
export function refusedStop(config: RobotConfig, stops: { part: string; coasting: string }): string | undefined {
    let coasting = 0
    for (const joint of config.joints) {
        const stop = joint.stop
        if (stop && stop.action === 'coast') {
            coasting++
            if (stops.coasting === 'none')
                return joint.name + ': stop.action "coast", but the ' + stops.part + ' can only brake'
        }
        if (stop && stop.action === 'hold' && !((stop.deceleration ?? 0) > 0))
            return joint.name + ': stop.action "hold" needs stop.deceleration, more than 0 rad/s²'
    }
    if (coasting !== 0 && coasting !== config.joints.length)
        return 'stop.action "coast" of some joints only, but the ' + stops.part + ' coasts its outputs all together'
    return undefined
}
