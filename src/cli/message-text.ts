/** A message as the ROS tools print it: YAML, short lists of numbers on one line. */
export function messageText(value: unknown, indent = ''): string[] {
    if (Array.isArray(value) && value.some(isNested)) {
        return value.flatMap(item => {
            const lines = messageText(item, `${indent}  `)
            return [`${indent}- ${lines[0].trimStart()}`, ...lines.slice(1)]
        })
    }
    if (!isNested(value) || Array.isArray(value)) return [`${indent}${scalar(value)}`]
    return Object.entries(value).flatMap(([key, field]) => {
        const block = isNested(field) && (!Array.isArray(field) || field.some(isNested))
        return block
            ? [`${indent}${key}:`, ...messageText(field, `${indent}  `)]
            : [`${indent}${key}: ${scalar(field)}`]
    })
}

function isNested(value: unknown): value is object {
    return typeof value === 'object' && value !== null
}

function scalar(value: unknown): string {
    if (Array.isArray(value)) return `[${value.map(scalar).join(', ')}]`
    return typeof value === 'string' && PLAIN.test(value) && !LITERAL.test(value) ? value : JSON.stringify(value)
}

/** Texts that need no quotes, and those of them that would be read as something else. */
const PLAIN = /^[A-Za-z_/][\w/ .()-]*$/
const LITERAL = /^(true|false|null)$/i
