import { Ls7366r } from '../../sim/chips/ls7366r'
import type { ValueTap } from '../../sim/faults/body-parts'
import { parametersFromDatasheet, POLOLU_37D_50 } from '../../sim/plants/dc-gear-motor'
import { DifferentialRover, SMALL_ROVER } from '../../sim/plants/differential-rover'
import type { BodyContext, RobotBody } from '../../sim/robot-body'
import { WheelPair } from '../../sim/wheel-pair'
import { COUNTS_PER_TURN, LEFT_SELECT, RIGHT_SELECT } from './counters'

/** V */
const SUPPLY = 12
/** With the wheels in the air nothing couples them, and they turn nothing but themselves. */
const ON_A_STAND = { ...SMALL_ROVER, mass: 1e-9, yawInertia: 1e-9 }

/** The rover's body, its wheels counted: wired as in `main.ts`. */
export function makeBody(context: BodyContext): RobotBody {
    const { time, options = {} } = context
    const wheels = new WheelPair(context, {
        motor: parametersFromDatasheet(POLOLU_37D_50),
        supplyVolts: SUPPLY,
        encoders: ({ spi, pins, warn }, shafts) => {
            const counter = (name: string, shaft: ValueTap) => {
                const quarters = () => (shaft.read() / (2 * Math.PI)) * COUNTS_PER_TURN
                const part = { spi, select: pins[name], device: new Ls7366r({ quarters, name, warn }) }
                spi.attach(part.select, part.device)
                return part
            }
            return {
                left_counter: counter(LEFT_SELECT, shafts.left_wheel),
                right_counter: counter(RIGHT_SELECT, shafts.right_wheel),
            }
        },
    })
    const plant = new DifferentialRover(wheels.left, wheels.right, options.lifted ? ON_A_STAND : SMALL_ROVER)

    const body: RobotBody = {
        advanceTo: to => {
            plant.advanceTo(to)
            time.now = to
        },
        onStep: undefined,
        writeState: target => plant.writeState(target),
        pose: () => (options.lifted ? { x: 0, y: 0, heading: 0 } : { x: plant.x, y: plant.y, heading: plant.heading }),
        ...wheels.answers(),
        parts: wheels.parts,
    }
    plant.beforeStep = at => {
        time.now = at
        wheels.drive()
    }
    plant.afterStep = at => {
        time.now = at
        body.onStep?.()
    }
    return body
}
