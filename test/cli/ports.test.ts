import { describe, expect, it } from 'vitest'
import { listPorts } from '../../src/host/ports'
import { tendon } from './tendon'

describe('tendon ports', () => {
    it('lists what the machine has', async () => {
        const ports = await listPorts()
        const { code, stdout } = await tendon('ports', '--json')
        expect({ code, ...JSON.parse(stdout) }).toEqual({ code: 0, ports })
    })

    it('says something to people also when there is none', async () => {
        const { code, stdout } = await tendon('ports')
        expect(code).toBe(0)
        expect(stdout).toMatch(/^(no serial ports; connect the board|path +usb id)/)
    })
})
