import { expect, test } from 'vitest'
import { toBase64url } from './bytes.ts'
import {
  activeDevices,
  countersign,
  type DeviceList,
  mayFollow,
  type OpenedDeviceList,
  openDeviceList,
  reopenDeviceList,
  signDeviceList,
  signRecovered,
} from './device-list.ts'
import { alice, bob, fakeRecipient, filled, listAfter, seededKey, signedAt } from './sample-people.ts'
import { hashOfSigned, type Signed, signJson } from './signature.ts'

const opened = (signed: Signed): OpenedDeviceList => {
  const list = openDeviceList(signed)
  if (!list) throw new Error('this list does not open')
  return list
}
/** Signs what signDeviceList would refuse. */
const forced = (list: unknown, key = alice.account) => signJson('device-list', list, key)
const { first, account, recovery } = alice
const [laptop] = first.devices
if (!laptop) throw new Error('no device')

test('[K40] a list opens with its head and who signed it', () => {
  expect(openDeviceList(alice.deviceList)).toEqual({
    list: first,
    head: { sequence: 1, hash: hashOfSigned(alice.deviceList) },
    signedBy: 'account',
  })
  expect(opened(listAfter(alice.deviceList, recovery)).signedBy).toBe('recovery')
})

test('[SCA6] a list that was kept opens to the same again, without its signatures being looked at; what is none does not', () => {
  expect(reopenDeviceList(alice.deviceList)).toEqual(openDeviceList(alice.deviceList))
  const unsigned = { ...alice.deviceList, signature: filled(0, 64) }
  expect(openDeviceList(unsigned)).toBeUndefined()
  expect(reopenDeviceList(unsigned)).toEqual(openDeviceList(alice.deviceList))
  expect(reopenDeviceList({ ...alice.deviceList, key: bob.deviceList.key })).toBeUndefined()
  expect(reopenDeviceList({ ...alice.deviceList, body: toBase64url(new TextEncoder().encode('{}')) })).toBeUndefined()
})

test('[K40] a list with anything off does not open', () => {
  const table: [string, unknown, ReturnType<typeof seededKey>?][] = [
    ['signed by another key', first, bob.account],
    ['signed by a device', first, alice.laptop],
    ['a first list signed by the recovery key', first, recovery],
    ['a first list that follows another', { ...first, previous: filled(1) }],
    ['a later list that follows none', { ...first, sequence: 2 }],
    ['no number', { ...first, sequence: 0 }],
    ['no devices', { ...first, devices: [] }],
    ['two devices of one name', { ...first, devices: [laptop, laptop] }],
    ['a countersignature over another name', { ...first, devices: [{ ...laptop, name: 'desk' }] }],
    ['a countersignature for another user', { ...first, user: bob.address }],
    ['a recipient that is not hybrid', { ...first, devices: [{ ...laptop, recipient: `age1${'q'.repeat(58)}` }] }],
    ['a device key exchanged', { ...first, devices: [{ ...laptop, key: bob.first.devices[0]?.key }] }],
    ['an address not in its one form', { ...first, user: 'Alice@example.org' }],
    ['something more', { ...first, note: 'x' }],
    ['another version', { ...first, v: 2 }],
    ['a date in another form', { ...first, signedAt: '2026-11-21T12:00:00Z' }],
  ]
  for (const [what, list, key] of table) expect(openDeviceList(forced(list, key)), what).toBeUndefined()
  expect(openDeviceList(forced(first))).toBeDefined()
  expect(openDeviceList(signJson('device', first, account))).toBeUndefined()
})

test('[K41] a device is countersigned over all but its revocation, so that nobody else can enrol or change it', () => {
  const revoked = { ...laptop, revokedAt: signedAt }
  expect(openDeviceList(forced({ ...first, devices: [revoked] }))).toBeDefined()
  for (const change of [{ createdAt: '2026-11-22T12:00:00.000Z' }, { recipient: fakeRecipient('p') }]) {
    expect(openDeviceList(forced({ ...first, devices: [{ ...laptop, ...change }] }))).toBeUndefined()
  }
  expect(activeDevices({ ...first, devices: [revoked, alice.phoneEntry] })).toEqual([alice.phoneEntry])
})

test('[K42] a list has at most 64 devices, of which 16 are not revoked', () => {
  const device = (i: number) => {
    const key = seededKey(100 + i)
    const entry = { name: `d${i}`, key: toBase64url(key.public), recipient: fakeRecipient('q'), createdAt: signedAt }
    return countersign(alice.address, entry, key.secret)
  }
  const many = Array.from({ length: 17 }, (_, i) => device(i))
  expect(openDeviceList(forced({ ...first, devices: many.slice(0, 16) }))).toBeDefined()
  expect(openDeviceList(forced({ ...first, devices: many }))).toBeUndefined()
  const oneRevoked = [...many.slice(0, 16), { ...device(16), revokedAt: signedAt }]
  expect(openDeviceList(forced({ ...first, devices: oneRevoked }))).toBeDefined()
  const tooMany = Array.from({ length: 65 }, (_, i) => ({ ...laptop, name: `d${i}`, revokedAt: signedAt }))
  expect(() => signDeviceList({ ...first, devices: tooMany }, account)).toThrow('64')
})

test('[K43] what may take the place of a list', () => {
  const second = listAfter(alice.deviceList, account)
  const third = listAfter(second, account)
  const known = opened(second)
  const other = seededKey(77)
  const otherKey = { accountKey: toBase64url(other.public) }
  const otherRecovery = { recoveryKey: toBase64url(other.public) }
  const after = (changes: Partial<DeviceList>, key = account) => listAfter(second, key, changes)
  const table: [string, Signed, ReturnType<typeof mayFollow>][] = [
    ['itself', second, 'same'],
    ['the next', third, 'follows'],
    ['one whose steps between were not seen', listAfter(third, account), 'follows'],
    ['a new device', after({ devices: [laptop, alice.phoneEntry] }), 'follows'],
    ['the one before', alice.deviceList, 'older'],
    [
      'another with the same number',
      listAfter(alice.deviceList, account, { signedAt: '2027-01-01T00:00:00.000Z' }),
      'forked',
    ],
    ['a next that follows another list', after({ previous: filled(9) }), 'forked'],
    ['the account key replaced by the recovery key', after(otherKey, recovery), 'recovered'],
    ['the same two steps later', after({ ...otherKey, sequence: 9 }, recovery), 'recovered'],
    ['a replacement with the same number', listAfter(alice.deviceList, recovery, otherKey), 'forked'],
    ['the account key replaced by itself', after(otherKey, other), 'other-account'],
    ['the recovery key signing with the account key as it was', after({}, recovery), 'other-account'],
    ['the recovery key replaced by the account key', after(otherRecovery), 'other-account'],
    ['both replaced by a stranger', after({ ...otherKey, ...otherRecovery }, other), 'other-account'],
    ['a recovery key that names itself', after({ ...otherKey, ...otherRecovery }, other), 'other-account'],
    ['a first list of another account', signDeviceList({ ...first, ...otherKey }, other), 'other-account'],
    ['the list of another user', bob.deviceList, 'other-account'],
  ]
  for (const [what, next, step] of table) expect(mayFollow(known, opened(next)), what).toBe(step)
})

test('[K43] after a recovery the new account key signs on, and the old one no more', () => {
  const other = seededKey(77)
  const replaced = listAfter(alice.deviceList, recovery, { accountKey: toBase64url(other.public) })
  const known = opened(replaced)
  expect(mayFollow(known, opened(listAfter(replaced, other)))).toBe('follows')
  const fromTheOld = listAfter(listAfter(alice.deviceList, account), account)
  expect(mayFollow(known, opened(fromTheOld))).toBe('other-account')
})

test('[DEV13] later lists carry the recovery key’s word, so that who missed the recovery follows too', () => {
  const known = opened(alice.deviceList)
  const account = seededKey(71)
  const named = { user: first.user, accountKey: toBase64url(account.public) }
  const recovered = signRecovered(named, 2, recovery.secret)
  const second = { ...first, ...named, sequence: 2, previous: known.head.hash, recovered }
  const replaced = opened(signDeviceList(second, recovery))
  expect(mayFollow(known, replaced)).toBe('recovered')
  const third = opened(signDeviceList({ ...second, sequence: 3, previous: replaced.head.hash }, account))
  expect(mayFollow(known, third)).toBe('recovered')
  expect(mayFollow(replaced, third)).toBe('follows')
  const { recovered: _gone, ...without } = second
  const bare = opened(signDeviceList({ ...without, sequence: 3, previous: replaced.head.hash }, account))
  expect(mayFollow(known, bare)).toBe('other-account')
  const forked = opened(signDeviceList({ ...second, sequence: 3, previous: filled(7) }, account))
  expect(mayFollow(replaced, forked)).toBe('forked')
})

test('[DEV13] an account key that was replaced cannot come back by its own word, and nobody can make one', () => {
  const [one, two] = [seededKey(72), seededKey(73)]
  const listOf = (key: typeof one, sequence: number, since: number) => {
    const named = { user: first.user, accountKey: toBase64url(key.public) }
    const recovered = signRecovered(named, since, recovery.secret)
    return { ...first, ...named, sequence, previous: filled(sequence), recovered }
  }
  const current = opened(signDeviceList(listOf(two, 5, 4), two))
  expect(mayFollow(current, opened(signDeviceList(listOf(one, 9, 2), one)))).toBe('other-account')
  expect(mayFollow(current, opened(signDeviceList(listOf(one, 9, 6), one)))).toBe('recovered')
  const good = listOf(one, 9, 6)
  const others = [
    { ...good, recovered: signRecovered(good, 6, one.secret) },
    { ...good, recovered: { ...good.recovered, sequence: 7 } },
    { ...good, recovered: signRecovered({ ...good, accountKey: toBase64url(two.public) }, 6, recovery.secret) },
    listOf(one, 9, 10),
  ]
  for (const list of others) expect(openDeviceList(forced(list, one))).toBeUndefined()
})
