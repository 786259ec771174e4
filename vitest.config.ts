import { defineConfig } from 'vitest/config'

/** What starts processes or changes its own: each file of it gets a fresh process. */
const APART = ['test/cli/**/*.test.ts', 'test/e2e/**/*.test.ts', 'test/flash/**/*.test.ts', 'test/fleet/**/*.test.ts']

export default defineConfig({
    test: {
        // Portable code packs bytes with DeviceScript's number formats.
        setupFiles: ['src/sim/device-script-buffer.ts'],
        testTimeout: 30_000,
        hookTimeout: 60_000,
        // Many tests wait for a simulated robot in real time, so two cores have room for a third.
        maxWorkers: 3,
        projects: [
            {
                extends: true,
                // Loading the same modules once for all files saves a fifth of their time.
                test: { name: 'rooms', include: ['test/**/*.test.ts'], exclude: APART, isolate: false },
            },
            { extends: true, test: { name: 'apart', include: APART } },
        ],
    },
})
