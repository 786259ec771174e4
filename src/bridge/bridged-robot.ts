import type { ClockFit } from '../host/clock-sync'
import type { LinkQuality, LoopTiming, OperatedRobot, RobotState, RobotStatistics } from '../host/robot'
import type { RobotDescription } from '../protocol/description'
import { BridgeError } from './bridge-error'
import { connectRosbridge, type RosbridgeClient } from './rosbridge-client'
import { readStatus, type RobotStatus, STATUS_SERVICE } from './status-service'
import { JOINT_VELOCITY_TOPIC } from './topics'

/** Between an answer and the next question for the status, ms. */
const POLL_MS = 50
/** A status older than this is none: the robot counts as not connected, and its joints are told nothing, ms. */
const SILENCE_MS = 500
/** A refusal with the same words is told once in this, ms: setpoints are sent 50 times a second. */
const AGAIN_MS = 1000

/** How old a state is at most, beside what it is behind a port: until the next status, and on its way, s. */
export const BRIDGE_LAG = 0.1

/**
 * A robot behind a running bridge of tendon, watched and moved by hand by one more client of it. The bridge's rules hold: whoever
 * commands first keeps the others from it until it leaves; an emergency stop asks nobody.
 */
export class BridgedRobot implements OperatedRobot {
    /** Aborted when the connection to the bridge ends, with why. */
    readonly ended: AbortSignal
    private readonly end = new AbortController()
    private heardAt = performance.now()
    private timer: ReturnType<typeof setTimeout> | undefined
    private closed = false
    private told = { text: '', at: -Infinity }
    private onRefusal = () => {}
    private readonly velocities: { publish(message: object): void; close(): void }

    private constructor(
        private readonly client: RosbridgeClient,
        private status: RobotStatus,
        private readonly say: (text: string) => void,
    ) {
        this.ended = this.end.signal
        this.velocities = client.publisher(JOINT_VELOCITY_TOPIC, error => {
            if (error.code === 'closed') return
            this.tell(error.message)
            this.onRefusal()
        })
        this.poll()
    }

    /**
     * @param url of the rosbridge, for example `ws://127.0.0.1:9090`
     * @param say told what the bridge warns of, and what it refuses after it was sent
     * @throws BridgeError `bad-url`, `no-bridge`, `no-answer`, `refused`
     */
    static async connect(url: string, say: (text: string) => void): Promise<BridgedRobot> {
        const client = await connectRosbridge(url, { onWarning: say })
        try {
            return new BridgedRobot(client, await ask(client), say)
        } catch (error) {
            await client.close()
            throw error
        }
    }

    get description(): RobotDescription {
        return this.status.description
    }

    get state(): RobotState | undefined {
        return this.status.state
    }

    /** As the bridge counts. A bridge that does not answer is a robot that is not connected. */
    statistics(): RobotStatistics {
        const { statistics } = this.status
        return { ...statistics, connected: statistics.connected && this.hears() }
    }

    /** Of the link between bridge and board. */
    linkQuality(): LinkQuality | undefined {
        return this.status.quality
    }

    clockFit(): ClockFit | undefined {
        return this.status.clock
    }

    async timing(): Promise<LoopTiming> {
        const { timing } = this.status
        if (timing === undefined) throw new BridgeError('no-answer', 'the bridge has no histograms of the board yet')
        return timing
    }

    arm(): Promise<void> {
        return trigger(this.client, '/arm')
    }

    disarm(): Promise<void> {
        return trigger(this.client, '/disarm')
    }

    stop(): Promise<void> {
        return trigger(this.client, '/stop')
    }

    /**
     * The bridge takes velocities of all joints together: those that are not named are told to stand still. Nothing is sent while
     * the bridge does not say how the robot is.
     */
    command(setpoints: Record<string, { velocity: number }>): void {
        if (!this.hears()) return
        const data = this.description.joints.map(({ name }) => setpoints[name]?.velocity ?? 0)
        this.velocities.publish({ data })
    }

    onRefused(listener: () => void): void {
        this.onRefusal = listener
    }

    async close(): Promise<void> {
        this.closed = true
        clearTimeout(this.timer)
        this.velocities.close()
        await this.client.close()
    }

    private hears(): boolean {
        return performance.now() - this.heardAt < SILENCE_MS
    }

    private poll(): void {
        ask(this.client).then(
            status => {
                this.status = status
                this.heardAt = performance.now()
                this.later()
            },
            (error: Error) => {
                if (this.closed) return
                if ((error as BridgeError).code === 'closed') return this.end.abort(error)
                // It may answer again.
                this.tell(error.message)
                this.later()
            },
        )
    }

    private later(): void {
        if (!this.closed) this.timer = setTimeout(() => this.poll(), POLL_MS)
    }

    private tell(text: string): void {
        const now = performance.now()
        if (this.closed || (text === this.told.text && now - this.told.at < AGAIN_MS)) return
        this.told = { text, at: now }
        this.say(text)
    }
}

async function ask(client: RosbridgeClient): Promise<RobotStatus> {
    try {
        const { message } = (await client.callService(STATUS_SERVICE)) as { message: string }
        return readStatus(message)
    } catch (error) {
        if (!(error instanceof BridgeError) || error.code !== 'refused') throw error
        const text = `what serves ${client.url} does not tell its robot's status: no bridge of tendon, or an older one`
        throw new BridgeError('refused', `${text} (${error.message})`, { cause: error })
    }
}

/** Calls a `std_srvs/srv/Trigger`, whose answer may be no. @throws BridgeError `refused` with why */
async function trigger(client: RosbridgeClient, service: string): Promise<void> {
    const { success, message } = (await client.callService(service)) as { success: boolean; message: string }
    if (!success) throw new BridgeError('refused', message)
}
