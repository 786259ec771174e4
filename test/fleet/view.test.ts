import { expect, test } from 'vitest'
import type { About, StateMessage } from '../../src/fleet/messages'
import { versionMatrix } from '../../src/fleet/versions'
import { type FleetEvent, FleetView } from '../../src/fleet/view'
import { ROVER } from '../bridge/kinematic-robot'

function state(session: number, sequence: number): StateMessage {
    return {
        session,
        sequence,
        tick: sequence,
        time: 0,
        timeBound: null,
        mode: 'idle',
        faults: [],
        joints: [],
        loop: { ticks: 0, lateTicks: 0, samplesLost: 0, reconnects: 0 },
        dropped: 0,
    }
}

function about(session: number, firmware: string): About {
    const versions = { host: '0.1.0', protocol: 1, configHash: 'f00', firmware }
    return { session, description: ROVER, versions, stateRate: 10 }
}

test('counts gaps, and throws away states that come behind newer ones or twice', () => {
    const view = new FleetView(() => 0)
    view.presence('a', { status: 'online', session: 1 })
    expect([0, 1, 4, 3, 4, 5].map(sequence => view.state('a', state(1, sequence), false))).toEqual([
        true,
        true,
        true,
        false,
        false,
        true,
    ])
    // A host that was started anew counts from 0 again; what is left of the old one is old.
    expect(view.state('a', state(2, 0), false)).toBe(true)
    expect(view.state('a', state(1, 6), false)).toBe(false)
    expect(view.robot('a')).toMatchObject({ received: 5, missed: 2, outOfOrder: 3, status: 'online' })
})

test('a robot without states for a second is silent, and online again with the next', () => {
    let now = 0
    const events: FleetEvent[] = []
    const view = new FleetView(
        () => now,
        event => events.push(event),
    )
    view.presence('a', { status: 'online', session: 1 })
    view.about('a', about(1, 'f'))
    view.state('a', state(1, 0), false)
    now = 1
    view.check()
    expect(events.map(({ status }) => status)).toEqual(['online'])
    now = 1.01
    view.check()
    view.state('a', state(1, 1), false)
    expect(events.map(({ status }) => status)).toEqual(['online', 'silent', 'online'])
})

test('a retained state is no sign of life', () => {
    let now = 0
    const view = new FleetView(() => now)
    view.presence('a', { status: 'online', session: 1 })
    now = 2
    view.state('a', state(1, 7), true)
    view.check()
    expect(view.robot('a')).toMatchObject({ status: 'silent', received: 0, state: { sequence: 7 } })
})

test('the last will of a host does not bury the one that was started after it', () => {
    const view = new FleetView(() => 0)
    view.presence('a', { status: 'online', session: 2 })
    view.presence('a', { status: 'lost', session: 1 })
    expect(view.robot('a')!.status).toBe('online')
    view.presence('a', { status: 'lost', session: 2 })
    expect(view.robot('a')!.status).toBe('lost')
})

test('the version matrix names what differs from the most common', () => {
    const view = new FleetView(() => 0)
    for (const [id, firmware] of [
        ['a', 'old'],
        ['b', 'new'],
        ['c', 'new'],
    ]) {
        view.about(id, about(1, firmware))
    }
    expect(versionMatrix(view.robots).map(({ ids, differs }) => ({ ids, differs }))).toEqual([
        { ids: ['b', 'c'], differs: [] },
        { ids: ['a'], differs: ['firmware'] },
    ])
})
