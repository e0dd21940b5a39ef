// People who mean harm: they ask for what they were not given, acknowledge what they never read, and send what they did not announce.

import { encodeBack } from '@doorpost/protocol/live/acknowledgement'
import { describe, expect, test } from 'vitest'
import { asking, BROADCAST, FORMAT, openParty, pushes, sequences, showing } from './fake-lines.ts'

describe('a viewer', () => {
  test('[SEC4] who was not let in makes nobody encode a key frame', async () => {
    const { server, alice, others } = await openParty()
    const shower = await showing(server, alice)
    const bob = await asking(server, others.bob, alice)
    expect(bob.stands()).toBe('asked')
    for (let times = 0; times < 5; times++) {
      expect((await others.bob.ask('SEND', `/watches/${bob.watch}`, { keyFrame: true })).status).toBe(204)
      server.clock.turn(1_000)
    }
    expect(pushes(shower.session, 'live-key-frame')).toEqual([])
  })

  test('[SEC4] who asks for key frames all the time gets one every 4 s, whichever way it asks', async () => {
    const { server, alice, others, watching, play } = await openParty()
    const shower = await showing(server, alice)
    const bob = await watching(shower, 'bob')
    for (let times = 0; times < 100; times++) {
      await others.bob.ask('SEND', `/watches/${bob.watch}`, { keyFrame: true })
      play(shower, 200, bob)
    }
    expect(pushes(shower.session, 'live-key-frame').length).toBeLessThan(10)
  })

  test('[SEC5] who acknowledges what it never read is cut off, before much waits for it; nobody else notices', async () => {
    const { server, alice, watching, play } = await openParty()
    const shower = await showing(server, alice)
    const bob = await watching(shower, 'bob')
    const carol = await watching(shower, 'carol')
    const { line } = bob
    if (!line) throw new Error('no line')
    // Nothing leaves: all that the server hands over waits in its memory.
    const { send } = line.connection
    Object.assign(line.connection, {
      send(bytes: Uint8Array) {
        line.unsentBytes += bytes.length
        send(bytes)
      },
    })
    for (let seconds = 0; seconds < 60 && line.closedWith === undefined; seconds++) {
      for (let pictures = 0; pictures < 5; pictures++) {
        const sequence = shower.show({ bytes: 40_000 })
        line.say(encodeBack({ type: 'acknowledgement', epoch: 1, sequence, keyFrameWanted: false }))
        carol.acknowledge()
      }
      server.clock.turn(1_000)
    }
    expect(line.closedWith).toBe('reset')
    expect(line.unsentBytes).toBeLessThan(5 * 1024 * 1024)
    const shown = play(shower, 300, carol)
    expect(sequences(carol)?.at(-1)).toBe(shown.at(-1))
  })
})

describe('a broadcaster', () => {
  test('[SEC6] who sends twice what was announced is read slowly, whatever the policy would let others send', async () => {
    const { server, alice, watching } = await openParty()
    const shower = await showing(server, alice, {
      format: { ...FORMAT, bytesPerSecond: { pictures: 1_000, stills: 0, audio: 0 } },
    })
    await watching(shower, 'bob')
    for (let pictures = 0; pictures < 20; pictures++) shower.show({ bytes: 20_000 })
    server.clock.turn(100)
    expect(shower.line.isHeld).toBe(true)
    server.clock.turn(1_200)
    expect([shower.line.isHeld, shower.line.closedWith]).toEqual([false, undefined])
  })

  test('[SEC6] who announces more than when viewers were let in has room reserved for that, or they wait for it', async () => {
    const { server, alice, watching } = await openParty({ bytesPerSecond: 300_000 })
    const small = { ...FORMAT, bytesPerSecond: { pictures: 1_000, stills: 100, audio: 0 } }
    const shower = await showing(server, alice, { format: small })
    const all = [await watching(shower, 'bob'), await watching(shower, 'carol'), await watching(shower, 'dave')]
    const reserved = () => server.rooms.live.capacity().reservedBytesPerSecond
    expect(reserved()).toBe(3_000)
    await alice.ask('SEND', '/live', { broadcast: BROADCAST, format: FORMAT }, { session: shower.session })
    expect(all.map((one) => one.stands())).toEqual([
      'watching moving by server',
      'watching moving by server',
      'pending: capacity',
    ])
    expect(reserved()).toBe(2 * 126_000)
  })

  test('[SEC6] who says again and again what is shown makes one word of it to each viewer, and one a second where it changes', async () => {
    const { server, alice, watching } = await openParty()
    const shower = await showing(server, alice)
    const bob = await watching(shower, 'bob')
    // How many watch has been told.
    server.clock.turn(1_500)
    const told = () => pushes(bob.session, 'watch')
    const before = told().length
    const say = (height: number) =>
      alice.ask('SEND', '/live', {
        broadcast: BROADCAST,
        format: { ...FORMAT, still: { width: 640, height, everyMs: 2_000 } },
      })
    for (let times = 0; times < 20; times++) await say(360)
    expect(told().length).toBe(before)
    for (let height = 400; height < 420; height++) await say(height)
    server.clock.turn(900)
    expect(told().length).toBe(before + 1)
    server.clock.turn(200)
    expect(told().length).toBe(before + 2)
    expect(told().at(-1)?.approved?.format.still?.height).toBe(419)
  })

  test('[SEC6] who sends many small frames is read slowly: each costs a write for every viewer', async () => {
    const { server, alice, watching } = await openParty()
    const shower = await showing(server, alice)
    const bob = await watching(shower, 'bob')
    for (let times = 0; times < 6; times++) {
      for (let packets = 0; packets < 90; packets++) shower.show({ type: 'audio', bytes: 0 })
      server.clock.turn(100)
    }
    expect(shower.line.isHeld).toBe(true)
    server.clock.turn(1_200)
    expect(shower.line.isHeld).toBe(false)
    expect(bob.line?.closedWith).toBeUndefined()
  })
})
