import { readU16 } from '../protocol/bytes'
import { PROTOCOL_VERSION } from '../protocol/description'
import type { BoardSurvey } from '../host/board-survey'
import { error, type Finding, warning } from './finding'

/** What this checkout makes for the robot that is on the board. */
export interface Expected {
    /** The robot asked for, if one was. */
    readonly robot?: string
    /** The board asked for, if one was, and the id that its settings carry. */
    readonly board?: { readonly id: string; readonly productId: number }
    /** Robots of this checkout. */
    readonly robots: readonly string[]
    /** The board's definition by its product id, where there is one. */
    readonly boardOf: (productId: number) => string | undefined
    /** This checkout's program. @throws BuildError */
    readonly program: (robot: string) => Promise<{ bytecode: Buffer; sha256: string }>
}

/** What of runtime and program is not as this checkout would have it. */
export async function boardFindings(survey: BoardSurvey, expected: Expected): Promise<Finding[]> {
    const findings: Finding[] = []
    const { program, robot } = survey
    const wanted = expected.robot ?? robot?.name
    const known = wanted !== undefined && expected.robots.includes(wanted)
    const name = wanted ?? '<robot>'
    if (!program) {
        findings.push(
            error(
                'no-program',
                'the board runs DeviceScript and holds no program',
                `put one on it: tendon deploy ${name}, or tendon flash ${name}`,
            ),
        )
    } else if (!program.running) {
        findings.push(
            error(
                'program-stopped',
                `the board holds "${program.name}" and does not run it: it was stopped, or has crashed again and again`,
                `press the board's reset button; if it stops again, put a working program on it: tendon deploy ${name}`,
            ),
        )
    } else if (!robot) {
        findings.push(
            error(
                'no-robot',
                `"${program.name}" runs on the board, which is no robot of tendon's`,
                `replace it: tendon deploy ${name}, or tendon flash ${name}`,
            ),
        )
    } else {
        if (robot.protocol !== PROTOCOL_VERSION) {
            findings.push(
                error(
                    'other-protocol',
                    `the program speaks protocol ${robot.protocol}, this checkout ${PROTOCOL_VERSION}`,
                    `put this checkout's program on the board: tendon deploy ${name}`,
                ),
            )
        }
        if (expected.robot !== undefined && robot.name !== expected.robot) {
            findings.push(
                error(
                    'wrong-robot',
                    `the board holds ${robot.name}, asked for was ${expected.robot}`,
                    `is it the right board? Else put ${expected.robot} on it: tendon deploy ${expected.robot}`,
                ),
            )
        } else if (!known) {
            findings.push(
                warning(
                    'unknown-robot',
                    `the board holds ${robot.name}, which this checkout does not have`,
                    `there are: ${expected.robots.join(', ')} (src/robots)`,
                ),
            )
        } else findings.push(...(await programFindings(survey, robot.name, expected)))
    }
    return [...findings, ...boardOfFindings(survey, expected)]
}

async function programFindings(
    { program, runtimeVersion }: BoardSurvey,
    robot: string,
    expected: Expected,
): Promise<Finding[]> {
    const { bytecode, sha256 } = await expected.program(robot)
    const findings: Finding[] = []
    const needs = bytecodeVersion(bytecode)
    if (runtimeVersion !== undefined && older(runtimeVersion, needs)) {
        findings.push(
            error(
                'old-runtime',
                `the runtime is version ${runtimeVersion}, programs of this checkout need ${needs} or newer`,
                `write the whole image, runtime included: tendon flash ${robot} --board <b>`,
            ),
        )
    }
    if (program && program.sha256 !== sha256) {
        findings.push(
            warning(
                'other-program',
                `the board's ${robot} (${program.sha256.slice(0, 12)}) is not the one that this checkout builds (${sha256.slice(0, 12)})`,
                `if this checkout is the newer one: tendon deploy ${robot}`,
            ),
        )
    }
    return findings
}

function boardOfFindings({ productId }: BoardSurvey, { board, boardOf }: Expected): Finding[] {
    if (!board || productId === undefined || productId === board.productId) return []
    const is = boardOf(productId)
    return [
        error(
            'other-board',
            `the board has the settings of ${is ?? `an unknown board (product 0x${productId.toString(16)})`}, asked for was ${board.id}: its I2C pins are others`,
            `write the whole image for the board that it is: tendon flash <robot> --board ${board.id}`,
        ),
    ]
}

/** Version of the bytecode, at byte 8 of a program's header (bytecode.md of DeviceScript): patch u16, minor u8, major u8. */
function bytecodeVersion(program: Buffer): string {
    return `${program[11]}.${program[10]}.${readU16(program, 8)}`
}

/** The runtime takes programs of its own major and at most its own minor version (devs_img_version_check). */
function older(runtime: string, needs: string): boolean {
    const [major, minor] = runtime.split('.').map(Number)
    const [needsMajor, needsMinor] = needs.split('.').map(Number)
    return major < needsMajor || (major === needsMajor && minor < needsMinor)
}
