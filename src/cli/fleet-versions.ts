import type { VersionRow } from '../fleet/versions'
import { table } from './output'

/** The version matrix for people. */
export function versionLines(rows: VersionRow[]): string[] {
    const head = ['kind', 'robots', 'host', 'protocol', 'config', 'firmware', 'differs in', '']
    const lines = rows.map(({ robot, ids, versions, differs }) => [
        robot,
        String(ids.length),
        versions.host,
        String(versions.protocol),
        versions.configHash,
        versions.firmware?.slice(0, 8) ?? 'unknown',
        differs.join(', ') || '-',
        differs.length > 0 ? ids.join(' ') : '',
    ])
    return table([head, ...lines], [1])
}
