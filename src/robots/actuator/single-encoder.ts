import type { As5600 } from '../../../devices/encoders/as5600'
import type { JointEncoders } from '../../onboard/parts'

/** One magnetic encoder as all that a robot has. Its driver looks after the magnet by itself. */
export class SingleEncoder implements JointEncoders {
    readonly reading = [0]
    failed = 0

    constructor(private readonly chip: As5600) {}

    /** @inline */
    sample(): void {
        const chip = this.chip
        if (chip.sample()) {
            this.reading[0] = chip.angle
            this.failed = 0
        } else this.failed = 1
    }

    /** @inline */
    check(): void {}

    forget(): void {
        this.chip.forget()
    }
}
