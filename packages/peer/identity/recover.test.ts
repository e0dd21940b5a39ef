import { activeDevices, mayFollow, openDeviceList } from '@doorpost/protocol/device-list'
import { Refusal } from '@doorpost/protocol/errors'
import { recoverySchema } from '@doorpost/protocol/messages/recovery'
import { recoveryBytes } from '@doorpost/protocol/recovery'
import { hashOfSigned, verify } from '@doorpost/protocol/signature'
import { fromBase64url, toBase64url } from '@doorpost/protocol/bytes'
import { beforeEach, expect, test } from 'vitest'
import { fakeClock } from '../fake-clock.ts'
import { systemRandom as random } from '../random.ts'
import { unreachable } from '../session/answer.ts'
import type { Line } from '../session/line.ts'
import { openMemoryStore } from '../store/memory-store.ts'
import type { Store } from '../store/store.ts'
import { type FakePostOffice, openFakePostOffice } from './fake-post-office.ts'
import { readAccountKey, readIdentity } from './identity-record.ts'
import { alice, bob, identityOf } from './people-stage.ts'
import { recoveryKeyOf } from './recovery.ts'
import { recoverAccount, RESTORING } from './recover.ts'

let office: FakePostOffice
let store: Store
/** When the line breaks at the handing in, if at all. */
let breaks: 'before' | 'after' | undefined
let handedIn: string[]
/** Hashes of the lists that left this device. */
let attempts: string[]
const NONCE = 'A'.repeat(43)
const ORIGIN = 'https://example.org'

/** Puts a list in place like the server: the recovery key's proof, and a list that may follow. */
function openLine(): Line {
  const inner = office.lineOf(alice)
  return {
    ...inner,
    async call(method, target, options = {}) {
      if (target === '/') {
        const body = { doorpost: 1, domain: 'example.org', origins: [ORIGIN], registration: 'open' }
        return { status: 200, headers: {}, body }
      }
      if (method !== 'AUTHORIZATION') return await inner.call(method, target, options)
      if (options.body === undefined) {
        return { status: 200, headers: {}, body: { nonce: NONCE, expiresAt: '2026-11-21T12:01:00.000Z' } }
      }
      const asked = recoverySchema.parse(options.body)
      attempts.push(hashOfSigned(asked.deviceList))
      if (breaks === 'before') throw unreachable('broken')
      const [known, next] = [openDeviceList(office.lists.get(alice) as never), openDeviceList(asked.deviceList)]
      if (!known || !next) throw new Refusal('list-refused')
      const { origin, serverNonce, deviceNonce } = asked
      const bytes = recoveryBytes({ origin, user: alice, list: next.head.hash, serverNonce, deviceNonce })
      const key = fromBase64url(known.list.recoveryKey)
      if (!verify('recovery', bytes, fromBase64url(asked.signature), key)) throw new Refusal('login-refused')
      if (!['same', 'recovered'].includes(mayFollow(known, next))) throw new Refusal('list-refused')
      handedIn.push(next.head.hash)
      office.lists.set(alice, asked.deviceList)
      if (breaks === 'after') throw unreachable('broken')
      return { status: 200, headers: {}, body: { head: next.head } }
    },
  }
}

const recover = async (words?: readonly string[], device = 'third') =>
  recoverAccount({
    store,
    origin: ORIGIN,
    user: 'alice',
    device,
    words: words ?? (await identityOf(alice)).recoveryWords,
    clock: fakeClock(),
    random,
    openLine,
  })

beforeEach(async () => {
  office = openFakePostOffice()
  store = openMemoryStore()
  breaks = undefined
  handedIn = []
  attempts = []
  for (const user of [alice, bob]) office.lists.set(user, (await identityOf(user)).identity.deviceList)
})

test('[DEV12] a new account key and one device take the place of all that was; the words are kept nowhere', async () => {
  const { identity, revoked } = await recover()
  expect(revoked).toEqual(['laptop'])
  const { list, signedBy } = identity.opened
  expect(signedBy).toBe('recovery')
  expect(activeDevices(list).map(({ name }) => name)).toEqual(['third'])
  expect(list.accountKey).not.toBe((await identityOf(alice)).identity.accountKey)
  expect(await readIdentity(store)).toEqual(identity)
  expect(await readAccountKey(store)).toBeDefined()
  expect(await store.get('identity', RESTORING)).toBe(true)
  const kept = JSON.stringify(await store.all('identity'))
  const { recoveryWords } = await identityOf(alice)
  expect(kept).not.toContain(recoveryWords.slice(0, 2).join(' '))
  expect(kept).not.toContain(toBase64url(recoveryKeyOf(recoveryWords)?.secret ?? new Uint8Array(1)))
})

test('[DEV12] under the name of a device that is gone the new one takes its place', async () => {
  const { identity } = await recover(undefined, 'laptop')
  expect(identity.opened.list.devices).toHaveLength(1)
})

test('[DEV12] cut off before or after the server took the list, it goes on with the same keys and the same list', async () => {
  for (const when of ['before', 'after'] as const) {
    breaks = when
    await expect(recover()).rejects.toMatchObject({ code: 'server-unreachable' })
    expect(await readIdentity(store)).toBeUndefined()
  }
  const [first] = handedIn
  breaks = undefined
  const { identity } = await recover()
  expect(identity.opened.head).toEqual({ sequence: 2, hash: first })
  expect(handedIn).toEqual([first])
  expect(new Set(attempts)).toEqual(new Set([first]))
  expect(attempts).toHaveLength(2)
  expect((await store.all('identity')).map(({ key }) => key).filter((key) => key.startsWith('recovering'))).toEqual([])
})

test('[DEV14] words that are none, have a slip, or are those of another recover nothing and leave nothing', async () => {
  const { recoveryWords } = await identityOf(alice)
  const others = (await identityOf(bob)).recoveryWords
  for (const words of [[], recoveryWords.slice(1), ['zebra', ...recoveryWords.slice(1)], others]) {
    await expect(recover(words)).rejects.toMatchObject({ code: 'wrong-secret' })
  }
  expect(await store.all('identity')).toEqual([])
  expect(handedIn).toEqual([])
})

test('[DEV12] a home that is somebody’s, a name nobody has and a name that cannot be are told as such', async () => {
  await expect(recover(undefined, 'not a name')).rejects.toMatchObject({ code: 'bad-address' })
  office.lists.delete(alice)
  await expect(recover()).rejects.toMatchObject({ code: 'no-such-user' })
  office.lists.set(alice, (await identityOf(alice)).identity.deviceList)
  await recover()
  await expect(recover()).rejects.toMatchObject({ code: 'not-available' })
})
