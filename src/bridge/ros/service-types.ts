// Service and action definitions of ROS 2 (std_srvs, rcl_interfaces, rosapi_msgs, control_msgs), as those packages spell them.

/** Request and response fields of every service type that the bridge answers, by short name. */
export const SERVICES: ReadonlyMap<string, readonly [request: string, response: string]> = new Map([
    ['std_srvs/Trigger', ['', 'bool success\nstring message']],
    [
        'action_msgs/CancelGoal',
        ['action_msgs/GoalInfo goal_info', 'int8 return_code\naction_msgs/GoalInfo[] goals_canceling'],
    ],
    [
        'rcl_interfaces/ListParameters',
        ['string[] prefixes\nuint64 depth', 'rcl_interfaces/ListParametersResult result'],
    ],
    ['rcl_interfaces/DescribeParameters', ['string[] names', 'rcl_interfaces/ParameterDescriptor[] descriptors']],
    ['rcl_interfaces/GetParameterTypes', ['string[] names', 'uint8[] types']],
    ['rcl_interfaces/GetParameters', ['string[] names', 'rcl_interfaces/ParameterValue[] values']],
    [
        'rcl_interfaces/SetParameters',
        ['rcl_interfaces/Parameter[] parameters', 'rcl_interfaces/SetParametersResult[] results'],
    ],
    ['rosapi_msgs/Topics', ['', 'string[] topics\nstring[] types']],
    ['rosapi_msgs/TopicsForType', ['string type', 'string[] topics']],
    ['rosapi_msgs/TopicsAndRawTypes', ['', 'string[] topics\nstring[] types\nstring[] typedefs_full_text']],
    ['rosapi_msgs/TopicType', ['string topic', 'string type']],
    ['rosapi_msgs/Publishers', ['string topic', 'string[] publishers']],
    ['rosapi_msgs/Subscribers', ['string topic', 'string[] subscribers']],
    ['rosapi_msgs/Services', ['', 'string[] services']],
    ['rosapi_msgs/ServicesForType', ['string type', 'string[] services']],
    ['rosapi_msgs/ServiceType', ['string service', 'string type']],
    ['rosapi_msgs/ServiceProviders', ['string service', 'string[] providers']],
    ['rosapi_msgs/ServiceNode', ['string service', 'string node']],
    ['rosapi_msgs/ServiceRequestDetails', ['string type', 'rosapi_msgs/TypeDef[] typedefs']],
    ['rosapi_msgs/ServiceResponseDetails', ['string type', 'rosapi_msgs/TypeDef[] typedefs']],
    ['rosapi_msgs/MessageDetails', ['string type', 'rosapi_msgs/TypeDef[] typedefs']],
    ['rosapi_msgs/Interfaces', ['', 'string[] interfaces']],
    ['rosapi_msgs/Nodes', ['', 'string[] nodes']],
    ['rosapi_msgs/NodeDetails', ['string node', 'string[] subscribing\nstring[] publishing\nstring[] services']],
    ['rosapi_msgs/GetActionServers', ['', 'string[] action_servers']],
    ['rosapi_msgs/ActionType', ['string action', 'string type']],
    ['rosapi_msgs/ActionGoalDetails', ['string type', 'rosapi_msgs/TypeDef[] typedefs']],
    ['rosapi_msgs/ActionResultDetails', ['string type', 'rosapi_msgs/TypeDef[] typedefs']],
    ['rosapi_msgs/ActionFeedbackDetails', ['string type', 'rosapi_msgs/TypeDef[] typedefs']],
    ['rosapi_msgs/GetParamNames', ['', 'string[] names']],
    ['rosapi_msgs/GetParam', ['string name\nstring default_value', 'string value\nbool successful\nstring reason']],
    ['rosapi_msgs/SetParam', ['string name\nstring value', 'bool successful\nstring reason']],
    ['rosapi_msgs/HasParam', ['string name', 'bool exists']],
    ['rosapi_msgs/GetTime', ['', 'builtin_interfaces/Time time']],
    ['rosapi_msgs/GetROSVersion', ['', 'uint8 version\nstring distro']],
])

/** Goal, result and feedback of every action type that the bridge serves, by short name. */
export const ACTIONS: ReadonlyMap<string, readonly [goal: string, result: string, feedback: string]> = new Map([
    [
        'control_msgs/FollowJointTrajectory',
        [
            'trajectory_msgs/JointTrajectory trajectory\ncontrol_msgs/JointTolerance[] path_tolerance\n' +
                'control_msgs/JointTolerance[] goal_tolerance\nbuiltin_interfaces/Duration goal_time_tolerance',
            'int32 SUCCESSFUL=0\nint32 INVALID_GOAL=-1\nint32 INVALID_JOINTS=-2\nint32 OLD_HEADER_TIMESTAMP=-3\n' +
                'int32 PATH_TOLERANCE_VIOLATED=-4\nint32 GOAL_TOLERANCE_VIOLATED=-5\n' +
                'int32 error_code\nstring error_string',
            'std_msgs/Header header\nstring[] joint_names\ntrajectory_msgs/JointTrajectoryPoint desired\n' +
                'trajectory_msgs/JointTrajectoryPoint actual\ntrajectory_msgs/JointTrajectoryPoint error',
        ],
    ],
])
