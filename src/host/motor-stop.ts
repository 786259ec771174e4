import type { RobotDescription } from '../protocol/description'

/** What becomes of the motors when the board's program stands still or the board dies. */
export interface MotorStop {
    /** They stop by themselves. */
    stops: boolean
    /** In plain words. */
    sentence: string
}

/** By the driver that the robot names; undefined when it names none. */
export function motorStop({ motors }: RobotDescription): MotorStop | undefined {
    if (!motors) return undefined
    const { part, selfStopMs } = motors
    return selfStopMs > 0
        ? {
              stops: true,
              sentence: `${part}: motors are off ${selfStopMs} ms after the last command, whatever becomes of the board`,
          }
        : {
              stops: false,
              sentence: `${part}: motors go on as they were told last when the program or the board stops; nothing but their supply stops them then`,
          }
}

/** To be said when the robot is armed: its motors do not stop by themselves. */
export function armingWarning(description: RobotDescription): string | undefined {
    const stop = motorStop(description)
    return stop?.stops === false ? `warning, ${stop.sentence}` : undefined
}
