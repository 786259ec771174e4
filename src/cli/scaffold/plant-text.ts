/** `plant.ts` of a new robot. Its supply, motors and mechanics are the rover's. */
export const plantText = (
    name: string,
) => `import { parametersFromDatasheet, POLOLU_37D_50 } from '../../sim/plants/dc-gear-motor'
import { DifferentialRover, SMALL_ROVER } from '../../sim/plants/differential-rover'
import type { BodyContext, RobotBody } from '../../sim/robot-body'
import { behindMultiplexer, WheelPair } from '../../sim/wheel-pair'
import { LEFT_CHANNEL, RIGHT_CHANNEL } from './channels'

/** V */
const SUPPLY = 12
/** Mass, inertia, wheels: state your robot's own. */
const MECHANICS = SMALL_ROVER
/** With the wheels in the air nothing couples them, and they turn nothing but themselves. */
const ON_A_STAND = { ...MECHANICS, mass: 1e-9, yawInertia: 1e-9 }

/** The body of ${name}: wired as in \`main.ts\`. */
export function makeBody(context: BodyContext): RobotBody {
    const { time, options = {} } = context
    // Motor controller, encoders and their multiplexer; a part of another kind is attached to \`context.bus\` likewise.
    const wheels = new WheelPair(context, {
        motor: parametersFromDatasheet(POLOLU_37D_50),
        supplyVolts: SUPPLY,
        encoders: behindMultiplexer(LEFT_CHANNEL, RIGHT_CHANNEL),
    })
    const plant = new DifferentialRover(wheels.left, wheels.right, options.lifted ? ON_A_STAND : MECHANICS)

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
`
