import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { buildFirmware } from '../../src/flash/build'
import { listPorts } from '../../src/host/ports'
import { SimulatedUf2Drive } from '../../src/sim/loaders/uf2-drive'
import { openPty } from '../../src/sim/pty-port'
import { PluggedRover } from '../e2e/plugged-rover'
import { needFirmware, tendon } from './tendon'

needFirmware(true)

describe('tendon ports', () => {
    it('lists what the machine has', async () => {
        const ports = await listPorts()
        const { code, stdout } = await tendon('ports', '--no-ask', '--json')
        expect(code).toBe(0)
        expect(JSON.parse(stdout).ports).toMatchObject(ports)
    })

    it('says something to people also when there is none', async () => {
        const { code, stdout } = await tendon('ports', '--no-ask')
        expect(code).toBe(0)
        expect(stdout).toMatch(/^(no serial ports and no boot drives; connect the board|path +usb id)/)
    })

    it('says which robot is on a port, with runtime and program', async () => {
        const { path: port } = await PluggedRover.start(1)
        const { stdout } = await tendon('ports', port, '--json')
        const { sha256 } = await buildFirmware('rover')
        expect(JSON.parse(stdout).ports).toEqual([
            expect.objectContaining({
                path: port,
                state: 'robot',
                robot: 'rover',
                runtimeVersion: expect.stringMatching(/^2\.16\./),
                configHash: expect.stringMatching(/^[0-9a-f]{8}$/),
                sha256,
            }),
        ])
    })

    it('says of a port on which nothing answers that it is silent or busy, and shows a boot drive', async () => {
        const pty = await openPty()
        const folder = mkdtempSync(path.join(tmpdir(), 'tendon-drive-'))
        onTestFinished(() => {
            void pty.close()
            rmSync(folder, { recursive: true })
        })
        new SimulatedUf2Drive(folder)
        const { stdout } = await tendon('ports', pty.path, '--drive', folder, '--json')
        const { ports, drives } = JSON.parse(stdout)
        // The simulated board's end of the terminal is a process that has it open, too: this one.
        expect(ports).toMatchObject([{ state: 'busy', heldBy: [{ pid: process.pid }] }])
        expect(drives).toMatchObject([{ path: folder, state: 'bootloader' }])
    })
})
