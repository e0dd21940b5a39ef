import { Decrypter, Encrypter } from 'age-encryption'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { UserAddress } from '@doorpost/protocol/address'
import { toBase64url } from '@doorpost/protocol/bytes'
import { openDeviceList } from '@doorpost/protocol/device-list'
import { systemRandom as random } from '../random.ts'
import { openMemoryStore } from '../store/memory-store.ts'
import { dropPending, keepIdentity, readAccountKey, readIdentity } from './identity-record.ts'
import { createIdentity } from './keys.ts'
import { newRecoveryWords, recoveryKeyOf } from './recovery.ts'

const user = 'alice@example.org' as UserAddress
const nowMs = Date.parse('2026-11-21T12:00:00.000Z')
const create = () => createIdentity({ user, device: 'laptop', origin: 'https://example.org', random, nowMs })

test('[K1] a new identity has three different keys, and a first list signed by the account key that names them', async () => {
  const { identity, accountKey, recoveryWords } = await create()
  const opened = openDeviceList(identity.deviceList)
  expect(opened).toEqual(identity.opened)
  expect(opened?.signedBy).toBe('account')
  const { list } = identity.opened
  expect(list).toMatchObject({ user, sequence: 1, previous: null, signedAt: '2026-11-21T12:00:00.000Z' })
  const recoveryKey = recoveryKeyOf(recoveryWords)
  expect(list.accountKey).toBe(toBase64url(accountKey.public))
  expect(list.recoveryKey).toBe(toBase64url(recoveryKey?.public ?? new Uint8Array()))
  expect(list.devices).toHaveLength(1)
  expect(list.devices[0]).toMatchObject({ name: 'laptop', key: toBase64url(identity.deviceKey.public) })
  expect(new Set([list.accountKey, list.recoveryKey, list.devices[0]?.key]).size).toBe(3)
})

test('[K2] the age recipient is of the hybrid kind, and its identity opens what is sealed to it', async () => {
  const { identity } = await create()
  const recipient = identity.opened.list.devices[0]?.recipient ?? ''
  expect(recipient).toMatch(/^age1pq1/)
  expect(identity.ageIdentity).toMatch(/^AGE-SECRET-KEY-PQ-1/)
  const encrypter = new Encrypter()
  encrypter.addRecipient(recipient)
  const decrypter = new Decrypter()
  decrypter.addIdentity(identity.ageIdentity)
  expect(await decrypter.decrypt(await encrypter.encrypt('hello'), 'text')).toBe('hello')
})

test('[K3] recovery words are twelve, stand for 128 bits, and read back to the same key however they are typed', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (entropy) => {
      const words = newRecoveryWords(() => entropy)
      expect(words).toHaveLength(12)
      const key = recoveryKeyOf(words)
      expect(key).toBeDefined()
      expect(recoveryKeyOf(words.map((word) => ` ${word.toUpperCase()} `))).toEqual(key)
    }),
    { numRuns: 30 },
  )
})

test('[K3] the recovery key of given words is this one, for ever', () => {
  // The words are a test vector of BIP 39 (entropy 7f7f…); the key is ours.
  const words = 'legal winner thank year wave sausage worth useful legal winner thank yellow'.split(' ')
  expect(toBase64url(recoveryKeyOf(words)?.public ?? new Uint8Array())).toBe(
    'wnI9DvwC7Qg1Oc-oY449BHKFPn5ZIyvVMks48WGJor0',
  )
})

test('[K3] a slip, a missing word, more words and nonsense are no key', () => {
  const words = 'legal winner thank year wave sausage worth useful legal winner thank yellow'.split(' ')
  const slips = [
    words.with(11, 'year'),
    words.slice(0, 11),
    [],
    words.with(0, 'legol'),
    'letter advice cage absurd amount doctor acoustic avoid letter advice cage absurd amount doctor acoustic avoid letter always'.split(
      ' ',
    ),
  ]
  for (const slip of slips) expect(recoveryKeyOf(slip)).toBeUndefined()
})

test('[K4] an identity comes back from the store as it was; the account key stands apart, the recovery key nowhere', async () => {
  const { identity, accountKey, recoveryWords } = await create()
  await using store = openMemoryStore()
  expect(await readIdentity(store)).toBeUndefined()
  expect(await readAccountKey(store)).toBeUndefined()
  await store.write(keepIdentity(identity, accountKey))
  expect(await readIdentity(store)).toEqual(identity)
  expect(await readAccountKey(store)).toEqual(accountKey)

  const kept = await store.all<object>('identity')
  expect(kept.map(({ key }) => key)).toEqual(['account', 'device'])
  const text = JSON.stringify(kept)
  const accountSecret = toBase64url(accountKey.secret)
  expect(text).toContain(accountSecret)
  expect(JSON.stringify(kept.filter(({ key }) => key === 'device'))).not.toContain(accountSecret)
  expect(text).not.toContain(toBase64url(recoveryKeyOf(recoveryWords)?.secret ?? new Uint8Array()))
  for (const word of [recoveryWords.join(' '), recoveryWords.join('","')]) expect(text).not.toContain(word)

  await store.write([{ drop: 'identity', key: 'account' }])
  expect(await readIdentity(store)).toEqual(identity)
  expect(await readAccountKey(store)).toBeUndefined()
})

test('[K4] pending keys are kept apart from the identity, one set a device address', async () => {
  const { identity, accountKey } = await create()
  await using store = openMemoryStore()
  await store.write(keepIdentity(identity, accountKey, identity.address))
  expect(await readIdentity(store)).toBeUndefined()
  expect(await readIdentity(store, identity.address)).toEqual(identity)
  expect(await readAccountKey(store, identity.address)).toEqual(accountKey)
  await store.write(dropPending(identity.address))
  expect(await store.all('identity')).toEqual([])
})

test('[K4] a stored identity that does not fit its own list is an error, not another identity', async () => {
  const { identity, accountKey } = await create()
  const other = await create()
  await using store = openMemoryStore()
  await store.write(keepIdentity({ ...identity, deviceKey: other.identity.deviceKey }, accountKey))
  await expect(readIdentity(store)).rejects.toThrow('does not fit')
  await store.write([{ put: 'identity', key: 'device', value: { v: 1, address: 'alice' } }])
  await expect(readIdentity(store)).rejects.toThrow('address')
})
