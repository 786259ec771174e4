import { defineConfig } from 'vitest/config'

export default defineConfig({
    test: {
        include: ['test/**/*.test.ts'],
        // Portable code packs bytes with DeviceScript's number formats.
        setupFiles: ['src/sim/device-script-buffer.ts'],
        testTimeout: 30_000,
        hookTimeout: 60_000,
        maxWorkers: 2,
    },
})
