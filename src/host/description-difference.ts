import type { RobotDescription } from '../protocol/description'

/** A field in which a robot's own description differs from what it was expected to say. */
export interface FieldDifference {
    /** For example `joints.left_wheel.velocityLimit`. */
    field: string
    /** What each says; undefined where it says nothing. */
    board: unknown
    here: unknown
}

/** The board writes no more than six digits of a number. */
const DIGITS = 2e-6

/** Field by field, joints by their names; in the order in which the board describes itself. */
export function descriptionDifferences(board: RobotDescription, here: RobotDescription): FieldDifference[] {
    const [left, right] = [fields(board), fields(here)]
    return (
        [...new Set([...left.keys(), ...right.keys()])]
            // What was measured on the board is no mismatch.
            .filter(field => !field.startsWith('imu.gyroBias.'))
            .map(field => ({ field, board: left.get(field), here: right.get(field) }))
            .filter(({ board: a, here: b }) => !same(a, b))
    )
}

function fields(value: object, prefix = '', found = new Map<string, unknown>()): Map<string, unknown> {
    for (const [key, inner] of Object.entries(value)) {
        const name = Array.isArray(value) ? ((inner as { name?: string }).name ?? key) : key
        if (typeof inner === 'object' && inner !== null) fields(inner, `${prefix}${name}.`, found)
        else if (inner !== undefined) found.set(prefix + name, inner)
    }
    return found
}

function same(a: unknown, b: unknown): boolean {
    if (typeof a !== 'number' || typeof b !== 'number') return a === b
    return Math.abs(a - b) <= DIGITS * Math.max(Math.abs(a), Math.abs(b))
}
