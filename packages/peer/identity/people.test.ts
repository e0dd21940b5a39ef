// How other people's keys become known and stay so, over a server that is made up and lies where a test has it lie.

import { beforeEach, describe, expect, test } from 'vitest'
import { type UserAddress } from '@doorpost/protocol/address'
import { toBase64url } from '@doorpost/protocol/bytes'
import { openDeviceList } from '@doorpost/protocol/device-list'
import { Refusal } from '@doorpost/protocol/errors'
import { generateSigningKey } from '@doorpost/protocol/signature'
import { systemRandom as random } from '../random.ts'
import { alice, bob, bobsDevice, carol, headOf, identityOf, nextList, openStage, type Stage } from './people-stage.ts'
import { recoveryKeyOf } from './recovery.ts'

let stage: Stage
let { office, a, b, store, line, people } = {} as Stage
beforeEach(async () => {
  stage = await openStage()
  ;({ office, a, b, store, line, people } = stage)
})

describe('resolving', () => {
  test('[N20] the account key is pinned at first sight and remembered without asking again', async () => {
    const first = await people.resolve(bob)
    expect(first).toMatchObject({ kind: 'known', person: { fingerprint: b.identity.fingerprint, approved: false } })
    expect(await people.resolve(bob)).toEqual(first)
    expect(stage.fingers()).toBe(1)
    const again = await stage.openFor(a, store, line)
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
    const again = await stage.openFor(a, store, line)
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
