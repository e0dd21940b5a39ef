import { beforeEach, describe, expect, test, vi } from 'vitest'
import { type DeviceAddress, deviceAddress, type UserAddress } from '@doorpost/protocol/address'
import { fromBase64url, toBase64url } from '@doorpost/protocol/bytes'
import { type DeviceList, type Head, openDeviceList, signDeviceList } from '@doorpost/protocol/device-list'
import { Refusal } from '@doorpost/protocol/errors'
import { parseInvitation } from '@doorpost/protocol/invitation-link'
import { generateSigningKey, type Signed } from '@doorpost/protocol/signature'
import type { Clock } from '../clock.ts'
import { systemRandom as random } from '../random.ts'
import { openMemoryStore } from '../store/memory-store.ts'
import type { Store } from '../store/store.ts'
import { type FakeLine, type FakePostOffice, openFakePostOffice } from './fake-post-office.ts'
import type { SigningKey } from './identity-record.ts'
import { createIdentity, type NewIdentity } from './keys.ts'
import { openPeople, type People } from './people.ts'
import { recoveryKeyOf } from './recovery.ts'

const alice = 'alice@example.org' as UserAddress
const bob = 'bob@example.org' as UserAddress
const carol = 'carol@example.org' as UserAddress
const startMs = Date.parse('2026-11-21T12:00:00.000Z')

const identities = new Map<string, Promise<NewIdentity>>()
/** Keys are made once: they are what takes time. */
function identityOf(user: UserAddress, which = 'first'): Promise<NewIdentity> {
  const key = `${user} ${which}`
  const made =
    identities.get(key) ??
    createIdentity({ user, device: 'laptop', origin: 'https://example.org', random, nowMs: startMs })
  identities.set(key, made)
  return made
}

/** The list after this one, changed by `edit`. */
function nextList(
  signed: Signed,
  key: SigningKey,
  edit: (list: DeviceList) => Partial<DeviceList> = () => ({}),
): Signed {
  const opened = openDeviceList(signed)
  if (!opened) throw new Error('not a list')
  const { list, head } = opened
  return signDeviceList({ ...list, sequence: list.sequence + 1, previous: head.hash, ...edit(list) }, key)
}

function headOf(signed: Signed): Head {
  const opened = openDeviceList(signed)
  if (!opened) throw new Error('not a list')
  return opened.head
}

let office: FakePostOffice
let clockMs: number
const clock: Clock = { nowMs: () => clockMs, after: () => () => {} }
let a: NewIdentity
let b: NewIdentity
let store: Store
let line: FakeLine
let people: People
const troubles: unknown[] = []

async function openFor(who: NewIdentity, itsStore: Store, itsLine: FakeLine): Promise<People> {
  return openPeople({
    store: itsStore,
    line: itsLine,
    me: who.identity,
    clock,
    random,
    onTrouble: (error) => troubles.push(error),
  })
}

beforeEach(async () => {
  clockMs = startMs
  office = openFakePostOffice()
  a = await identityOf(alice)
  b = await identityOf(bob)
  office.lists.set(alice, a.identity.deviceList)
  office.lists.set(bob, b.identity.deviceList)
  store = openMemoryStore()
  line = office.lineOf(alice)
  people = await openFor(a, store, line)
  troubles.length = 0
})

const bobsDevice = deviceAddress(bob, 'laptop')
const fingers = () => office.calls.filter((call) => call.includes('FINGER')).length

describe('resolving', () => {
  test('[N20] the account key is pinned at first sight and remembered without asking again', async () => {
    const first = await people.resolve(bob)
    expect(first).toMatchObject({ kind: 'known', person: { fingerprint: b.identity.fingerprint, approved: false } })
    expect(await people.resolve(bob)).toEqual(first)
    expect(fingers()).toBe(1)
    const again = await openFor(a, store, line)
    line.become('offline')
    expect(await again.resolve(bob)).toEqual(first)
  })

  test('[N20] an unknown name, no line, another domain and a lying server are told apart', async () => {
    expect(await people.resolve(carol)).toEqual({ kind: 'unknown-user' })
    await expect(people.resolve('bob@example.net' as UserAddress)).rejects.toMatchObject({ code: 'other-domain' })
    office.refuse.set('FINGER /users/bob', new Refusal('too-many', { retryAfterMs: 1000 }))
    expect(await people.resolve(bob)).toEqual({ kind: 'unreachable' })
    office.refuse.clear()
    line.become('offline')
    expect(await people.resolve(bob)).toEqual({ kind: 'unreachable' })
    line.become('online')
    office.lists.set(bob, a.identity.deviceList)
    await expect(people.resolve(bob)).rejects.toMatchObject({ code: 'server-broke-protocol' })
  })

  test('[N21] a list that follows is taken, and so is one whose steps between were not seen', async () => {
    await people.resolve(bob)
    const second = nextList(b.identity.deviceList, b.accountKey)
    const third = nextList(second, b.accountKey)
    office.lists.set(bob, third)
    expect(await people.resolve(bob, { fresh: true })).toMatchObject({ kind: 'known', person: { head: headOf(third) } })
    expect((await people.recall(bob))?.head).toEqual(headOf(third))
  })

  test('[N22] a changed account key is a warning that stays until the user accepts that very fingerprint', async () => {
    await people.approve(bob)
    const other = await identityOf(bob, 'second')
    office.lists.set(bob, other.identity.deviceList)
    const warning = { kind: 'key-changed', fingerprint: other.identity.fingerprint }
    expect(await people.resolve(bob, { fresh: true })).toMatchObject(warning)
    // From what is remembered, too: nothing is sent to either key.
    line.become('offline')
    expect(await people.resolve(bob)).toMatchObject(warning)
    expect((await people.list())[0]).toMatchObject({
      fingerprint: b.identity.fingerprint,
      changedTo: other.identity.fingerprint,
    })
    expect(await people.deviceKeyOf(bobsDevice)).toBeUndefined()
    expect(await people.acceptChangedKey(bob, b.identity.fingerprint)).toBe(false)
    expect(await people.resolve(bob)).toMatchObject(warning)
    expect(await people.acceptChangedKey(bob, other.identity.fingerprint)).toBe(true)
    expect(await people.resolve(bob)).toMatchObject({
      kind: 'known',
      person: { fingerprint: other.identity.fingerprint, approved: true },
    })
  })

  test('[N22] the pinned key shown again ends the warning', async () => {
    await people.resolve(bob)
    office.lists.set(bob, (await identityOf(bob, 'second')).identity.deviceList)
    await people.resolve(bob, { fresh: true })
    office.lists.set(bob, b.identity.deviceList)
    const back = await people.resolve(bob, { fresh: true })
    expect(back).toMatchObject({ kind: 'known' })
    expect('person' in back && back.person?.changedTo).toBeUndefined()
  })

  test('[N23] a replacement signed by the recovery key is taken silently, and one by another key is not', async () => {
    await people.approve(bob)
    const fresh = generateSigningKey(random)
    const recovery = recoveryKeyOf(b.recoveryWords)
    if (!recovery) throw new Error('no recovery key')
    const replaced = () => ({ accountKey: toBase64url(fresh.public) })
    office.lists.set(bob, nextList(b.identity.deviceList, recovery, replaced))
    const outcome = await people.resolve(bob, { fresh: true })
    expect(outcome).toMatchObject({ kind: 'known', person: { accountKey: toBase64url(fresh.public), approved: true } })
    office.lists.set(bob, b.identity.deviceList)
    expect((await people.resolve(bob, { fresh: true })).kind).toBe('key-changed')
  })

  test('[N24] an older list, and another list with the same number, block', async () => {
    const second = nextList(b.identity.deviceList, b.accountKey)
    office.lists.set(bob, second)
    await people.resolve(bob)
    office.lists.set(bob, b.identity.deviceList)
    expect(await people.resolve(bob, { fresh: true })).toMatchObject({
      kind: 'list-withheld',
      person: { head: headOf(second) },
    })
    const signedAt = '2026-11-21T13:00:00.000Z'
    office.lists.set(
      bob,
      nextList(b.identity.deviceList, b.accountKey, () => ({ signedAt })),
    )
    expect((await people.resolve(bob, { fresh: true })).kind).toBe('list-forked')
  })

  test('[N24] a head that a message named blocks until the server shows that list', async () => {
    await people.resolve(bob)
    const second = nextList(b.identity.deviceList, b.accountKey)
    await people.noteSeenHead(bob, headOf(second), bobsDevice)
    expect((await people.resolve(bob)).kind).toBe('list-withheld')
    expect(await people.deviceKeyOf(bobsDevice)).toBeUndefined()
    const again = await openFor(a, store, line)
    expect((await again.resolve(bob)).kind).toBe('list-withheld')
    office.lists.set(bob, second)
    expect(await people.resolve(bob)).toMatchObject({ kind: 'known', person: { head: headOf(second) } })
  })

  test('[N24] a named head of the same number with another hash is a fork', async () => {
    await people.resolve(bob)
    await people.noteSeenHead(bob, { sequence: 1, hash: toBase64url(random(32)) }, bobsDevice)
    await people.noteSeenHead(bob, headOf(b.identity.deviceList), bobsDevice)
    expect((await people.resolve(bob)).kind).toBe('list-forked')
  })

  test('[N24] the word of a device that was revoked since counts no more', async () => {
    await people.resolve(bob)
    await people.noteSeenHead(bob, { sequence: 1_000_000, hash: toBase64url(random(32)) }, bobsDevice)
    expect((await people.resolve(bob)).kind).toBe('list-withheld')
    const other = await identityOf(bob, 'second')
    const phone = openDeviceList(other.identity.deviceList)?.list.devices[0]
    if (!phone) throw new Error('no device')
    const revoked = nextList(b.identity.deviceList, b.accountKey, ({ devices: [laptop] }) => ({
      devices: laptop ? [{ ...laptop, revokedAt: '2026-11-21T13:00:00.000Z' }] : [],
    }))
    office.lists.set(bob, revoked)
    expect((await people.resolve(bob)).kind).toBe('known')
  })

  test("[N25] what a contact has seen of our own list is compared with it; a stranger's word is not", async () => {
    const ours = headOf(a.identity.deviceList)
    await people.resolve(bob)
    const ahead = { sequence: 2, hash: toBase64url(random(32)) }
    await people.noteSeenHead(alice, ahead, bobsDevice)
    expect(await people.ownList()).toBe('fine')
    await people.approve(bob)
    await people.noteSeenHead(alice, ours, bobsDevice)
    expect(await people.ownList()).toBe('fine')
    await people.noteSeenHead(alice, { sequence: 1, hash: toBase64url(random(32)) }, bobsDevice)
    expect(await people.ownList()).toBe('forked')
    await people.noteSeenHead(alice, ahead, bobsDevice)
    await people.noteSeenHead(alice, ours, bobsDevice)
    expect(await people.ownList()).toBe('ahead')
  })
})

describe('agreeing', () => {
  const bobsPeople = () => openFor(b, openMemoryStore(), office.lineOf(bob))

  test("[N30] approval is local; mutual takes both it and the server's word", async () => {
    const his = await bobsPeople()
    expect(await people.approve(bob)).toMatchObject({ kind: 'known', person: { approved: true, mutual: false } })
    line.push({ kind: 'contact', address: carol, mutual: true })
    expect(await his.approve(alice)).toMatchObject({ person: { approved: true, mutual: true } })
    await vi.waitFor(async () => expect((await people.recall(bob))?.mutual).toBe(true))
  })

  test('[N30] nothing a server says makes anybody approved', async () => {
    await people.resolve(bob)
    line.push({ kind: 'contact', address: bob, mutual: true })
    office.presence.set(bob, [{ device: 'laptop', online: true, addresses: ['192.0.2.7:4711'] }])
    line.become('offline')
    line.become('online')
    await vi.waitFor(() => expect(office.calls).toContain(`${alice} LIST /presence`))
    expect(await people.recall(bob)).toMatchObject({ approved: false, mutual: false })
    expect(await people.permitDevice({ address: bobsDevice, deviceKey: b.identity.deviceKey.public })).toBe(false)
  })

  test('[N31] wishes made without a line are kept, also across a restart, and carried out when it is back', async () => {
    office.lists.set(carol, (await identityOf(carol)).identity.deviceList)
    await people.resolve(bob)
    await people.resolve(carol)
    line.become('offline')
    expect(await people.approve(bob)).toMatchObject({ kind: 'known', person: { approved: true } })
    expect(await people.block(carol)).toMatchObject({ kind: 'known', person: { blocked: true } })
    expect(office.approvals(alice)).toEqual([])
    await people[Symbol.asyncDispose]()
    const again = await openFor(a, store, line)
    line.become('online')
    await vi.waitFor(() => {
      expect(office.approvals(alice)).toEqual([bob])
      expect(office.blocks(alice)).toEqual([carol])
    })
    line.become('offline')
    await again.withdraw(bob)
    await again.unblock(carol)
    await again.approve(bob)
    await again.withdraw(bob)
    line.become('online')
    await vi.waitFor(() => {
      expect(office.approvals(alice)).toEqual([])
      expect(office.blocks(alice)).toEqual([])
    })
    await vi.waitFor(async () => expect(await store.all('people', 'wish/')).toEqual([]))
  })

  test('[N31] a wish the server refuses for good is dropped and told, one refused for now stays', async () => {
    office.refuse.set('SEND /contacts', new Refusal('too-many'))
    await people.approve(bob)
    expect(await store.all('people', 'wish/')).toHaveLength(1)
    office.refuse.set('SEND /contacts', new Refusal('no-such-user'))
    await people.approve(bob)
    expect(await store.all('people', 'wish/')).toEqual([])
    expect(troubles.map((error) => (error as Refusal).code)).toEqual(['too-many', 'no-such-user'])
  })

  test('[N32] a blocked contact is no longer mutual, and withdrawing forgets presence', async () => {
    const his = await bobsPeople()
    office.presence.set(bob, [{ device: 'laptop', online: true, addresses: [] }])
    await his.approve(alice)
    await people.approve(bob)
    expect(await people.resolve(bob, { fresh: true })).toMatchObject({ person: { mutual: true, presence: [{}] } })
    await people.block(bob)
    expect(await people.recall(bob)).toMatchObject({ blocked: true, mutual: false })
    expect((await people.recall(bob))?.presence).toBeUndefined()
    expect(await people.permitDevice({ address: bobsDevice, deviceKey: b.identity.deviceKey.public })).toBe(false)
    await people.unblock(bob)
    expect(await people.recall(bob)).toMatchObject({ blocked: false, mutual: true })
  })

  test('[N33] a presence push makes us ask who is there, and listeners hear of what changed', async () => {
    const his = await bobsPeople()
    await his.approve(alice)
    await people.approve(bob)
    const heard: string[] = []
    people.onChange((address) => heard.push(address))
    office.presence.set(bob, [{ device: 'laptop', online: true, addresses: ['[2001:db8::7]:4711'] }])
    line.push({ kind: 'presence', address: bob, device: 'laptop' })
    await vi.waitFor(async () => {
      expect((await people.recall(bob))?.presence).toEqual(office.presence.get(bob))
      expect(heard).toContain(bob)
    })
  })

  test('[N33] asked to, it tells and asks the server without waiting for the line to come on', async () => {
    const his = await bobsPeople()
    line.become('offline')
    await people.resolve(bob)
    await expect(people.refresh()).rejects.toMatchObject({ code: 'server-unreachable' })
    line.become('online')
    await people.approve(bob)
    await his.approve(alice)
    office.presence.set(bob, [{ device: 'laptop', online: true, addresses: [] }])
    await people.refresh()
    expect(await people.recall(bob)).toMatchObject({ mutual: true, presence: [{ device: 'laptop' }] })
  })

  test('[N20] strangers are remembered but not listed, and forgotten before anybody who matters', async () => {
    await people.resolve(bob)
    expect(await people.list()).toEqual([])
    await people.acceptContactNote((await people.recall(bob)) ?? fail(), undefined)
    expect(await people.list()).toMatchObject([{ address: bob, theyAsked: true, approved: false }])
    await people.approve(bob)
    expect(await people.list()).toMatchObject([{ address: bob, theyAsked: false, approved: true }])
    const { deviceList } = b.identity
    const crowd = Array.from({ length: 2000 }, (_, i) => {
      const address = `stranger${i}@example.org`
      const metAt = new Date(startMs - i - 1).toISOString()
      return { put: 'people', key: `person/${address}`, value: { v: 1, address, metAt, deviceList } } as const
    })
    await store.write(crowd)
    const crowded = await openFor(a, store, line)
    office.lists.set(carol, (await identityOf(carol)).identity.deviceList)
    await crowded.resolve(carol)
    const left = (await store.all('people', 'person/')).map(({ key }) => key)
    expect(left).toHaveLength(2000 - 250 + 2)
    expect(left).toContain('person/bob@example.org')
    expect(left).toContain('person/carol@example.org')
    expect(left).not.toContain('person/stranger1999@example.org')
  })
})

describe('invitations', () => {
  test('[N40] who opens the link becomes a mutual contact at once, and the token works once', async () => {
    const his = await openFor(b, openMemoryStore(), office.lineOf(bob))
    const { link, expires } = await people.invite(3600_000)
    expect(expires).toBe('2026-11-21T13:00:00.000Z')
    const used = await his.useInvitation(link)
    expect(used).toMatchObject({ kind: 'approved', person: { address: alice, mutual: true } })
    if (used.kind !== 'approved') throw new Error(used.kind)
    // The inviter's device hears of it by a note.
    await people.resolve(bob)
    const from = (await people.recall(bob)) ?? fail()
    expect(await people.acceptContactNote(from, used.token)).toBe('approved')
    expect(await people.recall(bob)).toMatchObject({ approved: true, mutual: true })
    office.lists.set(carol, (await identityOf(carol)).identity.deviceList)
    await people.resolve(carol)
    const thief = (await people.recall(carol)) ?? fail()
    expect(await people.acceptContactNote(thief, used.token)).toBe('asks')
    expect(await people.recall(carol)).toMatchObject({ approved: false, theyAsked: true })
  })

  test('[N40] of two who show a token at the same time one is approved', async () => {
    office.lists.set(carol, (await identityOf(carol)).identity.deviceList)
    await people.resolve(bob)
    await people.resolve(carol)
    const token = parseInvitation((await people.invite(1000)).link)?.token
    const both = await Promise.all(
      [bob, carol].map(async (who) => people.acceptContactNote((await people.recall(who)) ?? fail(), token)),
    )
    expect(both.toSorted()).toEqual(['approved', 'asks'])
  })

  test('[N40] an expired or unknown token, and none, only ask', async () => {
    await people.resolve(bob)
    const from = (await people.recall(bob)) ?? fail()
    const token = parseInvitation((await people.invite(1000)).link)?.token
    clockMs += 1000
    expect(await people.acceptContactNote(from, token)).toBe('asks')
    expect(await people.acceptContactNote(from, toBase64url(random(16)))).toBe('asks')
    expect(await people.acceptContactNote(from, undefined)).toBe('asks')
    expect((await people.recall(bob))?.approved).toBe(false)
    await people.invite(1000)
    expect(await store.all('invitations')).toHaveLength(1)
  })

  test('[N41] a link whose fingerprint is not the key that FINGER shows pins and approves nobody', async () => {
    const his = await openFor(b, openMemoryStore(), office.lineOf(bob))
    const { link } = await people.invite(3600_000)
    const other = await identityOf(alice, 'second')
    office.lists.set(alice, other.identity.deviceList)
    expect(await his.useInvitation(link)).toEqual({ kind: 'wrong-key', fingerprint: other.identity.fingerprint })
    expect(await his.recall(alice)).toBeUndefined()
    office.lists.set(alice, a.identity.deviceList)
    expect((await his.useInvitation(link)).kind).toBe('approved')
  })

  test("[N41] a link against the key that is pinned already, a broken one, and one's own are refused", async () => {
    const his = await openFor(b, openMemoryStore(), office.lineOf(bob))
    const other = await identityOf(alice, 'second')
    office.lists.set(alice, other.identity.deviceList)
    await his.resolve(alice)
    const { link } = await people.invite(3600_000)
    expect(await his.useInvitation(link)).toMatchObject({ kind: 'wrong-key' })
    expect(await his.useInvitation(`${link}x`)).toEqual({ kind: 'bad-link' })
    expect(await people.useInvitation(link)).toEqual({ kind: 'bad-link' })
    await expect(his.useInvitation(link.replace('@example.org', '@example.net'))).rejects.toMatchObject({
      code: 'other-domain',
    })
  })
})

describe('the direct path', () => {
  const permitted = (address: string, deviceKey: Uint8Array) => people.permitDevice({ address, deviceKey })

  test('[N50] only an active device of an approved person, with its own key, may come', async () => {
    const key = b.identity.deviceKey.public
    expect(await permitted(bobsDevice, key)).toBe(false)
    await people.approve(bob)
    expect(await permitted(bobsDevice, key)).toBe(true)
    clockMs += 60_000
    expect(await permitted(bobsDevice, generateSigningKey(random).public)).toBe(false)
    for (const address of ['bob@example.org/phone', 'bob@example.org', 'carol@example.org/laptop', '../bob', '']) {
      clockMs += 60_000
      expect(await permitted(address, key)).toBe(false)
    }
    expect(await people.deviceKeyOf(bobsDevice)).toEqual(key)
    expect(await people.deviceKeyOf(deviceAddress(bob, 'phone'))).toBeUndefined()
    expect(await people.deviceKeyOf('carol@example.org/laptop' as DeviceAddress)).toBeUndefined()
  })

  test('[N50] a revoked device may not come, from the moment we know', async () => {
    await people.approve(bob)
    const revokedAt = '2026-11-21T12:30:00.000Z'
    office.lists.set(
      bob,
      nextList(b.identity.deviceList, b.accountKey, ({ devices }) => ({
        devices: devices.map((device) => ({ ...device, revokedAt })),
      })),
    )
    await people.resolve(bob, { fresh: true })
    expect(await permitted(bobsDevice, b.identity.deviceKey.public)).toBe(false)
  })

  test('[N51] an unknown device makes us ask the server, but not again within ten seconds, and never for strangers', async () => {
    const unknownKey = generateSigningKey(random).public
    await permitted(bobsDevice, unknownKey)
    expect(fingers()).toBe(0)
    await people.approve(bob)
    const before = fingers()
    expect(await permitted(bobsDevice, unknownKey)).toBe(false)
    expect(await permitted(bobsDevice, unknownKey)).toBe(false)
    expect(fingers()).toBe(before + 1)
    // A new device of his, in a list we have not seen yet.
    const phoneKey = await identityOf(bob, 'second')
    const phone = openDeviceList(phoneKey.identity.deviceList)?.list.devices[0]
    if (!phone) throw new Error('no device')
    office.lists.set(
      bob,
      nextList(b.identity.deviceList, b.accountKey, () => ({ devices: [phone] })),
    )
    expect(await permitted(bobsDevice, fromBase64url(phone.key))).toBe(false)
    clockMs += 10_000
    expect(await permitted(bobsDevice, fromBase64url(phone.key))).toBe(true)
  })

  test('[N51] no line and a lying server mean no', async () => {
    await people.approve(bob)
    line.become('offline')
    expect(await permitted(bobsDevice, generateSigningKey(random).public)).toBe(false)
    line.become('online')
    clockMs += 10_000
    office.lists.set(bob, a.identity.deviceList)
    expect(await permitted(bobsDevice, generateSigningKey(random).public)).toBe(false)
    expect(troubles).toHaveLength(1)
  })
})

function fail(): never {
  throw new Error('nobody there')
}
