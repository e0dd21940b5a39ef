// Who watches, where pictures go and what each viewer gets, over the handler table, without sockets and with a clock that is turned by hand.

import { decodeBack, encodeBack } from '@doorpost/protocol/live/acknowledgement'
import { LIVE_SILENCE_MS } from '@doorpost/protocol/live/limits'
import { describe, expect, test } from 'vitest'
import { asking, BROADCAST, fakeLine, FORMAT, openParty, pushes, sequences, showing } from './fake-lines.ts'

/** How long it takes until this viewer's line counts as lost, ms, while `play` goes on; at most ten seconds. */
function lostAfterMs(viewer: { stands(): string }, play: (ms: number) => unknown): number {
  let ms = 0
  for (; viewer.stands() !== 'pending: line' && ms < 10_000; ms += 33) play(33)
  return ms
}

/** A party whose one viewer sees what is shown straight from who shows it. */
async function openStraight() {
  const party = await openParty()
  const shower = await showing(party.server, party.alice)
  const bob = await party.watching(shower, 'bob')
  await party.peerToPeer(shower, bob, true)
  party.server.clock.turn(500)
  expect(shower.sinks()).toBe('peer')
  return { ...party, shower, bob }
}

describe('asking', () => {
  test('[LVS40] a request reaches the broadcaster, who approves, and pictures come, beginning with a key frame', async () => {
    const { server, alice, others, play } = await openParty()
    const shower = await showing(server, alice)
    const bob = await asking(server, others.bob, alice)
    expect(bob.stands()).toBe('asked')
    expect(pushes(shower.session, 'live-ask')).toEqual([
      { kind: 'live-ask', broadcast: BROADCAST, watch: bob.watch, viewer: others.bob.device, contact: true },
    ])
    // Nothing of the broadcast is told before: neither ticket nor device, format or who watches.
    const seen = async () => (await others.bob.ask('RETRIEVE', `/watches/${bob.watch}`)).json
    expect(await seen()).toEqual({ watch: bob.watch, standing: { state: 'asked' } })
    expect(pushes(bob.session, 'watch').filter(({ approved }) => approved)).toEqual([])
    expect(bob.open()).toBeUndefined()
    const unseen = shower.show()
    expect(await shower.decide(others.bob, 'approve')).toBe(204)
    expect(bob.stands()).toBe('pending: line')
    expect(pushes(bob.session, 'watch').at(-1)?.approved).toMatchObject({
      broadcaster: alice.device,
      broadcast: BROADCAST,
      format: FORMAT,
    })
    expect(shower.sinks()).toBe('none')
    bob.open()
    expect(bob.stands()).toBe('watching moving by server')
    expect(shower.sinks()).toBe('server')
    expect(pushes(shower.session, 'live-key-frame').length).toBe(1)
    const shown = play(shower, 500, bob)
    expect(sequences(bob)).toEqual(shown)
    expect(bob.line?.frames()[0]?.keyFrame).toBe(true)
    // The source is told what came, whether anybody was shown it or not.
    const told = shower.line.sent.map(decodeBack)
    expect(told.flatMap((back) => (back?.type === 'acknowledgement' ? [back.sequence] : []))).toEqual([
      unseen,
      ...shown,
    ])
  })

  test('[LVS40] who was approved ahead asks nobody; a declined request is over', async () => {
    const { server, alice, others, watching } = await openParty()
    const shower = await showing(server, alice)
    const bob = await watching(shower, 'bob')
    expect(bob.stands()).toBe('watching moving by server')
    expect(pushes(shower.session, 'live-ask')).toEqual([])
    const carol = await asking(server, others.carol, alice)
    await shower.decide(others.carol, 'decline')
    expect(carol.stands()).toBe('over: declined')
  })

  test('[LVS41] approval survives a lost connection and a new request; the same device asking again gets the same watch', async () => {
    const { server, alice, others, watching } = await openParty()
    const shower = await showing(server, alice)
    const bob = await watching(shower, 'bob')
    bob.line?.connection.reset()
    expect(bob.stands()).toBe('pending: line')
    expect(shower.sinks()).toBe('none')
    const again = await asking(server, others.bob, alice)
    expect(again.watch).toBe(bob.watch)
    again.open()
    expect(again.stands()).toBe('watching moving by server')
    await others.bob.ask('REMOVE', `/watches/${bob.watch}`)
    expect(again.stands()).toBe('over: left')
    expect((await watching(shower, 'bob')).stands()).toBe('watching moving by server')
  })

  test('[LVS41] a second connection takes the place of the first', async () => {
    const { server, alice, watching, play } = await openParty()
    const shower = await showing(server, alice)
    const bob = await watching(shower, 'bob')
    const first = bob.line
    bob.open()
    expect(first?.closedWith).toBe(4009)
    play(shower, 100, bob)
    expect(bob.line?.frames()[0]?.keyFrame).toBe(true)
    expect(bob.stands()).toBe('watching moving by server')
  })

  test('[LVS42] who is kicked gets nothing more at once, and stays out until let in again', async () => {
    const { server, alice, others, watching, play } = await openParty()
    const shower = await showing(server, alice)
    const bob = await watching(shower, 'bob')
    const ticket = pushes(bob.session, 'watch').at(-1)?.approved?.ticket ?? ''
    play(shower, 100, bob)
    const before = bob.line?.sent.length
    await shower.decide(others.bob, 'kick')
    expect(bob.line?.closedWith).toBe('reset')
    play(shower, 100)
    expect(bob.line?.sent.length).toBe(before)
    expect(bob.stands()).toBe('over: kicked')
    expect(fakeLine(server, ticket)).toBeUndefined()
    expect((await others.bob.ask('SEND', '/watches', { user: alice.address })).json).toEqual({
      watch: expect.any(String) as string,
      standing: { state: 'over', reason: 'kicked' },
    })
    expect(pushes(shower.session, 'live-ask')).toEqual([])
    await shower.decide(others.bob, 'lift')
    expect((await asking(server, others.bob, alice)).stands()).toBe('asked')
  })

  test('[LVS43] a contact is told that nothing is shown; a stranger and the blocked see one thing, whatever is shown', async () => {
    const { server, alice, others } = await openParty()
    const nothing = await others.bob.ask('SEND', '/watches', { user: alice.address })
    expect(nothing.status).toBe(404)
    const stranger = await server.join('mallory')
    await alice.ask('SEND', '/blocks', { address: others.fred.address })
    const quiet = [await asking(server, stranger, alice), await asking(server, others.fred, alice)]
    const shower = await showing(server, alice)
    quiet.push(await asking(server, stranger, alice), await asking(server, others.fred, alice))
    expect(quiet.map((one) => one.stands())).toEqual(Array(4).fill('asked'))
    expect(pushes(shower.session, 'live-ask')).toEqual([])
    server.clock.turn(5 * 60_000 + 200)
    expect(quiet.map((one) => one.stands())).toEqual(Array(4).fill('over: unanswered'))
  })

  test('[LVS43] who may ask is the broadcaster’s choice: with anybody, a stranger’s request is passed on', async () => {
    const { server, alice } = await openParty()
    const shower = await showing(server, alice, { asks: 'anybody' })
    await asking(server, await server.join('mallory'), alice)
    expect(pushes(shower.session, 'live-ask')).toMatchObject([{ contact: false }])
  })

  test('[LVS44] nobody else can steer a broadcast or a watch', async () => {
    const { server, alice, others, watching } = await openParty()
    const shower = await showing(server, alice)
    const bob = await watching(shower, 'bob')
    const { carol } = others
    const tries: [string, string, object?][] = [
      ['RETRIEVE', `/live/${BROADCAST}`],
      ['REMOVE', `/live/${BROADCAST}`],
      ['SEND', `/live/${BROADCAST}/decisions`, { user: carol.address, decision: 'approve' }],
      ['SEND', `/live/${BROADCAST}/paths`, { watch: bob.watch, up: true }],
      ['RETRIEVE', `/watches/${bob.watch}`],
      ['SEND', `/watches/${bob.watch}`, { audio: false }],
      ['SEND', `/watches/${bob.watch}/path`, { up: true }],
      ['REMOVE', `/watches/${bob.watch}`],
    ]
    for (const [method, target, body] of tries) expect((await carol.ask(method, target, body)).status, target).toBe(404)
    expect((await carol.ask('SEND', '/live', { broadcast: BROADCAST, format: FORMAT })).status).toBe(409)
    expect(bob.stands()).toBe('watching moving by server')
  })
})

describe('switching', () => {
  test('[LVS50] the first viewer moves to peer-to-peer as soon as it is open: both, then there alone', async () => {
    const { server, alice, watching, play } = await openParty()
    const shower = await showing(server, alice)
    const bob = await watching(shower, 'bob')
    play(shower, 200, bob)
    await shower.path(bob.watch, true)
    expect(shower.sinks()).toBe('server')
    await bob.path(true)
    expect(shower.sinks()).toBe('both')
    play(shower, 1_000, bob)
    expect(shower.sinks()).toBe('peer')
    expect(bob.stands()).toBe('watching moving by peer')
    expect(pushes(shower.session, 'live-sinks').map(({ sinks }) => sinks.turn)).toEqual([1, 2, 3])
  })

  test('[LVS50] a second viewer brings both to the server; when one leaves by a line that went dark, the other goes back by itself', async () => {
    const { shower, bob, watching, play } = await openStraight()
    const carol = await watching(shower, 'carol')
    expect(shower.sinks()).toBe('both')
    play(shower, 600, bob, carol)
    expect(shower.sinks()).toBe('server')
    expect(pushes(shower.session, 'live-sinks').at(-1)?.sinks.watch).toBe(bob.watch)
    expect(sequences(bob)?.slice(-10)).toEqual(sequences(carol)?.slice(-10))
    carol.line?.goesDark()
    expect(lostAfterMs(carol, (ms) => play(shower, ms, bob))).toBeLessThanOrEqual(LIVE_SILENCE_MS)
    play(shower, 1_000, bob)
    expect(shower.sinks()).toBe('server')
    play(shower, 1_100, bob)
    expect(shower.sinks()).toBe('peer')
  })

  test('[LVS58] a viewer that stands still though its line answers is noticed within 3 s, and goes on when it says something', async () => {
    const { server, alice, watching, play, peerToPeer } = await openParty()
    const shower = await showing(server, alice)
    const bob = await watching(shower, 'bob')
    await peerToPeer(shower, bob, true)
    const carol = await watching(shower, 'carol')
    play(shower, 2_000, bob, carol)
    expect(shower.sinks()).toBe('server')
    expect(lostAfterMs(carol, (ms) => play(shower, ms, bob))).toBeLessThanOrEqual(LIVE_SILENCE_MS)
    play(shower, 2_000, bob)
    expect([shower.sinks(), carol.line?.closedWith]).toEqual(['peer', undefined])
    const before = carol.line?.sent.length
    play(shower, 5_000, bob)
    expect(carol.line?.sent.length).toBe(before)
    carol.acknowledge()
    expect(carol.stands()).toBe('watching moving by server')
    const shown = play(shower, 1_000, bob, carol)
    expect(sequences(carol)?.slice(before)[0]).toBeGreaterThanOrEqual(shown[0] ?? Infinity)
    expect(sequences(carol)?.at(-1)).toBe(shown.at(-1))
  })

  test('[LVS58] the one viewer there is stands still on both paths: nothing is sent, and it goes on when it says something', async () => {
    const { shower, bob, play } = await openStraight()
    // Nothing is acknowledged there: the broadcaster's device gives the connection up, and the viewer's says nothing.
    await shower.path(bob.watch, false)
    play(shower, 3_200)
    expect([bob.stands(), shower.sinks()]).toEqual(['pending: line', 'none'])
    bob.acknowledge()
    const shown = play(shower, 500, bob)
    expect([bob.stands(), shower.sinks()]).toEqual(['watching moving by server', 'server'])
    expect(sequences(bob)?.at(-1)).toBe(shown.at(-1))
  })

  test('[LVS58] a viewer whose line is slow does not stand still, whatever is not acknowledged', async () => {
    const { server, alice, watching, play } = await openParty()
    const shower = await showing(server, alice)
    const bob = await watching(shower, 'bob')
    play(shower, 500, bob)
    if (bob.line) bob.line.isSlow = true
    play(shower, 10_000)
    expect(bob.stands()).toBe('watching moving by server')
  })

  test('[LVS51] a lost peer-to-peer connection brings the pictures to the server at once, told by either end', async () => {
    const { server, alice, watching, play, peerToPeer } = await openParty()
    const shower = await showing(server, alice)
    const bob = await watching(shower, 'bob')
    await peerToPeer(shower, bob, true)
    server.clock.turn(500)
    await bob.path(false)
    expect(shower.sinks()).toBe('server')
    expect(bob.stands()).toBe('watching moving by server')
    // What was on its way is sent again first; it follows what came before.
    const resent = play(shower, 100, bob)
    expect(sequences(bob)).toEqual(resent)
    await peerToPeer(shower, bob, true)
    server.clock.turn(1_300)
    expect(shower.sinks()).toBe('server')
    server.clock.turn(900)
    expect(shower.sinks()).toBe('peer')
    await shower.path(bob.watch, false)
    expect(shower.sinks()).toBe('server')
  })

  test.each(['its peer-to-peer connection is lost', 'a second viewer comes'])(
    '[LVE8] what was left out for a viewer before its pictures went straight across holds back none when %s',
    async (why) => {
      const { server, alice, watching, play, peerToPeer } = await openParty()
      const shower = await showing(server, alice, { ackWindow: 1 })
      const bob = await watching(shower, 'bob')
      shower.show({ key: true })
      // It says nothing for a while: one is parked, and the next are left out.
      play(shower, 100)
      await peerToPeer(shower, bob, true)
      server.clock.turn(2_500)
      // What was on its way, and what was parked.
      bob.acknowledge()
      bob.acknowledge()
      server.clock.turn(500)
      expect(shower.sinks()).toBe('peer')
      const before = sequences(bob)?.length ?? 0
      if (why === 'a second viewer comes') await watching(shower, 'carol')
      else await bob.path(false)
      const resent = shower.show({ key: false })
      expect(sequences(bob)?.slice(before)).toEqual([resent])
    },
  )

  test('[LVS51] a viewer whose pictures go peer to peer goes on without its frame connection, until it is needed', async () => {
    const { server, alice, others, watching, play, peerToPeer } = await openParty()
    const shower = await showing(server, alice)
    const bob = await watching(shower, 'bob')
    play(shower, 200, bob)
    await peerToPeer(shower, bob, true)
    server.clock.turn(500)
    bob.line?.connection.reset()
    server.clock.turn(20_000)
    expect([bob.stands(), shower.sinks()]).toEqual(['watching moving by peer', 'peer'])
    // Back, it has had everything: what comes through the server then needs no key frame before it.
    bob.open()
    await watching(shower, 'carol')
    shower.show({ key: false })
    expect([sequences(bob)?.length, shower.sinks()]).toEqual([1, 'both'])
    await others.carol.ask('REMOVE', `/watches/${(await asking(server, others.carol, alice)).watch}`)
    server.clock.turn(5_000)
    expect(shower.sinks()).toBe('peer')
    bob.line?.connection.reset()
    await watching(shower, 'carol')
    expect([bob.stands(), shower.sinks()]).toEqual(['pending: line', 'server'])
    bob.open()
    expect(bob.stands()).toBe('watching moving by server')
  })

  test('[LVS52] while pictures go peer to peer, server connections carry pings alone, and nothing is reserved', async () => {
    const { server, alice, watching, peerToPeer } = await openParty()
    const shower = await showing(server, alice)
    const bob = await watching(shower, 'bob')
    await peerToPeer(shower, bob, true)
    server.clock.turn(2_000)
    const pushedBefore = shower.session.pushed.length + bob.session.pushed.length
    const [sent, pings] = [shower.line.sent.length, shower.line.pings]
    server.clock.turn(60_000)
    expect(shower.line.sent.length + (bob.line?.sent.length ?? 0)).toBe(sent)
    expect(shower.line.pings - pings).toBe(60)
    expect(shower.session.pushed.length + bob.session.pushed.length).toBe(pushedBefore)
    expect(server.rooms.live.capacity().reservedBytesPerSecond).toBe(0)
  })
})

describe('windows', () => {
  test('[LVS53] a viewer that does not read slows nobody, and is sent no more than its window', async () => {
    const { server, alice, watching, play } = await openParty()
    const shower = await showing(server, alice)
    const slow = await watching(shower, 'bob')
    const strict = await watching(shower, 'carol', { ackWindow: 1 })
    const good = await watching(shower, 'dave')
    const shown = play(shower, 2_500, good)
    expect(sequences(good)).toEqual(shown)
    expect(slow.line?.sent.length).toBeLessThanOrEqual(4)
    expect(strict.line?.sent.length).toBe(1)
    strict.acknowledge()
    expect(strict.line?.sent.length).toBe(2)
    play(shower, 1_000, good)
    expect(strict.line?.sent.length).toBe(2)
    const told = pushes(shower.session, 'live-viewers').at(-1)
    expect(told?.viewers.map(({ skipped }) => skipped > 50)).toEqual([true, true, false])
    expect(told?.viewers[2]?.bytesPerSecond).toBeGreaterThan(100_000)
  })

  test('[LVS53] the window that the broadcaster sets binds its viewers', async () => {
    const { server, alice, watching, play } = await openParty()
    const shower = await showing(server, alice, { ackWindow: 2 })
    const bob = await watching(shower, 'bob', { ackWindow: 9 })
    play(shower, 500)
    expect(bob.line?.sent.length).toBe(2)
  })

  test('[LVS30] a viewer whose line is throttled shows so to the broadcaster within 2 s, and the total says what passes', async () => {
    const { server, alice, watching, play } = await openParty()
    const shower = await showing(server, alice)
    const bob = await watching(shower, 'bob')
    play(shower, 3_000, bob)
    const figures = () => pushes(shower.session, 'live-viewers').at(-1)?.viewers[0]
    expect(figures()?.bytesPerSecond).toBeGreaterThan(100_000)
    expect(figures()?.lineBytesPerSecond).toBeGreaterThan(100_000)
    expect(server.rooms.live.capacity().bytesPerSecond).toBeGreaterThan(100_000)
    // From now on it takes a picture every 400 ms.
    for (let at = 0; at < 2_000; at += 400) {
      play(shower, 400)
      bob.acknowledge()
    }
    expect(figures()?.bytesPerSecond).toBeLessThan(60_000)
    expect(figures()?.lineBytesPerSecond).toBeLessThan(60_000)
  })

  test('[LVS54] sound needs no acknowledgement; it is left out where it would wait longer than it may be old, or is not wanted', async () => {
    const { server, alice, watching } = await openParty()
    const shower = await showing(server, alice)
    const bob = await watching(shower, 'bob')
    const deaf = await watching(shower, 'carol', { audio: false })
    const sound = () => shower.show({ type: 'audio', bytes: 100 })
    for (let packets = 0; packets < 40; packets++) sound()
    expect([bob.line?.sent.length, deaf.line?.sent.length]).toEqual([40, 0])
    if (bob.line) bob.line.unsentBytes = 5_000
    sound()
    server.clock.turn(250)
    sound()
    server.clock.turn(100)
    sound()
    expect(bob.line?.sent.length).toBe(42)
    if (bob.line) bob.line.unsentBytes = 0
    sound()
    expect(bob.line?.sent.length).toBe(43)
  })

  test('[LVS55] key frames that many viewers need are asked for once, and again when they did not come', async () => {
    const { server, alice, others, watching, play } = await openParty()
    const shower = await showing(server, alice)
    const all = [await watching(shower, 'bob'), await watching(shower, 'carol'), await watching(shower, 'dave')]
    expect(pushes(shower.session, 'live-key-frame').length).toBe(1)
    server.clock.turn(700)
    expect(pushes(shower.session, 'live-key-frame').length).toBe(2)
    const shown = play(shower, 200, ...all)
    for (const one of all) expect(sequences(one)).toEqual(shown)
    await others.bob.ask('SEND', `/watches/${all[0]?.watch}`, { keyFrame: true })
    server.clock.turn(1_000)
    expect(pushes(shower.session, 'live-key-frame').length).toBe(3)
    all[1]?.line?.say(
      encodeBack({ type: 'acknowledgement', epoch: 1, sequence: shown.at(-1) ?? 0, keyFrameWanted: true }),
    )
    server.clock.turn(5_000)
    expect(pushes(shower.session, 'live-key-frame').length).toBeGreaterThan(3)
  })

  test('[LVS56] what is no frame, comes twice or out of order is not relayed; a source that sends too much is read slowly', async () => {
    const { server, alice, watching, play } = await openParty({ broadcastBytesPerSecond: 200_000 })
    const shower = await showing(server, alice)
    const bob = await watching(shower, 'bob')
    play(shower, 100, bob)
    const again = shower.line.sent.length
    const before = bob.line?.sent.length
    const bytes = bob.line?.sent[0]
    if (bytes) shower.line.say(bytes)
    expect(bob.line?.sent.length).toBe(before)
    expect(shower.line.sent.length).toBe(again + 1)
    for (let frames = 0; frames < 10; frames++) shower.show({ bytes: 40_000 })
    server.clock.turn(100)
    expect(shower.line.isHeld).toBe(true)
    server.clock.turn(1_200)
    expect([shower.line.isHeld, shower.line.closedWith]).toEqual([false, undefined])
    shower.line.say(new Uint8Array(30))
    expect(shower.line.closedWith).toBe(1007)
    bob.line?.say(new Uint8Array(11))
    expect(bob.line?.closedWith).toBe(1007)
  })

  test('[LVS57] a probe on a frame connection is echoed, and too many messages are held back', async () => {
    const { server, alice, watching } = await openParty()
    const shower = await showing(server, alice)
    const bob = await watching(shower, 'bob')
    bob.line?.say(encodeBack({ type: 'probe', number: 7 }))
    expect(bob.line?.sent.map(decodeBack)).toEqual([{ type: 'echo', number: 7 }])
    for (let messages = 0; messages < 1_000; messages++) bob.line?.say(encodeBack({ type: 'probe', number: 1 }))
    expect(bob.line?.isHeld).toBe(true)
    expect(bob.line?.sent.length).toBeLessThan(500)
    server.clock.turn(200)
    expect([bob.line?.isHeld, bob.line?.closedWith]).toEqual([false, undefined])
  })
})
