// Mail as a whole device gets it from its server: pushed, listed, twice, meant for others or under a changed key; what is kept, what
// waits, and what nobody is shown.

import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import type { DeliveredEnvelope } from '@doorpost/protocol/envelope'
import { Refusal } from '@doorpost/protocol/errors'
import { laptopOf, type Neighbour } from '../fake-neighbours.ts'
import { PARKED_MAX } from './collect.ts'
import { mailKey } from './open-mail.ts'
import { arrives, ask, becomes, inbox, playScene, text } from '../node/street-scene.ts'

const scene = playScene()

describe('receiving', () => {
  test('[I3] kept before it is removed; a push, a LIST and a crash in between show it once', async () => {
    const [alice, bob] = await scene.friends()
    const call = bob.line.call
    // The line dies between keeping and removing.
    bob.line.call = async (method, ...rest) => {
      if (method === 'REMOVE') throw new Error('cut')
      return await call(method, ...rest)
    }
    const { id } = await ask(alice, 'send', text(['bob']))
    await arrives(bob, id, 'ready')
    expect(scene.street.copies.length).toBeGreaterThan(0)
    bob.kill()
    const again = await scene.move('bob', { store: bob.store })
    await vi.waitFor(() => expect(scene.street.copies.filter(({ device }) => device === again.me.address)).toEqual([]))
    expect((await inbox(again)).length).toBe(1)
  })

  test('[I3] the same id with other bytes is ignored and counted', async () => {
    const [alice, bob] = await scene.friends()
    const { id } = await ask(alice, 'send', text(['bob'], 'first'))
    await arrives(bob, id, 'ready')
    const { envelope } = await sealedBy(alice, 'bob', 'second')
    bob.line.push({ kind: 'message', envelope: { ...envelope, id } })
    await vi.waitFor(() => expect(reasons(bob)).toContain('other-bytes'))
    expect((await inbox(bob)).map((one) => one.text)).toEqual(['first'])
  })

  test('[I3] LIST and RETRIEVE bring whatever waits, page by page', async () => {
    const [alice, bob] = await scene.friends()
    await bob.close()
    for (let count = 0; count < 7; count++) await ask(alice, 'send', text(['bob'], `${count}`))
    const polling = await scene.move('bob', { store: bob.store, stays: false })
    expect((await inbox(polling)).map((one) => one.text)).toEqual(['0', '1', '2', '3', '4', '5', '6'])
    await vi.waitFor(() =>
      expect(scene.street.copies.filter(({ device }) => device === polling.me.address).length).toBe(0),
    )
  })

  test.each<[string, string, (envelope: DeliveredEnvelope, mallory: Neighbour, alice: Neighbour) => DeliveredEnvelope]>(
    [
      [
        'another sender on the envelope',
        'bad-signature',
        (envelope, _mallory, alice) => ({ ...envelope, from: alice.me.address }),
      ],
      ['another date on the envelope', 'disagrees', (envelope) => ({ ...envelope, date: '2026-11-21T00:00:00.000Z' })],
      [
        'other recipients on the envelope',
        'disagrees',
        (envelope) => ({ ...envelope, to: [...envelope.to, laptopOf('alice')] }),
      ],
      ['another id', 'unreadable', (envelope) => ({ ...envelope, id: 'A'.repeat(22) })],
      ['a note dressed as a message', 'bad-signature', (envelope) => ({ ...envelope, class: 'note' })],
      [
        'a device that is in no list',
        'unknown-device',
        (envelope) => ({ ...envelope, from: `${envelope.from}2` as DeliveredEnvelope['from'] }),
      ],
      ['nobody', 'unknown-sender', (envelope) => ({ ...envelope, from: laptopOf('nobody') })],
      ['ourselves', 'own', (envelope) => ({ ...envelope, from: laptopOf('bob') })],
      ['time that ran out', 'expired', (envelope) => ({ ...envelope, expires: '2020-01-01T00:00:00.000Z' })],
      [
        'more time than anything has',
        'bad-dates',
        (envelope) => ({ ...envelope, expires: '2099-01-01T00:00:00.000Z' }),
      ],
      [
        'an altered body',
        'unreadable',
        (envelope) => ({ ...envelope, sealed: { ...envelope.sealed, body: `AAAA${envelope.sealed.body.slice(4)}` } }),
      ],
    ],
  )('[I4] mail with %s is never shown, and counted as %s', async (_what, reason, tamper) => {
    const [alice, bob] = await scene.friends()
    const mallory = await scene.move('mallory')
    await scene.street.befriend(mallory, bob)
    const { envelope } = await sealedBy(mallory, 'bob', 'believe me')
    bob.line.push({ kind: 'message', envelope: tamper(envelope, mallory, alice) })
    await vi.waitFor(() => expect(reasons(bob)).toEqual([reason]))
    expect(await inbox(bob)).toEqual([])
    // Untouched it is taken: the tampering alone made the difference.
    bob.line.push({ kind: 'message', envelope })
    await vi.waitFor(async () => expect((await inbox(bob)).length).toBe(1))
  })

  test('[I4] mail that was signed for somebody else and sealed for us is never shown', async () => {
    const [, bob] = await scene.friends()
    const mallory = await scene.move('mallory')
    const carol = await scene.move('carol')
    const { envelope } = await sealedBy(mallory, 'carol', 'for carol alone')
    carol.line.push({ kind: 'message', envelope })
    await vi.waitFor(async () => expect((await inbox(carol)).length).toBe(1))
    bob.line.push({ kind: 'message', envelope })
    await vi.waitFor(() => expect(reasons(bob)).toEqual(['unreadable']))
  })

  test('[I5] mail of somebody who cannot be asked about waits as it came, until the line is back', async () => {
    const alice = await scene.move('alice')
    const bob = await scene.move('bob')
    const { envelope } = await sealedBy(alice, 'bob', 'hello')
    const call = bob.line.call
    bob.line.call = async (method, ...rest) => {
      if (method === 'FINGER') throw new Refusal('draining')
      return await call(method, ...rest)
    }
    bob.line.push({ kind: 'message', envelope })
    await vi.waitFor(async () => expect((await bob.store.all('arrivals', 'parked ')).length).toBe(1))
    expect(await inbox(bob)).toEqual([])
    bob.line.call = call
    bob.line.become('offline')
    bob.line.become('online')
    await vi.waitFor(async () => expect((await inbox(bob)).length).toBe(1))
    expect(await bob.store.all('arrivals', 'parked ')).toEqual([])
  })

  test('[I5] mail under a changed key waits until the user has looked', async () => {
    const [alice, bob] = await scene.friends()
    await alice.close()
    const other = await scene.move('alice', { edition: 'second' })
    await ask(bob, 'finger', { address: 'alice' })
    await ask(other, 'send', text(['bob'], 'a new start'))
    await vi.waitFor(async () => expect((await bob.store.all('arrivals', 'parked ')).length).toBe(1))
    await ask(bob, 'contacts.add', { who: 'alice', acceptChangedKey: other.me.fingerprint })
    await vi.waitFor(async () => expect((await inbox(bob)).map((one) => one.text)).toEqual(['a new start']))
  })

  test('[I5] mail of somebody who is blocked stays hidden, and is there when they are not any more', async () => {
    const [alice, bob] = await scene.friends()
    await ask(bob, 'contacts.block', { address: 'alice' })
    const { id } = await ask(alice, 'send', text(['bob'], 'let me in'))
    await vi.waitFor(async () => expect((await bob.store.all('arrivals', 'parked ')).length).toBe(1))
    expect(await inbox(bob)).toEqual([])
    expect((await ask(alice, 'status', { id })).recipients[0]?.state).toBe('accepted')
    await ask(bob, 'contacts.unblock', { address: 'alice' })
    expect((await arrives(bob, id, 'ready')).text).toBe('let me in')
  })

  test('[I22] with as much undecided as is kept, later mail is reached; what was left comes when there is room', async () => {
    const [alice, bob] = await scene.friends()
    const mallory = await scene.move('mallory')
    await scene.street.befriend(mallory, bob)
    await ask(bob, 'contacts.block', { address: 'mallory' })
    const { envelope } = await sealedBy(mallory, 'bob', 'one of very many')
    await bob.close()
    // These are never decided.
    await bob.store.write(
      Array.from({ length: PARKED_MAX }, (_, at) => {
        const name = mailKey({ ...envelope, id: `${at}`.padStart(22, 'A') })
        return { put: 'arrivals', key: `parked ${name}`, value: { envelope, waitsFor: 'nobody' } }
      }),
    )
    // More than a page of them, and then one from a friend.
    for (let count = 0; count < 4; count++) await ask(mallory, 'send', text(['bob'], `${count}`))
    await ask(alice, 'send', text(['bob'], 'are you there'))
    // What is left fills the window of pushes.
    scene.street.pushAgain = () => {}
    const again = await scene.move('bob', { store: bob.store, stays: false })
    await vi.waitFor(async () => expect((await inbox(again)).map((one) => one.text)).toEqual(['are you there']))
    const waiting = () => scene.street.copies.filter(({ device }) => device === again.me.address).length
    await vi.waitFor(() => expect(waiting()).toBe(4))
    await ask(again, 'contacts.unblock', { address: 'mallory' })
    await vi.waitFor(async () => expect((await inbox(again)).length).toBe(5))
    await vi.waitFor(() => expect(waiting()).toBe(0))
  })

  test('[I6] a stranger gets five requests kept, not six', async () => {
    const [alice, bob] = [await scene.move('alice'), await scene.move('bob')]
    for (let count = 1; count <= 7; count++) await ask(alice, 'send', text(['bob'], `${count}`))
    await vi.waitFor(() => expect(reasons(bob)).toEqual(['too-many-requests', 'too-many-requests']))
    expect((await inbox(bob)).map((one) => [one.state, one.text])).toEqual(
      ['1', '2', '3', '4', '5'].map((words) => ['request', words]),
    )
  })

  test('[I8] a sender who is no mutual contact hears nothing at all; once mutual, what is owed', async () => {
    const [alice, bob] = [await scene.move('alice'), await scene.move('bob')]
    await ask(alice, 'contacts.add', { who: 'bob' })
    const { id } = await ask(alice, 'send', text(['bob']))
    await arrives(bob, id, 'request')
    await ask(bob, 'refuse', { id })
    // Something that does go out, after whatever would have.
    await ask(bob, 'send', text(['alice']))
    await vi.waitFor(() => expect(scene.street.accepted.some(({ from }) => from === bob.me.address)).toBe(true))
    expect(scene.street.accepted.filter((one) => one.from === bob.me.address && one.class === 'note')).toEqual([])
    expect(await bob.store.all('outbox')).toEqual([])
    await ask(bob, 'contacts.add', { who: 'alice' })
    await becomes(alice, id, 'refused')
  })

  test('[I10] what ran out is expired, for good', async () => {
    const [alice, bob] = await scene.friends()
    const film = await scene.file('film.mp4')
    const { id } = await ask(alice, 'send', { to: ['bob'], files: [film], lifetimeMs: 3_000_000 })
    await arrives(bob, id, 'announced')
    await bob.close()
    scene.later(3600_000)
    const later = await scene.move('bob', { store: bob.store })
    await arrives(later, id, 'expired')
    await expect(ask(later, 'get', { what: id, folder: join(scene.folder, 'out') })).rejects.toMatchObject({
      code: 'expired',
    })
    expect((await ask(alice, 'status', { id })).recipients[0]?.state).toBe('expired')
  })
})

/** A message of `from` to `to` as the server would deliver it, taken out of the mailbox before anybody sees it. */
async function sealedBy(from: Neighbour, to: string, words: string): Promise<{ envelope: DeliveredEnvelope }> {
  const line = scene.here.find((one) => one.name === to)?.line
  const push = line?.push
  if (line) line.push = () => {}
  const { id } = await ask(from, 'send', text([to], words))
  if (line && push) line.push = push
  const at = scene.street.copies.findIndex((copy) => copy.envelope.id === id)
  const [copy] = scene.street.copies.splice(at, 1)
  if (at < 0 || !copy) throw new Error('it was delivered')
  return { envelope: copy.envelope }
}

function reasons(who: Neighbour): unknown[] {
  return who.events.filter(({ event }) => event === 'mail-not-believed').map(({ reason }) => reason)
}
