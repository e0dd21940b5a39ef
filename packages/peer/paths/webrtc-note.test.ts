import { expect, test } from 'vitest'
import type { PathNote } from '@doorpost/protocol/path-signal'
import { fakeClock, settle } from '../fake-clock.ts'
import { openNeighbourhood } from '../fake-neighbours.ts'
import type { Caller } from './path.ts'
import type { PathDoors } from './webrtc-path.ts'

const note: PathNote = {
  note: 'path',
  attempt: 'AAAAAAAAAAAAAAAAAAAAAA',
  message: { from: 'alice@example.org/laptop' as PathNote['message']['from'], id: 'BAAAAAAAAAAAAAAAAAAAAA' },
  signal: { step: 'more', candidates: [] },
}

/** Paths that only note what they are told. */
function ear() {
  const taken: { from: Omit<Caller, 'via'>; note: PathNote }[] = []
  let doors: PathDoors | undefined
  return {
    taken,
    doors: () => doors as PathDoors,
    begin: (given: PathDoors) => {
      doors = given
    },
    take: (from: Omit<Caller, 'via'>, note: PathNote) => void taken.push({ from, note }),
    answerAtOnce: async () => undefined,
  }
}

test('[RTC15] a path note reaches the device it is for with the key that signed it, waits 60 s at most, and is on no disk', async () => {
  const clock = fakeClock()
  const files = { find: async () => [], open: () => Promise.reject(new Error('none')) } as never
  const street = openNeighbourhood(clock, { files, crypto: {} as never })
  const [ears, others] = [ear(), ear()]
  const alice = await street.move('alice', { webrtc: ears })
  const bob = await street.move('bob', { webrtc: others })
  await street.befriend(alice, bob)
  await settle()
  const before = street.accepted.length
  others.doors().say(alice.me.address, note)
  expect(await bob.store.all('outbox')).toEqual([])
  while (ears.taken.length === 0) await settle()
  expect(ears.taken).toEqual([{ from: { address: bob.me.address, deviceKey: bob.me.deviceKey.public }, note }])
  const [envelope] = street.accepted.slice(before)
  expect(envelope).toMatchObject({ class: 'note', to: [alice.me.address] })
  expect(Date.parse(envelope?.expires ?? '') - Date.parse(envelope?.date ?? '')).toBe(60_000)
  expect(
    await ears.doors().admits({ address: bob.me.address, deviceKey: bob.me.deviceKey.public, via: 'webrtc' }),
  ).toBe(true)
  // One for all of a user's devices is for none.
  others.doors().say(alice.me.user as never, note)
  while (street.accepted.length < before + 2) await settle()
  for (let turns = 0; turns < 20; turns++) await settle()
  expect(ears.taken.length).toBe(1)
  await alice.close()
  await bob.close()
})
