// What there is room for, and how a broadcast ends, over the handler table, without sockets and with a clock that is turned by hand.

import { describe, expect, test, vi } from 'vitest'
import { befriend } from '../in-memory-server.ts'
import { asking, BROADCAST, fakeLine, FORMAT, openParty, pushes, sequences, showing } from './fake-lines.ts'

describe('room', () => {
  /** For two viewers of pictures with sound, or one and some of stills. */
  const TWO = 2 * 126_000 + 20_000

  test('[LVS60] where the third has no room it is told why, gets in when the second leaves, and nobody else notices', async () => {
    const { server, alice, watching, play } = await openParty({ bytesPerSecond: TWO })
    const shower = await showing(server, alice)
    const bob = await watching(shower, 'bob')
    const carol = await watching(shower, 'carol')
    const dave = await watching(shower, 'dave')
    expect([bob, carol, dave].map((one) => one.stands())).toEqual([
      'watching moving by server',
      'watching moving by server',
      'pending: capacity',
    ])
    expect(pushes(dave.session, 'watch').at(-1)?.approved?.capacity).toMatchObject({
      bytesPerSecondMax: TWO,
      reservedBytesPerSecond: 252_000,
    })
    play(shower, 300, bob, carol)
    expect(dave.line?.sent).toEqual([])
    carol.line?.connection.reset()
    server.clock.turn(100)
    expect(dave.stands()).toBe('watching moving by server')
    const shown = play(shower, 300, bob, dave)
    expect(sequences(dave)?.at(-1)).toBe(shown.at(-1))
  })

  test('[LVS61] after 10 s without room it gets stills, and pictures when there is room again', async () => {
    const { server, alice, others, watching } = await openParty({ bytesPerSecond: TWO })
    const shower = await showing(server, alice)
    const [bob, carol, dave] = [
      await watching(shower, 'bob'),
      await watching(shower, 'carol'),
      await watching(shower, 'dave'),
    ]
    server.clock.turn(9_800)
    expect(dave.stands()).toBe('pending: capacity')
    server.clock.turn(300)
    expect(dave.stands()).toBe('watching stills by server')
    expect(shower.sinks()).toBe('server and stills')
    shower.show({ key: true })
    const still = shower.show({ type: 'still' })
    expect(sequences(dave)).toEqual([still])
    expect(sequences(bob)).not.toContain(still)
    await others.carol.ask('REMOVE', `/watches/${carol.watch}`)
    server.clock.turn(100)
    expect(dave.stands()).toBe('watching moving by server')
    expect(shower.sinks()).toBe('server')
  })

  test('[LVS61] without room for stills either, it is refused after 10 s', async () => {
    const { server, alice, watching } = await openParty({ bytesPerSecond: 2 * 126_000 + 1_000 })
    const shower = await showing(server, alice)
    for (const name of ['bob', 'carol'] as const) await watching(shower, name)
    const dave = await watching(shower, 'dave')
    server.clock.turn(10_100)
    expect(dave.stands()).toBe('over: no-room')
    expect(dave.line?.closedWith).toBe(1000)
  })

  test('[LVS62] capacity 0 is peer to peer only: no picture goes over the server, one viewer gets in when its connection is open', async () => {
    const { server, alice, watching, play, peerToPeer } = await openParty({ bytesPerSecond: 0 })
    const shower = await showing(server, alice)
    const bob = await watching(shower, 'bob')
    expect(bob.stands()).toBe('pending: peer-to-peer-only')
    await peerToPeer(shower, bob, true)
    expect([bob.stands(), shower.sinks()]).toEqual(['watching moving by peer', 'peer'])
    const carol = await watching(shower, 'carol')
    expect([carol.stands(), shower.sinks()]).toEqual(['pending: peer-to-peer-only', 'peer'])
    await bob.path(false)
    expect([bob.stands(), shower.sinks()]).toEqual(['pending: peer-to-peer-only', 'none'])
    play(shower, 200)
    expect((bob.line?.sent.length ?? 0) + (carol.line?.sent.length ?? 0)).toBe(0)
    await peerToPeer(shower, carol, true)
    expect(carol.stands()).toBe('watching moving by peer')
  })

  test('[LVS62] where a second cannot be let in, the first stays on its peer-to-peer connection', async () => {
    const { server, alice, watching, peerToPeer } = await openParty({ bytesPerSecond: 200_000 })
    const shower = await showing(server, alice)
    const bob = await watching(shower, 'bob')
    await peerToPeer(shower, bob, true)
    server.clock.turn(1_000)
    expect(shower.sinks()).toBe('peer')
    const carol = await watching(shower, 'carol')
    expect([carol.stands(), shower.sinks()]).toEqual(['pending: capacity', 'peer'])
    expect(server.rooms.live.capacity().reservedBytesPerSecond).toBe(0)
    server.clock.turn(10_200)
    expect([carol.stands(), bob.stands(), shower.sinks()]).toEqual([
      'watching stills by server',
      'watching moving by peer',
      'peer and stills',
    ])
  })

  test('[LVS63] what passes is measured: where it reaches the capacity, pictures are left out whatever was reserved', async () => {
    const { server, alice, watching } = await openParty({ bytesPerSecond: 300_000 })
    const shower = await showing(server, alice)
    const bob = await watching(shower, 'bob')
    // The broadcaster sends four times what it said.
    for (let at = 0; at < 3_000; at += 33) {
      shower.show({ bytes: 16_000 })
      bob.acknowledge()
      expect(server.rooms.live.capacity().bytesPerSecond).toBeLessThan(300_000 + 17_000)
      server.clock.turn(33)
    }
    expect(bob.line?.sent.length).toBeGreaterThan(20)
    expect(bob.line?.sent.length).toBeLessThan(80)
  })

  test('[LVS64] viewers of a broadcast, connections of the server, broadcasts and watches of a user are bounded, and it is told', async () => {
    const { server, alice, others, watching } = await openParty({
      broadcastViewers: 3,
      connections: 2,
      userBroadcasts: 1,
      userWatches: 2,
    })
    const shower = await showing(server, alice, { viewersMax: 1 })
    const bob = await watching(shower, 'bob')
    const carol = await watching(shower, 'carol')
    expect([bob.stands(), carol.stands()]).toEqual(['watching moving by server', 'pending: viewers'])
    await alice.ask('SEND', '/live', { broadcast: BROADCAST, format: FORMAT }, { session: shower.session })
    server.clock.turn(100)
    expect(carol.stands()).toBe('watching moving by server')
    expect((await watching(shower, 'dave')).stands()).toBe('pending: connections')
    const second = await alice.ask('SEND', '/live', { broadcast: 'C'.repeat(21) + 'A', format: FORMAT })
    expect([second.status, (second.json as { detail: string }).detail]).toEqual([
      429,
      'A user may have 1 broadcasts at once.',
    ])
    for (const name of ['carol', 'erin'] as const) {
      await befriend(others.bob, others[name])
      const reply = await others[name].ask('SEND', '/live', {
        broadcast: (name === 'erin' ? 'D' : 'E').repeat(21) + 'A',
        format: FORMAT,
      })
      expect(reply.status).toBe(200)
    }
    expect((await others.bob.ask('SEND', '/watches', { user: others.carol.address })).status).toBe(202)
    expect((await others.bob.ask('SEND', '/watches', { user: others.erin.address })).status).toBe(429)
  })

  test('[LVS65] stills alone are a way to watch and a way to show', async () => {
    const { server, alice, others, watching } = await openParty()
    const shower = await showing(server, alice)
    const bob = await watching(shower, 'bob', { pictures: 'stills' })
    expect([bob.stands(), shower.sinks()]).toEqual(['watching stills by server', 'none and stills'])
    await others.bob.ask('SEND', `/watches/${bob.watch}`, { pictures: 'moving' })
    expect([bob.stands(), shower.sinks()]).toEqual(['watching moving by server', 'server'])
    const { picture: _, ...stills } = FORMAT
    const carol = await showing(server, others.carol, { broadcast: 'C'.repeat(21) + 'A', format: stills })
    await befriend(others.carol, others.dave)
    await carol.decide(others.dave, 'approve')
    const dave = await asking(server, others.dave, others.carol)
    dave.open()
    expect([dave.stands(), carol.sinks()]).toEqual(['watching moving by server', 'server'])
    const still = carol.show({ type: 'still' })
    expect(sequences(dave)).toEqual([still])
    server.clock.turn(5_000)
    expect(pushes(carol.session, 'live-key-frame')).toEqual([])
  })
})

describe('ending', () => {
  test('[LVS70] a broadcaster that stops, logs out or is gone for 30 s ends it for all; one that comes back goes on', async () => {
    const { server, alice, others, watching } = await openParty()
    const shower = await showing(server, alice)
    const bob = await watching(shower, 'bob')
    shower.line.goesDark()
    server.clock.turn(4_000)
    expect(shower.line.closedWith).toBe(4010)
    const { ticket } = (await alice.ask('RETRIEVE', `/live/${BROADCAST}`)).json as { ticket: string }
    const back = fakeLine(server, ticket)
    server.clock.turn(60_000)
    expect(bob.stands()).toBe('watching moving by server')
    back?.connection.reset()
    server.clock.turn(30_200)
    expect(bob.stands()).toBe('over: ended')
    expect(pushes(shower.session, 'live-over')).toMatchObject([{ reason: 'gone' }])
    const second = await showing(server, others.carol, { broadcast: 'C'.repeat(21) + 'A' })
    await second.decide(alice, 'approve')
    const viewer = await asking(server, alice, others.carol)
    await others.carol.ask('QUIT', '/', undefined, { session: second.session })
    expect(viewer.stands()).toBe('over: ended')
    expect(server.rooms.live.counts()).toEqual({ broadcasts: 0, watches: 0, viewers: 0 })
  })

  test('[LVS71] a viewer that never opens its connection holds no room after 10 s and is forgotten after 60 s; one that logs out at once', async () => {
    const { server, alice, others, watching } = await openParty()
    const shower = await showing(server, alice)
    await shower.decide(others.bob, 'approve')
    const bob = await asking(server, others.bob, alice)
    expect(server.rooms.live.capacity().reservedBytesPerSecond).toBe(126_000)
    server.clock.turn(10_100)
    expect(server.rooms.live.capacity()).toMatchObject({ reservedBytesPerSecond: 0, connections: 0 })
    server.clock.turn(50_000)
    expect(bob.stands()).toBe('over: gone')
    const carol = await watching(shower, 'carol')
    await others.carol.ask('QUIT', '/', undefined, { session: carol.session })
    expect([carol.line?.closedWith, shower.sinks()]).toEqual([1000, 'none'])
  })

  test('[LVS72] a server that stops says so to both sides and takes nothing new', async () => {
    const { server, alice, watching } = await openParty()
    const shower = await showing(server, alice)
    const bob = await watching(shower, 'bob')
    server.drain()
    expect([bob.stands(), shower.line.closedWith]).toEqual(['over: draining', 1001])
    expect(pushes(shower.session, 'live-over')).toMatchObject([{ reason: 'draining' }])
    expect((await alice.ask('SEND', '/live', { broadcast: BROADCAST, format: FORMAT })).status).toBe(503)
  })

  test('[LVS73] a device whose session comes back is told where frames go, who asks, and where its watch stands', async () => {
    const { server, alice, others, watching } = await openParty()
    const shower = await showing(server, alice)
    const bob = await watching(shower, 'bob')
    await asking(server, others.carol, alice)
    shower.session.breakOff()
    bob.session.breakOff()
    const [again, bobAgain] = [await alice.comeOnline(), await others.bob.comeOnline()]
    expect(pushes(again, 'live-sinks')).toMatchObject([{ sinks: { pictures: 'server' } }])
    expect(pushes(again, 'live-ask').map(({ viewer }) => viewer)).toEqual([others.carol.device])
    expect(pushes(bobAgain, 'watch')).toMatchObject([{ standing: { state: 'watching' } }])
  })

  test('[LVS73] what a session had no room for is told again when it has', async () => {
    const { server, alice, watching, peerToPeer } = await openParty()
    const shower = await showing(server, alice)
    const bob = await watching(shower, 'bob')
    for (const { session } of [shower, bob]) vi.spyOn(session, 'push').mockReturnValue(false)
    await peerToPeer(shower, bob, true)
    server.clock.turn(1_000)
    expect([shower.sinks(), bob.stands()]).toEqual(['server', 'watching moving by server'])
    vi.restoreAllMocks()
    server.clock.turn(100)
    expect([shower.sinks(), bob.stands()]).toEqual(['peer', 'watching moving by peer'])
  })

  test('[LVS74] figures name what is on the server now', async () => {
    const { server, alice, others, watching, play } = await openParty()
    const shower = await showing(server, alice)
    const bob = await watching(shower, 'bob')
    play(shower, 500, bob)
    const { body } = await server.rooms.metrics.text()
    expect(body).toMatch(/^doorpost_live_broadcasts 1$/m)
    expect(body).toMatch(/^doorpost_live_viewers 1$/m)
    expect(body).toMatch(/^doorpost_live_frames_total\{what="relayed"\} 16$/m)
    expect(body).toMatch(/^doorpost_live_reserved_bytes_per_second 126000$/m)
    const list = (await others.bob.ask('LIST', '/live')).json as {
      broadcasts: unknown[]
      capacity: { bytesPerSecond: number }
    }
    expect(list.broadcasts).toEqual([])
    expect(list.capacity.bytesPerSecond).toBeGreaterThan(50_000)
  })
})
