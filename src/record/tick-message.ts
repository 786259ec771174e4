import { parse } from '@foxglove/rosmsg'
import { MessageWriter } from '@foxglove/rosmsg2-serialization'
import { stamp } from '../bridge/ros/messages'
import type { RobotState } from '../host/robot'

/** A topic with everything of a tick's sample that no ROS topic has a field for. Each tick has one message. */
export const TICKS_TOPIC = '/ticks'
export const TICK_TYPE = 'tendon_msgs/msg/Tick'

const RULE = '='.repeat(80)

/** Definition of {@link TICK_TYPE}, encoding `ros2msg`. */
export const TICK_SCHEMA = `# One control tick of the robot.
builtin_interfaces/Time stamp  # when the tick started, by the host's clock
float64 stamp_bound            # stamp is right to within this, s; infinite before the clocks were compared
uint32 tick                    # since the firmware started
float64 board_time             # when the tick started, by the board's clock, s
float64 lateness               # how much later than its deadline, s
string mode
string trajectory
string[] faults
JointSample[] joints
${RULE}
MSG: builtin_interfaces/Time
int32 sec
uint32 nanosec
${RULE}
MSG: tendon_msgs/JointSample
string name
float64 position               # rad
float64 velocity               # rad/s
float64 effort                 # motor duty, -1 to 1
float64 setpoint               # in the unit of the joint's mode; NaN when off
bool valid                     # false: this tick's encoder sample was dropped, position and velocity are the last good ones
`

const writer = new MessageWriter(parse(TICK_SCHEMA, { ros2: true }))

/** A tick's message in CDR. */
export function encodeTick(state: RobotState): Uint8Array {
    const { tick, mode, trajectory, faults, joints, lateness } = state
    return writer.writeMessage({
        stamp: stamp(state.hostTime),
        stamp_bound: state.hostTimeBound,
        tick,
        board_time: state.boardTime,
        lateness,
        mode,
        trajectory,
        faults,
        joints,
    })
}
