import { FleetError } from './fleet-error'

/*
 * Below `<root>/v1/<robot>/`, root `tendon` unless told otherwise (docs/fleet.md):
 *
 * | topic           | from    | QoS | retained | payload                                      |
 * |-----------------|---------|-----|----------|----------------------------------------------|
 * | presence        | robot   | 1   | yes      | `Presence`; the last will sets it to `lost`   |
 * | about           | robot   | 1   | yes      | `About`: self-description and versions        |
 * | state           | robot   | 0   | yes      | `StateMessage`, ten a second by default       |
 * | lease           | robot   | 1   | yes      | `LeaseMessage`: who may command, until when   |
 * | command         | planner | 0/1 | refused  | `Command`                                    |
 * | answer/<client> | robot   | 1   | no       | `Answer` to one planner's commands            |
 * | program         | planner | 1   | refused  | `deploy` command, newline, the program       |
 * | progress/<client> | robot | 1   | no       | `Progress` of one planner's deploy            |
 */

export const DEFAULT_ROOT = 'tendon'
/** Changes when a payload changes in a way that an older reader would misread. */
const VERSION = 'v1'

/** What may stand in a level of a topic: no `/`, `+`, `#`, `$`, which mean something to a broker. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/

export type Kind = 'presence' | 'about' | 'state' | 'lease' | 'command' | 'program' | Private
/** What a robot tells one client alone. */
type Private = 'answer' | 'progress'

/** Names of a fleet's topics. */
export class FleetTopics {
    private readonly prefix: string

    /** @throws FleetError `bad-name` */
    constructor(readonly root = DEFAULT_ROOT) {
        for (const level of root.split('/')) checkName('fleet', level)
        this.prefix = `${root}/${VERSION}/`
    }

    of(robot: string, kind: Exclude<Kind, Private>): string {
        return `${this.prefix}${robot}/${kind}`
    }

    to(client: string, robot: string, kind: Private): string {
        return `${this.prefix}${robot}/${kind}/${client}`
    }

    /** Filter for one kind of message of every robot. */
    every(kind: Exclude<Kind, Private>): string {
        return `${this.prefix}+/${kind}`
    }

    /** … to one client. */
    everyTo(client: string, kind: Private): string {
        return `${this.prefix}+/${kind}/${client}`
    }

    /** Undefined when the topic is none of this fleet's. */
    parse(topic: string): { robot: string; kind: string } | undefined {
        if (!topic.startsWith(this.prefix)) return undefined
        const [robot, kind] = topic.slice(this.prefix.length).split('/')
        return robot && kind ? { robot, kind } : undefined
    }
}

/** @throws FleetError `bad-name` */
export function checkName(what: string, name: string): string {
    if (NAME.test(name)) return name
    throw new FleetError(
        'bad-name',
        `${what} name ${JSON.stringify(name)}: allowed are letters, digits, "_", "." and "-", up to 64, first a letter or digit`,
    )
}
