/** What a bit of a motor controller's status word says. */
type Bit = readonly [mask: number, text: string]

/** By the controller's name in the robot's description. */
const STATUS: Readonly<Record<string, readonly Bit[]>> = {
    // "Pololu Motoron Motor Controller User's Guide", section 8 "Status flags". One bit for both: it does not tell which.
    Motoron: [
        [0x0800, 'a motor driver is too hot or takes too much current'],
        [0x1000, 'the motor supply is missing'],
        [0x0400, 'it heard no command in time'],
        [0x0200, 'it was reset'],
        [0x0002, 'a command had a wrong CRC'],
        [0x0001, 'a command was none'],
    ],
    // Texas Instruments SLVSAB2G, register FAULT: OTS, OCP, ILIMIT, UVLO; all of its motors together.
    DRV8830: [
        [0x08, 'a motor driver is too hot'],
        [0x02, 'a motor or its leads are shorted'],
        [0x10, 'a motor was at its current limit for too long'],
        [0x04, 'the motor supply is too low'],
    ],
    // `ServoStatus` (src/robots/manipulator/servo-joints.ts).
    PCA9685: [
        [0x01, 'the servos take too much current'],
        [0x02, 'it was reset'],
    ],
}

/** A status word in plain words; undefined when nothing is known of its bits. */
export function motorStatus(part: string | undefined, status: number): string | undefined {
    const said = (STATUS[part ?? ''] ?? []).filter(([mask]) => (status & mask) !== 0).map(([, text]) => text)
    return said.length > 0 ? said.join(', ') : undefined
}
