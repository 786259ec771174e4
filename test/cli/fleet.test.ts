import { type AddressInfo, createServer } from 'node:net'
import { expect, it } from 'vitest'
import { tendon } from './tendon'

it('a broker whose port is taken says so and ends', async () => {
    const other = createServer()
    await new Promise<void>(resolve => other.listen(0, '127.0.0.1', resolve))
    const { port } = other.address() as AddressInfo
    try {
        expect(await tendon('fleet', 'broker', '--port', `${port}`)).toEqual({
            code: 1,
            stdout: '',
            stderr: `tendon: 127.0.0.1:${port} is in use: end that program or take another port\n`,
        })
    } finally {
        other.close()
    }
})
