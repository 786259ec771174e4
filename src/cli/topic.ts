import { type Command, Option } from 'commander'
import type { RosbridgeClient } from '../bridge/rosbridge-client'
import { FlowYamlError, parseFlowYaml } from './flow-yaml'
import { CommandError, UsageError } from './failure'
import { onInterruption } from './interruption'
import { messageText } from './message-text'
import { jsonOption, number } from './options'
import { note, print, printJson, table } from './output'

interface TopicOptions {
    url: string
    json?: boolean
    count?: number
    rate?: number
    once?: boolean
    arm?: boolean
}

/** Messages a second when nothing else is said: a robot's deadline is 100 ms. */
const DEFAULT_RATE = 20

const urlOption = () => new Option('--url <url>', 'WebSocket of the bridge').default('ws://127.0.0.1:9090')
const countOption = () =>
    new Option('--count <n>', 'end after so many messages').argParser(number({ min: 1, max: 1e9, whole: true }))
const rateOption = (text: string) =>
    new Option('--rate <hz>', text).argParser(number({ min: 0, above: true, max: 1000 }))
const onceOption = () => new Option('--once', 'end after one message').conflicts('count')

export function addTopic(program: Command): void {
    const topic = program.command('topic').description('look at what a running bridge serves, and publish to it')
    topic.addHelpText('after', '\nExample:\n  $ tendon topic echo /odom --once')
    topic
        .command('list')
        .description('list the topics and their types')
        .addOption(urlOption())
        .addOption(jsonOption('print one JSON object: { "topics": [...] }'))
        .addHelpText('after', '\nExample:\n  $ tendon topic list')
        .action(list)
    topic
        .command('echo')
        .description('print the messages of a topic')
        .argument('<topic>', 'for example /odom')
        .addOption(urlOption())
        .addOption(countOption())
        .addOption(onceOption())
        .addOption(rateOption('at most so many messages a second'))
        .addOption(jsonOption('print JSON lines: one for each message'))
        .addHelpText('after', '\nExample:\n  $ tendon topic echo /joint_states --count 3 --json')
        .action(echo)
    topic
        .command('pub')
        .description('publish a message again and again, until Ctrl-C')
        .argument('<topic>', 'for example /cmd_vel')
        .argument('<type>', 'for example geometry_msgs/msg/Twist')
        .argument('<message>', "in JSON or YAML's flow style")
        .addOption(urlOption())
        .addOption(rateOption('messages a second').default(DEFAULT_RATE))
        .addOption(countOption())
        .addOption(onceOption())
        .option('--arm', 'call /arm before the first message and /disarm after the last')
        .addOption(jsonOption('print one JSON object: { "published": n }'))
        .addHelpText(
            'after',
            '\nExample, a circle to the left for five seconds:\n' +
                "  $ tendon topic pub --arm --count 100 /cmd_vel geometry_msgs/msg/Twist '{linear: {x: 0.2}, angular: {z: 0.5}}'",
        )
        .action(pub)
}

async function list({ url, json }: TopicOptions): Promise<void> {
    await withClient(url, async client => {
        const topics = await client.topics()
        if (json) printJson({ topics })
        else for (const line of table(topics.map(({ name, type }) => [name, type]))) print(line)
    })
}

async function echo(
    topic: string,
    { url, json, once, rate, count = once ? 1 : Infinity }: TopicOptions,
): Promise<void> {
    await withClient(url, async (client, signal) => {
        let received = 0
        for await (const message of client.subscribe(topic, { throttleMs: rate && Math.round(1000 / rate), signal })) {
            if (json) printJson(message)
            else print([...messageText(message), '---'].join('\n'))
            if (++received === count) break
        }
    })
}

async function pub(topic: string, type: string, text: string, options: TopicOptions): Promise<void> {
    const { url, json, rate = DEFAULT_RATE, once, count = once ? 1 : undefined, arm } = options
    const message = read(text)
    await withClient(url, async (client, signal) => {
        if (arm) await trigger(client, '/arm')
        try {
            const published = await client.publish(topic, message, { type, rateHz: rate, count, signal })
            if (json) printJson({ published })
            else print(`published ${published} ${published === 1 ? 'message' : 'messages'}`)
        } finally {
            if (arm) await trigger(client, '/disarm')
        }
    })
}

/** @throws UsageError */
function read(text: string): unknown {
    try {
        return parseFlowYaml(text)
    } catch (error) {
        if (error instanceof FlowYamlError) throw new UsageError(error.message, { cause: error })
        throw error
    }
}

/** Calls a `std_srvs/srv/Trigger`, whose answer may be no. */
async function trigger(client: RosbridgeClient, service: string): Promise<void> {
    const answer = (await client.callService(service)) as { success: boolean; message: string }
    if (!answer.success) throw new CommandError(`${service}: ${answer.message}`)
}

/** Connects, and disconnects whatever happens. The signal is Ctrl-C's. */
async function withClient(
    url: string,
    action: (client: RosbridgeClient, signal: AbortSignal) => Promise<void>,
): Promise<void> {
    const { connectRosbridge } = await import('../bridge/rosbridge-client')
    const interruption = onInterruption()
    try {
        const client = await connectRosbridge(url, { onWarning: note })
        try {
            await action(client, interruption.signal)
        } finally {
            await client.close()
        }
    } finally {
        interruption.release()
    }
}
