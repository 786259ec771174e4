import ts from 'typescript'
import type { RobotConfig } from '../onboard/robot-config'

/** Keys of an IMU's data that only a wrapper in `main.ts` can carry out. */
const MOUNTING_KEYS = ['mounting', 'angularVelocityBias', 'accelerationBias'] as const

/** What a robot's data says and its firmware's entry does not take up: one line each. */
export function entryProblems({ imu }: RobotConfig, entry: string): string[] {
    if (!imu) return []
    const names = namesIn(entry)
    return MOUNTING_KEYS.filter(key => imu[key] !== undefined && !names.has(key)).map(
        key =>
            `robot.ts: imu.${key} is ${JSON.stringify(imu[key])}, and main.ts does not use it; allowed: without it, or ` +
            `\`new MountedImu(…)\` with it around the driver (docs/sensors.md)`,
    )
}

/** Every name that the program has outside comments and texts. */
function namesIn(text: string): Set<string> {
    const names = new Set<string>()
    const visit = (node: ts.Node): void => {
        if (ts.isIdentifier(node)) names.add(node.text)
        ts.forEachChild(node, visit)
    }
    visit(ts.createSourceFile('main.ts', text, ts.ScriptTarget.Latest))
    return names
}
