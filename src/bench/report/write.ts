import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { BenchOutcome } from '../run'
import { htmlReport } from './html'
import { mcapFile } from './mcap'

/** Where the three files of a run are. */
export interface ReportFiles {
    html: string
    json: string
    mcap: string
}

/** Writes a run's report for people, its twin for machines, and its raw data. */
export async function writeReport(directory: string, { result, rig }: BenchOutcome): Promise<ReportFiles> {
    const { date, serial, robot, joint } = result.conditions
    const stamp = date.replace(/[-:]/g, '').replace(/\..*/, '')
    const name = [stamp, robot, joint, result.test, serial]
        .filter(Boolean)
        .join('-')
        .replace(/[^\w.-]+/g, '_')
    await mkdir(directory, { recursive: true })
    const base = path.join(directory, name)
    const files = { html: `${base}.html`, json: `${base}.json`, mcap: `${base}.mcap` }
    await writeFile(files.html, htmlReport(result))
    await writeFile(files.json, JSON.stringify(result))
    await writeFile(files.mcap, await mcapFile(rig.capture, result))
    return files
}
