import type { Versions } from './messages'
import type { FleetRobot } from './view'

/** Robots that have the same of everything, and what that is. */
export interface VersionRow {
    robot: string
    versions: Versions
    ids: string[]
    /** What differs from the most common row of the same robot. */
    differs: (keyof Versions)[]
}

/** A fleet's versions: one row for each combination, the most common of a robot first. */
export function versionMatrix(robots: readonly FleetRobot[]): VersionRow[] {
    const rows = new Map<string, VersionRow>()
    for (const { id, about } of robots) {
        if (!about) continue
        const { versions, description } = about
        const key = JSON.stringify([
            description.name,
            versions.host,
            versions.protocol,
            versions.configHash,
            versions.firmware,
        ])
        const row = rows.get(key) ?? { robot: description.name, versions, ids: [], differs: [] }
        row.ids.push(id)
        rows.set(key, row)
    }
    const sorted = [...rows.values()].sort((a, b) =>
        a.robot === b.robot ? b.ids.length - a.ids.length : a.robot < b.robot ? -1 : 1,
    )
    const common = new Map<string, Versions>()
    for (const row of sorted) {
        const usual = common.get(row.robot)
        if (!usual) common.set(row.robot, row.versions)
        else row.differs = KEYS.filter(key => row.versions[key] !== usual[key])
    }
    return sorted
}

const KEYS: readonly (keyof Versions)[] = ['host', 'protocol', 'configHash', 'firmware']
