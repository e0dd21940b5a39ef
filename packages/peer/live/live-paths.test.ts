// Who gets a peer-to-peer connection for frames, and who gets silence.

import type { DeviceAddress } from '@doorpost/protocol/address'
import { encodeBack } from '@doorpost/protocol/live/acknowledgement'
import type { LivePathNote } from '@doorpost/protocol/note'
import { expect, test } from 'vitest'
import { fakeClock, settle } from '../fake-clock.ts'
import { fakeRtc } from '../paths/fake-rtc.ts'
import type { Caller } from '../paths/path.ts'
import { systemRandom } from '../random.ts'
import { createLivePaths, LIVE_CONNECTIONS_MAX } from './live-paths.ts'
import type { PeerChannel } from './peer-channel.ts'

const alice = { address: 'alice@example.org/tower' as DeviceAddress, deviceKey: new Uint8Array(32).fill(1) }
const bob = { address: 'bob@example.org/phone' as DeviceAddress, deviceKey: new Uint8Array(32).fill(2) }
const BROADCAST = 'AAAAAAAAAAAAAAAAAAAAAA'
const { signal } = new AbortController()

/** Bob's device, which watches, and alice's, which shows; notes wait in `said` until they are delivered. */
function street({ admits = true, mayWatch = true, viewerAdmits = true } = {}) {
  const clock = fakeClock()
  const { connect, made } = fakeRtc()
  const said: { by: 'bob' | 'alice'; to: DeviceAddress; note: LivePathNote }[] = []
  const callers: Caller[] = []
  const channels: PeerChannel[] = []
  const make = () =>
    createLivePaths({
      connect,
      iceServers: async () => ({ stun: [], turn: [] }),
      serverOnLoopback: false,
      clock,
      random: systemRandom,
    })
  const [viewer, broadcaster] = [make(), make()]
  const none = { mayWatch: () => false, onChannel() {} }
  viewer.begin({ ...none, say: (to, note) => said.push({ by: 'bob', to, note }), admits: async () => viewerAdmits })
  broadcaster.begin({
    say: (to, note) => said.push({ by: 'alice', to, note }),
    async admits(caller) {
      callers.push(caller)
      return admits
    },
    mayWatch: () => mayWatch,
    onChannel: (_viewer, _broadcast, channel) => channels.push(channel),
  })
  const deliver = async () => {
    for (const { by, note } of said.splice(0)) {
      if (by === 'bob') broadcaster.take(bob, note)
      else viewer.take(alice, note)
    }
    await settle()
  }
  const findAll = async () => {
    for (const one of made) {
      one.find({})
      one.gathered()
    }
    await settle()
  }
  return { clock, made, said, callers, channels, viewer, broadcaster, deliver, findAll }
}

test('[LVP17] a viewer who was let in and may see the address gets a connection by one note each way', async () => {
  const on = street()
  const opening = on.viewer.open(alice, BROADCAST, signal)
  await settle()
  await on.findAll()
  expect(on.said.map(({ by, to, note }) => `${by} ${to} ${note.signal.step}`)).toEqual([`bob ${alice.address} offer`])
  await on.deliver()
  await on.findAll()
  expect(on.said.map(({ note }) => note.signal.step)).toContain('answer')
  expect(on.callers).toEqual([{ ...bob, via: 'webrtc' }])
  await on.deliver()
  await on.clock.pass(300)
  const channel = await opening
  const acknowledged: number[] = []
  const [other] = on.channels
  if (!other) throw new Error('no channel at the other end')
  other.onAcknowledgement = ({ sequence }) => acknowledged.push(sequence)
  other.begin()
  channel.begin()
  channel.send(encodeBack({ type: 'acknowledgement', epoch: 0, sequence: 7, keyFrameWanted: false }))
  await expect.poll(() => acknowledged).toEqual([7])
})

for (const [who, how] of [
  ['who was not let in', { mayWatch: false }],
  ['who may not see the address', { admits: false }],
] as const) {
  test(`[LVP17] ${who} gets silence: no note, no candidate`, async () => {
    const on = street(how)
    const opening = on.viewer.open(alice, BROADCAST, signal).catch(() => 'nothing')
    await settle()
    await on.findAll()
    await on.deliver()
    await on.clock.pass(20_000)
    expect(on.said).toEqual([])
    expect(on.made.length).toBe(1)
    expect(await opening).toBe('nothing')
  })
}

test('[LVP17] a viewer who does not want to be seen asks for none', async () => {
  const on = street({ viewerAdmits: false })
  await expect(on.viewer.open(alice, BROADCAST, signal)).rejects.toThrow('not permitted')
  expect(on.made).toEqual([])
})

test('[LVP17] [SEC17] offers are bounded: two at once of one device, four of one user, eight of all', async () => {
  const on = street()
  const offer = async (from: DeviceAddress, attempt: number) => {
    const description = { ufrag: 'ufrag', pwd: 'p'.repeat(22), fingerprint: '', messageBytesMax: 65_536 }
    const note: LivePathNote = {
      note: 'live-path',
      broadcast: BROADCAST,
      attempt: `attempt ${attempt}`,
      signal: { step: 'offer', description, candidates: [] },
    }
    on.broadcaster.take({ address: from, deviceKey: bob.deviceKey }, note)
    await settle()
  }
  for (let attempt = 0; attempt < 5; attempt++) await offer(bob.address, attempt)
  expect(on.made.length).toBe(2)
  for (let attempt = 0; attempt < 8; attempt++) await offer(`bob@example.org/x${attempt}` as DeviceAddress, attempt)
  expect(on.made.length).toBe(4)
  for (let attempt = 0; attempt < 20; attempt++) await offer(`viewer${attempt}@example.org/x` as DeviceAddress, attempt)
  expect(on.made.length).toBe(LIVE_CONNECTIONS_MAX)
})
