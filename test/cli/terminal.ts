import { fileURLToPath } from 'node:url'
import { type IPty, spawn } from '@lydell/node-pty'
import { onTestFinished } from 'vitest'

const BINARY = fileURLToPath(new URL('../../bin/tendon.js', import.meta.url))
/** A screen that is waited for longer, ms, does not come any more. */
const PATIENCE_MS = 20_000
/** Screens are looked at this often, ms. */
const LOOK_MS = 20

/**
 * `tendon` on a terminal of its own, with somebody at its keys. Before and after it the terminal's settings are printed, so
 * that a test sees whether it left them as they were.
 */
export class Terminal {
    output = ''
    code: number | undefined
    private readonly pty: IPty

    constructor(args: string[], columns = 80, rows = 24) {
        const command = `trap : INT; stty -g; '${process.execPath}' '${BINARY}' ${args.join(' ')}; code=$?; stty -g; exit $code`
        this.pty = spawn('/bin/sh', ['-c', command], {
            name: 'xterm-256color',
            cols: columns,
            rows,
            env: { ...process.env, NO_COLOR: '' },
        })
        this.pty.onData(text => (this.output += text))
        this.pty.onExit(({ exitCode }) => (this.code = exitCode))
        onTestFinished(() => {
            if (this.code === undefined) this.pty.kill('SIGKILL')
        })
    }

    press(keys: string): void {
        this.pty.write(keys)
    }

    resize(columns: number, rows: number): void {
        this.pty.resize(columns, rows)
    }

    /** The lines of the last whole screen, without what styles them. */
    get screen(): string[] {
        const end = this.output.lastIndexOf('\x1b[J')
        const start = this.output.lastIndexOf('\x1b[H', end)
        if (end < 0 || start < 0) return []
        return this.output
            .slice(start, end)
            .replace(/\x1b\[[\d;?]*[A-Za-z]/g, '')
            .split('\r\n')
    }

    /** Resolves with the line as soon as the screen has one that matches. @throws Error with the screen when it does not come */
    async shows(pattern: RegExp): Promise<string> {
        for (let passed = 0; passed < PATIENCE_MS; passed += LOOK_MS) {
            const line = this.screen.find(candidate => pattern.test(candidate))
            if (line !== undefined) return line
            if (this.code !== undefined)
                throw new Error(`ended with ${this.code} before showing ${pattern}: ${this.output}`)
            await new Promise(resolve => setTimeout(resolve, LOOK_MS))
        }
        throw new Error(`did not show ${pattern}:\n${this.screen.join('\n')}`)
    }

    /** Resolves as soon as what was printed so far matches. @throws Error with all of it when it does not come */
    async said(pattern: RegExp): Promise<void> {
        for (let passed = 0; passed < PATIENCE_MS && this.code === undefined; passed += LOOK_MS) {
            if (pattern.test(this.output)) return
            await new Promise(resolve => setTimeout(resolve, LOOK_MS))
        }
        throw new Error(`did not say ${pattern}: ${this.output}`)
    }

    /** Resolves with the exit code, when everything has been printed. */
    async ended(): Promise<number> {
        while (this.code === undefined) await new Promise(resolve => setTimeout(resolve, LOOK_MS))
        return this.code
    }

    /** What `stty -g` said before and after. */
    get settings(): string[] {
        return this.output.match(/[\da-f]+(:[\da-f]+){10,}/g) ?? []
    }
}
