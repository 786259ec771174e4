import { readFile } from 'node:fs/promises'
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { BridgeOptions } from '../bridge/start-bridge'
import { CommandError, UsageError } from './failure'
import { bridgePortOption, number } from './options'

/** What the command line says about the bridge's doors. */
export interface BridgeFlags {
    bridgeHost: string
    bridgePort: number
    foxglovePort?: number | 'off'
    allowOrigin?: string[]
    tokenFile?: string
    tlsCert?: string
    tlsKey?: string
}

/** Adds the options of every command that serves planners. */
export function addBridgeOptions(command: Command): Command {
    return command
        .option('--bridge-host <address>', 'address to listen on; beyond this machine a token is needed', '127.0.0.1')
        .addOption(bridgePortOption())
        .addOption(foxglovePortOption())
        .option(
            '--allow-origin <origin...>',
            'web pages that may connect, as https://host, beside those of this machine',
        )
        .option('--token-file <path>', 'file with the token that clients must present (or: TENDON_TOKEN)')
        .option('--tls-cert <path>', 'certificate, PEM: serve TLS only')
        .option('--tls-key <path>', "the certificate's key, PEM")
}

const port = number({ min: 0, max: 65_535, whole: true })

export const foxglovePortOption = () =>
    new Option(
        '--foxglove-port <port>',
        'TCP port for Foxglove, 0 for a free one, off for none (default: 8765)',
    ).argParser((text: string) => {
        if (text === 'off') return 'off'
        try {
            return port(text)
        } catch {
            throw new InvalidArgumentError('Allowed: off, or a whole number from 0 to 65535.')
        }
    })

/** Reads the files that the options name. @throws UsageError; CommandError; BridgeError `insecure`, before anything is opened */
export async function readBridgeOptions(flags: BridgeFlags): Promise<BridgeOptions> {
    const { tlsCert, tlsKey, tokenFile } = flags
    if ((tlsCert === undefined) !== (tlsKey === undefined)) {
        throw new UsageError('--tls-cert and --tls-key belong together: one is missing')
    }
    const token = tokenFile === undefined ? process.env.TENDON_TOKEN : (await read('--token-file', tokenFile)).trim()
    const options: BridgeOptions = {
        host: flags.bridgeHost,
        port: flags.bridgePort,
        foxglovePort: foxglovePort(flags),
        allowOrigins: flags.allowOrigin,
        token: token === '' && tokenFile === undefined ? undefined : token,
        tls:
            tlsCert === undefined
                ? undefined
                : { cert: await read('--tls-cert', tlsCert), key: await read('--tls-key', tlsKey!) },
    }
    const { checkAccess } = await import('../bridge/access/access')
    checkAccess(options)
    return options
}

/** Whoever takes any free port for the one door wants no fixed port for the other. */
export function foxglovePort({ bridgePort, foxglovePort }: Pick<BridgeFlags, 'bridgePort' | 'foxglovePort'>) {
    return foxglovePort ?? (bridgePort === 0 ? 0 : undefined)
}

async function read(option: string, path: string): Promise<string> {
    return readFile(path, 'utf8').catch((cause: Error) => {
        throw new CommandError(`${option}: cannot read ${path}: ${cause.message}`, { cause })
    })
}
