// Message definitions of ROS 2 (common_interfaces, rcl_interfaces, geometry2, ros2_controllers' control_msgs, rosapi_msgs):
// names, types and constants are the contract with every ROS tool, so they stand here as those packages spell them.

const HEADER = 'std_msgs/Header header'

/** Fields and constants of every message type that the bridge sends or takes, by short name. */
export const MESSAGES: ReadonlyMap<string, string> = new Map([
    ['builtin_interfaces/Time', 'int32 sec\nuint32 nanosec'],
    ['builtin_interfaces/Duration', 'int32 sec\nuint32 nanosec'],
    ['std_msgs/Header', 'builtin_interfaces/Time stamp\nstring frame_id'],
    ['std_msgs/String', 'string data'],
    ['std_msgs/MultiArrayDimension', 'string label\nuint32 size\nuint32 stride'],
    ['std_msgs/MultiArrayLayout', 'std_msgs/MultiArrayDimension[] dim\nuint32 data_offset'],
    ['std_msgs/Float64MultiArray', 'std_msgs/MultiArrayLayout layout\nfloat64[] data'],
    ['rosgraph_msgs/Clock', 'builtin_interfaces/Time clock'],
    ['geometry_msgs/Vector3', 'float64 x\nfloat64 y\nfloat64 z'],
    ['geometry_msgs/Point', 'float64 x\nfloat64 y\nfloat64 z'],
    ['geometry_msgs/Quaternion', 'float64 x\nfloat64 y\nfloat64 z\nfloat64 w'],
    ['geometry_msgs/Pose', 'geometry_msgs/Point position\ngeometry_msgs/Quaternion orientation'],
    ['geometry_msgs/PoseWithCovariance', 'geometry_msgs/Pose pose\nfloat64[36] covariance'],
    ['geometry_msgs/Twist', 'geometry_msgs/Vector3 linear\ngeometry_msgs/Vector3 angular'],
    ['geometry_msgs/TwistWithCovariance', 'geometry_msgs/Twist twist\nfloat64[36] covariance'],
    ['geometry_msgs/TwistStamped', `${HEADER}\ngeometry_msgs/Twist twist`],
    ['geometry_msgs/Transform', 'geometry_msgs/Vector3 translation\ngeometry_msgs/Quaternion rotation'],
    ['geometry_msgs/TransformStamped', `${HEADER}\nstring child_frame_id\ngeometry_msgs/Transform transform`],
    ['tf2_msgs/TFMessage', 'geometry_msgs/TransformStamped[] transforms'],
    ['sensor_msgs/JointState', `${HEADER}\nstring[] name\nfloat64[] position\nfloat64[] velocity\nfloat64[] effort`],
    [
        'sensor_msgs/Imu',
        `${HEADER}\ngeometry_msgs/Quaternion orientation\nfloat64[9] orientation_covariance\n` +
            'geometry_msgs/Vector3 angular_velocity\nfloat64[9] angular_velocity_covariance\n' +
            'geometry_msgs/Vector3 linear_acceleration\nfloat64[9] linear_acceleration_covariance',
    ],
    [
        'sensor_msgs/BatteryState',
        constants('uint8', {
            POWER_SUPPLY_STATUS_UNKNOWN: 0,
            POWER_SUPPLY_STATUS_CHARGING: 1,
            POWER_SUPPLY_STATUS_DISCHARGING: 2,
            POWER_SUPPLY_STATUS_NOT_CHARGING: 3,
            POWER_SUPPLY_STATUS_FULL: 4,
            POWER_SUPPLY_HEALTH_UNKNOWN: 0,
            POWER_SUPPLY_HEALTH_GOOD: 1,
            POWER_SUPPLY_HEALTH_OVERHEAT: 2,
            POWER_SUPPLY_HEALTH_DEAD: 3,
            POWER_SUPPLY_HEALTH_OVERVOLTAGE: 4,
            POWER_SUPPLY_HEALTH_UNSPEC_FAILURE: 5,
            POWER_SUPPLY_HEALTH_COLD: 6,
            POWER_SUPPLY_HEALTH_WATCHDOG_TIMER_EXPIRE: 7,
            POWER_SUPPLY_HEALTH_SAFETY_TIMER_EXPIRE: 8,
            POWER_SUPPLY_TECHNOLOGY_UNKNOWN: 0,
            POWER_SUPPLY_TECHNOLOGY_NIMH: 1,
            POWER_SUPPLY_TECHNOLOGY_LION: 2,
            POWER_SUPPLY_TECHNOLOGY_LIPO: 3,
            POWER_SUPPLY_TECHNOLOGY_LIFE: 4,
            POWER_SUPPLY_TECHNOLOGY_NICD: 5,
            POWER_SUPPLY_TECHNOLOGY_LIMN: 6,
        }) +
            `\n${HEADER}\nfloat32 voltage\nfloat32 temperature\nfloat32 current\nfloat32 charge\nfloat32 capacity\n` +
            'float32 design_capacity\nfloat32 percentage\nuint8 power_supply_status\nuint8 power_supply_health\n' +
            'uint8 power_supply_technology\nbool present\nfloat32[] cell_voltage\nfloat32[] cell_temperature\n' +
            'string location\nstring serial_number',
    ],
    [
        'nav_msgs/Odometry',
        `${HEADER}\nstring child_frame_id\ngeometry_msgs/PoseWithCovariance pose\n` +
            'geometry_msgs/TwistWithCovariance twist',
    ],
    ['diagnostic_msgs/KeyValue', 'string key\nstring value'],
    [
        'diagnostic_msgs/DiagnosticStatus',
        constants('byte', { OK: 0, WARN: 1, ERROR: 2, STALE: 3 }) +
            '\nbyte level\nstring name\nstring message\nstring hardware_id\ndiagnostic_msgs/KeyValue[] values',
    ],
    ['diagnostic_msgs/DiagnosticArray', `${HEADER}\ndiagnostic_msgs/DiagnosticStatus[] status`],
    [
        'trajectory_msgs/JointTrajectoryPoint',
        'float64[] positions\nfloat64[] velocities\nfloat64[] accelerations\nfloat64[] effort\n' +
            'builtin_interfaces/Duration time_from_start',
    ],
    [
        'trajectory_msgs/JointTrajectory',
        `${HEADER}\nstring[] joint_names\ntrajectory_msgs/JointTrajectoryPoint[] points`,
    ],
    ['control_msgs/JointTolerance', 'string name\nfloat64 position\nfloat64 velocity\nfloat64 acceleration'],
    ['unique_identifier_msgs/UUID', 'uint8[16] uuid'],
    ['action_msgs/GoalInfo', 'unique_identifier_msgs/UUID goal_id\nbuiltin_interfaces/Time stamp'],
    ['rcl_interfaces/FloatingPointRange', 'float64 from_value\nfloat64 to_value\nfloat64 step'],
    ['rcl_interfaces/IntegerRange', 'int64 from_value\nint64 to_value\nuint64 step'],
    [
        'rcl_interfaces/ParameterDescriptor',
        'string name\nuint8 type\nstring description\nstring additional_constraints\nbool read_only\n' +
            'bool dynamic_typing\nrcl_interfaces/FloatingPointRange[] floating_point_range\n' +
            'rcl_interfaces/IntegerRange[] integer_range',
    ],
    [
        'rcl_interfaces/ParameterValue',
        'uint8 type\nbool bool_value\nint64 integer_value\nfloat64 double_value\nstring string_value\n' +
            'byte[] byte_array_value\nbool[] bool_array_value\nint64[] integer_array_value\n' +
            'float64[] double_array_value\nstring[] string_array_value',
    ],
    ['rcl_interfaces/Parameter', 'string name\nrcl_interfaces/ParameterValue value'],
    ['rcl_interfaces/SetParametersResult', 'bool successful\nstring reason'],
    ['rcl_interfaces/ListParametersResult', 'string[] names\nstring[] prefixes'],
    [
        'rosapi_msgs/TypeDef',
        'string type\nstring[] fieldnames\nstring[] fieldtypes\nint32[] fieldarraylen\nstring[] examples\n' +
            'string[] constnames\nstring[] constvalues',
    ],
])

function constants(type: string, values: Record<string, number>): string {
    return Object.entries(values)
        .map(([name, value]) => `${type} ${name}=${value}`)
        .join('\n')
}
