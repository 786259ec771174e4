import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { onTestFinished } from 'vitest'
import { WebSocket } from 'ws'

/** Where Debian and others put it. */
const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

export const chromium = PLACES.find(place => existsSync(place))

/** For the names of tests that are skipped without it. */
export const NEEDS_CHROMIUM = chromium === undefined ? ' (skipped: chromium is not installed)' : ''

/** A page in headless Chromium, driven by its DevTools protocol; what goes wrong in it is kept. */
export class Page {
    /** Errors thrown, and what the console was told, warnings and errors; failed requests too. */
    readonly complaints: string[] = []
    private readonly answers = new Map<number, { resolve: (result: never) => void; reject: (error: Error) => void }>()
    private readonly events = new Map<string, () => void>()
    private count = 0

    private constructor(private readonly socket: WebSocket) {
        socket.on('message', data => this.receive(JSON.parse(String(data))))
    }

    /** Opens a file. The test's end closes the browser. */
    static async open(file: string, width = 1200, height = 900): Promise<Page> {
        const profile = await mkdtemp(path.join(tmpdir(), 'tendon-chromium-'))
        const flags = [
            '--headless=new',
            '--no-sandbox',
            '--disable-gpu',
            '--disable-dev-shm-usage',
            '--hide-scrollbars',
        ]
        const options = [`--user-data-dir=${profile}`, `--window-size=${width},${height}`, '--remote-debugging-port=0']
        const browser = spawn(chromium!, [...flags, ...options, 'about:blank'], { stdio: ['ignore', 'ignore', 'pipe'] })
        const ended = new Promise(resolve => browser.once('exit', resolve))
        onTestFinished(async () => {
            browser.kill('SIGKILL')
            await ended
            await rm(profile, { recursive: true, force: true, maxRetries: 5 })
        })
        const port = await new Promise<string>((resolve, reject) => {
            let said = ''
            browser.stderr.on('data', chunk => {
                said += chunk
                const match = said.match(/DevTools listening on ws:\/\/127\.0\.0\.1:(\d+)/)
                if (match) resolve(match[1])
            })
            browser.once('exit', code => reject(new Error(`chromium ended with ${code}: ${said}`)))
        })
        const targets = (await (await fetch(`http://127.0.0.1:${port}/json`)).json()) as {
            type: string
            webSocketDebuggerUrl: string
        }[]
        const socket = new WebSocket(targets.find(({ type }) => type === 'page')!.webSocketDebuggerUrl)
        await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
        const page = new Page(socket)
        for (const domain of ['Runtime', 'Log', 'Page', 'Network']) await page.call(`${domain}.enable`)
        const loaded = new Promise<void>(resolve => page.events.set('Page.loadEventFired', resolve))
        await page.call('Page.navigate', { url: `file://${file}` })
        await loaded
        return page
    }

    /** The value of an expression in the page. */
    async evaluate<T>(expression: string): Promise<T> {
        const options = { expression, returnByValue: true, awaitPromise: true }
        const { result, exceptionDetails } = await this.call<{
            result: { value: T }
            exceptionDetails?: { text: string }
        }>('Runtime.evaluate', options)
        if (exceptionDetails) throw new Error(`${expression}: ${exceptionDetails.text}`)
        return result.value
    }

    /** Presses the mouse at one place and lets it go at another, px from the upper left corner of what is seen. */
    async drag(from: [number, number], to: [number, number]): Promise<void> {
        const event = (type: string, [x, y]: [number, number]) =>
            this.call('Input.dispatchMouseEvent', { type, x, y, button: 'left', buttons: 1, clickCount: 1 })
        await event('mouseMoved', from)
        await event('mousePressed', from)
        await event('mouseMoved', to)
        await event('mouseReleased', to)
    }

    private call<T>(method: string, params: object = {}): Promise<T> {
        const id = ++this.count
        this.socket.send(JSON.stringify({ id, method, params }))
        return new Promise<T>((resolve, reject) => this.answers.set(id, { resolve, reject }))
    }

    private receive(message: {
        id?: number
        result?: never
        error?: { message: string }
        method?: string
        // eslint-disable-next-line @typescript-eslint/no-explicit-any
        params?: any
    }): void {
        const { id, result, error, method, params } = message
        if (id !== undefined) {
            const answer = this.answers.get(id)
            if (error) answer?.reject(new Error(error.message))
            else answer?.resolve(result!)
        } else if (method === 'Runtime.exceptionThrown') {
            this.complaints.push(params.exceptionDetails.exception?.description ?? params.exceptionDetails.text)
        } else if (method === 'Runtime.consoleAPICalled' && ['error', 'warning', 'assert'].includes(params.type)) {
            this.complaints.push(JSON.stringify(params.args))
        } else if (method === 'Log.entryAdded') {
            this.complaints.push(params.entry.text)
        } else if (method === 'Network.requestWillBeSent' && !/^(file|data):/.test(params.request.url)) {
            this.complaints.push(`fetches ${params.request.url}`)
        } else if (method !== undefined) {
            this.events.get(method)?.()
        }
    }
}
