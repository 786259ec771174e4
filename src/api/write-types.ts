import type { RobotSpec } from './robot-spec'

/** A robot's spec as a TypeScript module that exports it by the robot's name. @param how the command that makes it anew */
export function writeTypes(spec: RobotSpec, how: string): string {
    const joints = Object.entries(spec.joints).map(([name, joint]) => {
        const fields = Object.entries(joint).map(([key, value]) => `${key}: ${literal(value)}`)
        return `        ${property(name)}: { ${fields.join(', ')} },\n`
    })
    return [
        `// Made by \`${how}\`: what a program knows of this robot before it connects. Make it anew when the robot's data change.\n`,
        `export const ${identifier(spec.name)} = {\n`,
        `    name: ${literal(spec.name)},\n`,
        '    joints: {\n',
        ...joints,
        '    },\n',
        `    drives: ${spec.drives},\n`,
        `    parameters: [${spec.parameters.map(literal).join(', ')}],\n`,
        '} as const\n',
    ].join('')
}

/** A name as a variable's: `balance-bot` as `balanceBot`. */
function identifier(name: string): string {
    const joined = name.replace(/[^A-Za-z0-9_$]+(.)?/g, (_, letter: string | undefined) => (letter ?? '').toUpperCase())
    return /^[A-Za-z_$]/.test(joined) ? joined : `robot${joined}`
}

function property(name: string): string {
    return /^[A-Za-z_$][\w$]*$/.test(name) ? name : literal(name)
}

function literal(value: string | number): string {
    return typeof value === 'number' ? String(value) : `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}
