// What viewers decode: who gets moving pictures in which codec, over the handler table, with a clock that is turned by hand.

import type { Start } from '@doorpost/protocol/live/control'
import { expect, test } from 'vitest'
import { BROADCAST, FORMAT, openParty, pushes, sequences, showing } from './fake-lines.ts'

const inCodec = (codec: string): Start['format'] => ({
  ...FORMAT,
  ...(FORMAT.picture && { picture: { ...FORMAT.picture, codec } }),
})

test('[LVS90] the broadcaster is told how many want moving pictures and how many decode what; who says nothing takes all', async () => {
  const { server, alice, others, watching } = await openParty()
  const shower = await showing(server, alice)
  await watching(shower, 'bob', { decodes: ['h264', 'vp8'] })
  await watching(shower, 'carol', { decodes: ['vp8', 'av1'] })
  await watching(shower, 'dave')
  const erin = await watching(shower, 'erin', { pictures: 'stills', decodes: [] })
  server.clock.turn(1_100)
  const told = () => pushes(shower.session, 'live-viewers').at(-1)?.decoders
  expect(told()).toEqual({ moving: 3, h264: 2, vp8: 3, av1: 2 })
  await others.erin.ask('SEND', `/watches/${erin.watch}`, { pictures: 'moving' })
  server.clock.turn(1_100)
  expect(told()).toEqual({ moving: 4, h264: 2, vp8: 3, av1: 2 })
})

test('[LVS91] who does not decode what is shown gets stills at once, alone, and moving pictures as soon as it is shown in what they decode', async () => {
  const { server, alice, watching, play } = await openParty()
  const shower = await showing(server, alice)
  const bob = await watching(shower, 'bob', { decodes: ['h264', 'vp8'] })
  const carol = await watching(shower, 'carol', { decodes: ['vp8'] })
  expect([bob.stands(), carol.stands()]).toEqual(['watching moving by server', 'watching stills by server'])
  expect(shower.sinks()).toBe('server and stills')
  play(shower, 300, bob)
  const still = shower.show({ type: 'still' })
  carol.acknowledge()
  expect(sequences(carol)).toEqual([still])

  await alice.ask('SEND', '/live', { broadcast: BROADCAST, format: inCodec('vp8') }, { session: shower.session })
  expect([bob.stands(), carol.stands()]).toEqual(['watching moving by server', 'watching moving by server'])
  expect(pushes(carol.session, 'watch').at(-1)?.approved?.format.picture?.codec).toBe('vp8')
  expect(shower.sinks()).toBe('server')
  const before = sequences(bob)?.length ?? 0
  const first = shower.show({ key: true })
  const shown = [first, ...play(shower, 300, bob, carol)]
  // Nobody else lost anything by it.
  expect(sequences(bob)?.slice(before)).toEqual(shown)
  expect(sequences(carol)?.slice(1)).toEqual(shown)

  // In a codec that has no name here nobody who said what they decode gets moving pictures.
  await alice.ask(
    'SEND',
    '/live',
    { broadcast: BROADCAST, format: inCodec('hev1.1.6.L93.B0') },
    { session: shower.session },
  )
  expect([bob.stands(), carol.stands()]).toEqual(['watching stills by server', 'watching stills by server'])
})

test('[LVS91] one alone on a peer-to-peer connection stays there while another gets stills, and both are served when the codec suits both', async () => {
  const { server, alice, watching, peerToPeer } = await openParty()
  const shower = await showing(server, alice)
  const bob = await watching(shower, 'bob', { decodes: ['h264', 'vp8'] })
  await peerToPeer(shower, bob, true)
  server.clock.turn(1_000)
  const carol = await watching(shower, 'carol', { decodes: ['vp8'] })
  await peerToPeer(shower, carol, true)
  server.clock.turn(2_500)
  expect([bob.stands(), carol.stands()]).toEqual(['watching moving by peer', 'watching stills by server'])
  expect(shower.sinks()).toBe('peer and stills')
  await alice.ask('SEND', '/live', { broadcast: BROADCAST, format: inCodec('vp8') }, { session: shower.session })
  server.clock.turn(100)
  expect([bob.stands(), carol.stands()]).toEqual(['watching moving by server', 'watching moving by server'])
  await bob.person.ask('REMOVE', `/watches/${bob.watch}`, undefined, { session: bob.session })
  server.clock.turn(2_500)
  expect([carol.stands(), shower.sinks()]).toEqual(['watching moving by peer', 'peer'])
})
