// `npm run soak:package`: packs this package, installs it into an empty project, and uses it there as its users do: types
// checked by tsc with Node's own resolution, a misspelt joint refused, a robot simulated without this repository.
import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'

const directory = await mkdtemp(path.join(tmpdir(), 'tendon-package-'))
const run = (command, args, cwd = directory) =>
    execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })

const PROGRAM = `import { connect, type ConnectedRobot, RobotError } from 'tendon'
import { FleetClient } from 'tendon/fleet'
import { rover } from './rover.js'

const robot: ConnectedRobot<typeof rover> = await connect({ sim: 'rover', robot: rover })
await robot.until(({ mode }) => mode === 'idle')
await robot.arm()
await robot.repeat({ left_wheel: { velocity: 5 }, right_wheel: { velocity: 5 } }, { seconds: 1 })
const way = robot.state!.joints.map(({ position }) => position)
await robot.disarm()
await robot.close()
if (!way.every(position => position > 2 && position < 8)) throw new RobotError('protocol', 'the wheels went ' + way)
const nobody = await FleetClient.connect({ url: 'mqtt://127.0.0.1:1' }).catch((error: { code: string }) => error.code)
if (nobody !== 'unreachable') throw new RobotError('protocol', 'a broker where there is none')
console.log('wheels turned by ' + way.map(position => position.toFixed(2)).join(' and ') + ' rad')
`
const WRONG = PROGRAM.replace('left_wheel', 'left_weel')
const CONFIG = {
    compilerOptions: { module: 'nodenext', target: 'es2022', strict: true, types: ['node'], skipLibCheck: false },
    files: ['program.ts'],
}

try {
    const tarball = JSON.parse(run('npm', ['pack', '--json', '--pack-destination', directory], process.cwd()))[0]
    console.log(`${tarball.filename}: ${(tarball.size / 1e6).toFixed(2)} MB, ${tarball.entryCount} files`)
    await writeFile(path.join(directory, 'package.json'), JSON.stringify({ name: 'planner', type: 'module' }))
    await writeFile(path.join(directory, 'tsconfig.json'), JSON.stringify(CONFIG))
    run('npm', ['install', '--no-audit', '--no-fund', `./${tarball.filename}`, '@types/node@20', '@types/ws@8'])
    await writeFile(path.join(directory, 'rover.ts'), run('npx', ['tendon', 'types', 'rover']))

    await writeFile(path.join(directory, 'program.ts'), WRONG)
    try {
        run('npx', ['tsc'])
        throw new Error('a misspelt joint compiles')
    } catch (error) {
        if (!/left_weel/.test(error.stdout ?? '')) throw error
        console.log(`refused: ${error.stdout.split('\n')[0]}`)
    }
    await writeFile(path.join(directory, 'program.ts'), PROGRAM)
    run('npx', ['tsc'])
    console.log(run('node', ['program.js']).trim())
    console.log(run('npx', ['tendon', 'record', '--sim', 'rover', '--duration', '1', 'run.mcap']).trim())
} catch (error) {
    console.error(error.message, error.stdout ?? '', error.stderr ?? '')
    process.exitCode = 1
} finally {
    await rm(directory, { recursive: true })
}
