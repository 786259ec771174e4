import { type Command, Option } from 'commander'
import type { BrokerOptions } from '../fleet/connection'

/** What is told about the broker on the command line. */
export interface BrokerCommandOptions {
    broker: string
    brokerUser?: string
    brokerCa?: string
    brokerCert?: string
    brokerKey?: string
    fleetRoot?: string
}

export const PASSWORD_VARIABLE = 'TENDON_BROKER_PASSWORD'

/** Credentials and certificates for a broker. The password is in the environment: a command line is seen by everybody. */
export function addBrokerOptions(command: Command): Command {
    return command
        .option('--broker-user <name>', `user name at the broker; the password is in ${PASSWORD_VARIABLE}`)
        .option('--broker-ca <file>', "authority of the broker's certificate (PEM), for mqtts://")
        .option('--broker-cert <file>', 'own certificate (PEM)')
        .option('--broker-key <file>', 'its key (PEM)')
        .option('--fleet-root <name>', 'first level of all topics', 'tendon')
}

export const brokerOption = () =>
    new Option('--broker <url>', 'mqtt://, mqtts://, ws:// or wss://')
        .env('TENDON_BROKER')
        .default('mqtt://127.0.0.1:1883')

export function brokerOptions(
    url: string,
    options: Omit<BrokerCommandOptions, 'broker'>,
): BrokerOptions & { root?: string } {
    return {
        url,
        username: options.brokerUser,
        password: process.env[PASSWORD_VARIABLE],
        ca: options.brokerCa,
        cert: options.brokerCert,
        key: options.brokerKey,
        root: options.fleetRoot,
    }
}
