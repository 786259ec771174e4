// Message and service definitions of ROS 2 (common_interfaces, rcl_interfaces, rosbridge_suite), as /rosapi tells them.

const HEADER = 'std_msgs/Header header'
const TRIGGER = ['', 'bool success\nstring message'] as const

/** Fields of every message type that the bridge sends or takes, by short name. */
const MESSAGES = new Map<string, string>([
    ['builtin_interfaces/Time', 'int32 sec\nuint32 nanosec'],
    ['std_msgs/Header', 'builtin_interfaces/Time stamp\nstring frame_id'],
    ['geometry_msgs/Vector3', 'float64 x\nfloat64 y\nfloat64 z'],
    ['geometry_msgs/Point', 'float64 x\nfloat64 y\nfloat64 z'],
    ['geometry_msgs/Quaternion', 'float64 x\nfloat64 y\nfloat64 z\nfloat64 w'],
    ['geometry_msgs/Pose', 'geometry_msgs/Point position\ngeometry_msgs/Quaternion orientation'],
    ['geometry_msgs/PoseWithCovariance', 'geometry_msgs/Pose pose\nfloat64[36] covariance'],
    ['geometry_msgs/Twist', 'geometry_msgs/Vector3 linear\ngeometry_msgs/Vector3 angular'],
    ['geometry_msgs/TwistWithCovariance', 'geometry_msgs/Twist twist\nfloat64[36] covariance'],
    ['geometry_msgs/TwistStamped', `${HEADER}\ngeometry_msgs/Twist twist`],
    ['sensor_msgs/JointState', `${HEADER}\nstring[] name\nfloat64[] position\nfloat64[] velocity\nfloat64[] effort`],
    [
        'sensor_msgs/Imu',
        `${HEADER}\ngeometry_msgs/Quaternion orientation\nfloat64[9] orientation_covariance\n` +
            'geometry_msgs/Vector3 angular_velocity\nfloat64[9] angular_velocity_covariance\n' +
            'geometry_msgs/Vector3 linear_acceleration\nfloat64[9] linear_acceleration_covariance',
    ],
    [
        'nav_msgs/Odometry',
        `${HEADER}\nstring child_frame_id\ngeometry_msgs/PoseWithCovariance pose\n` +
            'geometry_msgs/TwistWithCovariance twist',
    ],
    ['diagnostic_msgs/KeyValue', 'string key\nstring value'],
    [
        'diagnostic_msgs/DiagnosticStatus',
        'byte level\nstring name\nstring message\nstring hardware_id\ndiagnostic_msgs/KeyValue[] values',
    ],
    ['diagnostic_msgs/DiagnosticArray', `${HEADER}\ndiagnostic_msgs/DiagnosticStatus[] status`],
    [
        'rosapi_msgs/TypeDef',
        'string type\nstring[] fieldnames\nstring[] fieldtypes\nint32[] fieldarraylen\nstring[] examples\n' +
            'string[] constnames\nstring[] constvalues',
    ],
])

/** Request and response fields of every service type that the bridge answers, by short name. */
const SERVICES = new Map<string, readonly [request: string, response: string]>([
    ['std_srvs/Trigger', TRIGGER],
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
    ['rosapi_msgs/Nodes', ['', 'string[] nodes']],
    ['rosapi_msgs/NodeDetails', ['string node', 'string[] subscribing\nstring[] publishing\nstring[] services']],
    ['rosapi_msgs/GetActionServers', ['', 'string[] action_servers']],
    ['rosapi_msgs/GetParamNames', ['', 'string[] names']],
    ['rosapi_msgs/GetTime', ['', 'builtin_interfaces/Time time']],
    ['rosapi_msgs/GetROSVersion', ['', 'uint8 version\nstring distro']],
])

/** One level of a type, as `rosapi_msgs/TypeDef` tells it. */
export interface TypeDefinition {
    type: string
    fieldnames: string[]
    fieldtypes: string[]
    /** -1: not an array; 0: any length; otherwise the fixed length. */
    fieldarraylen: number[]
    examples: string[]
    constnames: string[]
    constvalues: string[]
}

/** `pkg/Name` of a type in ROS 1 spelling (`pkg/Name`) or ROS 2 spelling (`pkg/msg/Name`, `pkg/srv/Name`). */
export function shortType(type: string): string {
    return type.replace(/^(\w+)\/(?:msg|srv)\/(\w+)$/, '$1/$2')
}

/** True when both spellings name one type. */
export function sameType(a: string, b: string): boolean {
    return shortType(a) === shortType(b)
}

/** Definition of a message type and, after it, of every type in it. Empty when the bridge does not know the type. */
export function messageDetails(type: string): TypeDefinition[] {
    const fields = MESSAGES.get(shortType(type))
    return fields === undefined ? [] : withDependencies(shortType(type), fields)
}

/** Same for the request (0) or the response (1) of a service type. */
export function serviceDetails(type: string, part: 0 | 1): TypeDefinition[] {
    const fields = SERVICES.get(shortType(type))?.[part]
    return fields === undefined ? [] : withDependencies(`${shortType(type)}_${part ? 'Response' : 'Request'}`, fields)
}

/** Names of a service's request fields, in order. */
export function requestFields(type: string): string[] {
    return parse('', SERVICES.get(shortType(type))?.[0] ?? '').fieldnames
}

/** Definition of a message type as text, its dependencies after lines of 80 `=`. */
export function definitionText(type: string): string {
    const rest = messageDetails(type).slice(1)
    const sections = rest.map(({ type }) => `${'='.repeat(80)}\nMSG: ${type}\n${MESSAGES.get(type)}\n`)
    return [`${MESSAGES.get(shortType(type)) ?? ''}\n`, ...sections].join('')
}

function withDependencies(type: string, fields: string): TypeDefinition[] {
    const found = [parse(type, fields)]
    for (const definition of found) {
        for (const fieldType of definition.fieldtypes) {
            const inner = MESSAGES.get(fieldType)
            if (inner !== undefined && !found.some(({ type }) => type === fieldType)) {
                found.push(parse(fieldType, inner))
            }
        }
    }
    return found
}

function parse(type: string, fields: string): TypeDefinition {
    const definition: TypeDefinition = {
        type,
        fieldnames: [],
        fieldtypes: [],
        fieldarraylen: [],
        examples: [],
        constnames: [],
        constvalues: [],
    }
    for (const line of fields.split('\n').filter(line => line !== '')) {
        const [, base, array, name] = /^([\w/]+)(\[\d*\])? (\w+)$/.exec(line)!
        definition.fieldnames.push(name)
        definition.fieldtypes.push(base)
        definition.fieldarraylen.push(array === undefined ? -1 : Number(array.slice(1, -1)))
        definition.examples.push(array !== undefined ? '[]' : example(base))
    }
    return definition
}

function example(type: string): string {
    if (type.includes('/')) return '{}'
    if (type === 'string') return ''
    if (type === 'bool') return 'False'
    return type.startsWith('float') ? '0.0' : '0'
}
