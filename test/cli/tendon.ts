import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { beforeAll, onTestFinished } from 'vitest'
import { buildFirmware } from '../../src/flash/build'

const BINARY = fileURLToPath(new URL('../../bin/tendon.js', import.meta.url))

/** How a command ended. */
export interface Outcome {
    code: number | null
    stdout: string
    stderr: string
}

/** Has the rover's firmware compiled before the tests of a file, which takes longer than any of the commands. */
export function needFirmware(...inline: boolean[]): void {
    for (const each of inline) beforeAll(() => buildFirmware('rover', { inline: each }), 180_000)
}

/** A command that should have ended by itself long before is killed, ms: then its code is null. */
const PATIENCE = 25_000

/** Runs `tendon` as a user does, to its end. */
export async function tendon(...args: string[]): Promise<Outcome> {
    const running = new RunningTendon(args)
    const timer = setTimeout(() => running.signal('SIGKILL'), PATIENCE)
    return running.outcome.finally(() => clearTimeout(timer))
}

/** Starts a command that goes on until it is told to end. One that still runs when its test is over is killed. */
export function startTendon(...args: string[]): RunningTendon {
    const running = new RunningTendon(args)
    onTestFinished(() => running.signal('SIGKILL'))
    return running
}

/** A command that is running. */
export class RunningTendon {
    stdout = ''
    stderr = ''
    readonly outcome: Promise<Outcome>
    private readonly child: ChildProcessWithoutNullStreams

    constructor(args: string[]) {
        this.child = spawn(process.execPath, [BINARY, ...args], { env: { ...process.env, NO_COLOR: '1' } })
        this.child.stdout.setEncoding('utf8').on('data', (text: string) => (this.stdout += text))
        this.child.stderr.setEncoding('utf8').on('data', (text: string) => (this.stderr += text))
        this.outcome = once(this.child, 'close').then(([code]) => {
            const { stdout, stderr } = this
            return { code: code as number | null, stdout, stderr }
        })
    }

    /** Resolves with the match as soon as what was printed matches. @throws Error when the command ends before */
    async printed(pattern: RegExp, stream: 'stdout' | 'stderr' = 'stdout'): Promise<RegExpMatchArray> {
        for (;;) {
            const match = this[stream].match(pattern)
            if (match) return match
            const ended = await Promise.race([once(this.child[stream], 'data').then(() => undefined), this.outcome])
            if (ended && !ended[stream].match(pattern)) {
                throw new Error(`ended with ${ended.code} before printing ${pattern}: ${ended.stdout}${ended.stderr}`)
            }
        }
    }

    /** Resolves with the first JSON line of this event. */
    async event(name: string): Promise<Record<string, unknown>> {
        const [line] = await this.printed(new RegExp(`^\\{"event":"${name}".*\\}$`, 'm'))
        return JSON.parse(line) as Record<string, unknown>
    }

    signal(name: NodeJS.Signals): void {
        this.child.kill(name)
    }
}
