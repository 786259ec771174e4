import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript'
import { importX } from 'eslint-plugin-import-x'
import tseslint from 'typescript-eslint'

// One row per room: the rooms it may import from (itself is always allowed). shared with docs/architecture.md.
const PORTABLE = ['src/hal', 'src/control', 'src/protocol', 'devices', 'src/onboard']
const rooms = {
    'src/hal': [],
    'src/control': [],
    'src/protocol': [],
    devices: ['src/hal', 'src/control'],
    'src/onboard': ['src/hal', 'src/control', 'src/protocol', 'devices'],
    'src/firmware': PORTABLE,
    'src/sim': [...PORTABLE],
    'src/host': ['src/protocol', 'src/control'],
    'src/bridge': ['src/host', 'src/protocol'],
    'src/record': ['src/bridge', 'src/host', 'src/protocol'],
    'src/api': ['src/record', 'src/bridge', 'src/host', 'src/protocol'],
    'src/fleet': ['src/host', 'src/protocol'],
    'src/flash': ['src/host', 'src/onboard', 'src/protocol', 'devices'],
    'src/doctor': ['src/flash', 'src/host', 'src/onboard', 'src/protocol', 'devices'],
}
const everyRoom = [...Object.keys(rooms), 'src/robots', 'src/bench', 'src/cli', 'src/web', 'test']
const zones = Object.entries(rooms).map(([room, allowed]) => ({
    target: `./${room}`,
    from: everyRoom.filter(other => other !== room && !allowed.includes(other)).map(other => `./${other}`),
    message: `${room} may import only from: ${[room, ...allowed].join(', ')} (architecture: imports point one way)`,
}))

const deviceScript = {
    group: ['@devicescript/*'],
    message: 'Only src/firmware and robots/<name>/main.ts import @devicescript/*',
}
const node = {
    regex: '^(node:|fs$|path$|os$|events$|ws$|serialport$|jacdac-ts$)',
    message: 'Portable code runs on the DeviceScript VM: no Node modules',
}

export default tseslint.config(
    { ignores: ['node_modules', '.devicescript', '.tendon', 'dist', 'coverage'] },
    ...tseslint.configs.recommended,
    {
        plugins: { 'import-x': importX },
        settings: { 'import-x/resolver-next': [createTypeScriptImportResolver({ project: 'tsconfig.json' })] },
        rules: {
            'import-x/no-restricted-paths': ['error', { zones }],
            'import-x/no-cycle': 'error',
            '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
            eqeqeq: ['error', 'always', { null: 'ignore' }],
            'no-restricted-imports': ['error', { patterns: [deviceScript] }],
        },
    },
    {
        files: PORTABLE.map(room => `${room}/**/*.ts`),
        rules: {
            'no-restricted-imports': ['error', { patterns: [deviceScript, node] }],
            'no-restricted-globals': [
                'error',
                'process',
                'setTimeout',
                'setInterval',
                'Date',
                'performance',
                'Map',
                'Set',
                'Uint8Array',
                'DataView',
            ],
            'no-restricted-properties': [
                'error',
                { object: 'Math', property: 'random' },
                { object: 'Math', property: 'sin' },
                { object: 'Math', property: 'cos' },
                { object: 'Math', property: 'atan2' },
                { object: 'Math', property: 'hypot' },
                { object: 'Math', property: 'trunc' },
            ],
        },
    },
    {
        files: ['src/sim/**/*.ts'],
        rules: {
            'no-restricted-properties': [
                'error',
                { object: 'Math', property: 'random' },
                { object: 'Date', property: 'now' },
                { object: 'performance', property: 'now' },
            ],
        },
    },
    {
        files: [
            'src/firmware/**/*.ts',
            'src/bench/drivers/firmware.ts',
            'examples/devicescript/*.ts',
            'src/robots/*/main.ts',
            'test/vm/**/*.ts',
        ],
        rules: { 'no-restricted-imports': 'off' },
    },
    {
        files: ['src/robots/*/robot.ts'],
        rules: { '@typescript-eslint/consistent-type-imports': 'error' },
    },
)
