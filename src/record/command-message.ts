import { parse } from '@foxglove/rosmsg'
import { MessageReader, MessageWriter } from '@foxglove/rosmsg2-serialization'
import { stamp } from '../bridge/ros/messages'
import type { JointSetpoint, SentCommand } from '../host/robot'

/** A topic with everything but trajectories that was sent to the robot, whoever wanted it. */
export const COMMANDS_TOPIC = '/commands'
export const COMMAND_TYPE = 'tendon_msgs/msg/Command'

const RULE = '='.repeat(80)

/** Definition of {@link COMMAND_TYPE}, encoding `ros2msg`. */
export const COMMAND_SCHEMA = `# A command as it was sent to the robot.
builtin_interfaces/Time stamp  # when, by the host's clock
string kind                    # setpoint, arm, disarm or stop
JointCommand[] joints          # of a setpoint; joints that are not named stay as they are
${RULE}
MSG: builtin_interfaces/Time
int32 sec
uint32 nanosec
${RULE}
MSG: tendon_msgs/JointCommand
string name
string mode                    # off, effort, velocity or position
float64 value                  # motor duty -1 to 1, rad/s or rad by mode; 0 when off
`

const definitions = parse(COMMAND_SCHEMA, { ros2: true })
const writer = new MessageWriter(definitions)
const reader = new MessageReader(definitions)

/** What is no trajectory. */
export type PlainCommand = Exclude<SentCommand, { kind: 'trajectory' }>

/** A command's message in CDR. */
export function encodeCommand(command: PlainCommand): Uint8Array {
    const joints = command.kind === 'setpoint' ? command.joints : []
    return writer.writeMessage({
        stamp: stamp(command.hostTime),
        kind: command.kind,
        joints: joints.map(({ name, setpoint }) => {
            const [[mode, value]] = setpoint === 'off' ? [['off', 0]] : Object.entries(setpoint)
            return { name, mode, value }
        }),
    })
}

/** Such a message read again. */
export function decodeCommand(bytes: Uint8Array): PlainCommand {
    const { stamp, kind, joints } = reader.readMessage<{
        stamp: { sec: number; nanosec: number }
        kind: PlainCommand['kind']
        joints: { name: string; mode: string; value: number }[]
    }>(bytes)
    const hostTime = stamp.sec + stamp.nanosec / 1e9
    if (kind !== 'setpoint') return { kind, hostTime }
    return {
        kind,
        hostTime,
        joints: joints.map(({ name, mode, value }) => ({
            name,
            setpoint: mode === 'off' ? 'off' : ({ [mode]: value } as JointSetpoint),
        })),
    }
}
