// What every storage keeps to. An implementation's own test calls this with a way to open an empty one.
// That what was answered survives a crash is the concern of those that promise it: sqlite-crash.test.ts.

import { expect, test } from 'vitest'
import { adminContract } from './admin.contract.ts'
import { mailContract } from './mail.contract.ts'
import { device, hash, NOON_MS, sampleAccount, user } from './sample-mail.ts'
import { tunnelDaysContract } from './tunnel-days.contract.ts'
import type { Storage } from './storage.ts'

const alice = user('alice')
const bob = user('bob')
const carol = user('carol')

export type OpenStorage = () => Promise<Storage>

export function storageContract(open: OpenStorage): void {
  accountContract(open)
  contactContract(open)
  loginContract(open)
  preferencesContract(open)
  grantsContract(open)
  mailContract(open)
  adminContract(open)
  tunnelDaysContract(open)
}

function accountContract(open: OpenStorage): void {
  test('[T1] an account is created once, and a name that is taken uses up no invitation', async () => {
    await using storage = await open()
    const { accounts, invitations } = storage
    await invitations.add({ tokenHash: hash('t'), inviter: alice, expiresAtMs: NOON_MS + 1000 }, 5, NOON_MS)
    const invitation = { tokenHash: hash('t'), nowMs: NOON_MS }
    expect(await accounts.create(sampleAccount('bob'))).toBe('created')
    expect(await accounts.create({ ...sampleAccount('bob'), share: 'nothing' }, invitation)).toBe('taken')
    expect(await accounts.get(bob)).toEqual(sampleAccount('bob'))
    expect(await accounts.create(sampleAccount('carol'), invitation)).toBe('created')
    expect(await accounts.count()).toBe(2)
    expect(await accounts.get(alice)).toBeUndefined()
  })

  test('[T1] of registrations under one name at the same time one wins', async () => {
    await using storage = await open()
    const answers = await Promise.all(
      [1, 2, 3].map((sequence) => storage.accounts.create(sampleAccount('bob', sequence))),
    )
    expect(answers.toSorted()).toEqual(['created', 'taken', 'taken'])
    expect(await storage.accounts.get(bob)).toEqual(sampleAccount('bob', answers.indexOf('created') + 1))
  })

  test('[T2] a device list is replaced only when the expected one is current', async () => {
    await using storage = await open()
    const { accounts } = storage
    const [first, second, third] = [1, 2, 3].map((sequence) => sampleAccount('bob', sequence)) as [
      ReturnType<typeof sampleAccount>,
      ReturnType<typeof sampleAccount>,
      ReturnType<typeof sampleAccount>,
    ]
    const follow = (known: typeof first, next: typeof first) =>
      accounts.replaceList(bob, known.head, next.deviceList, next.head)
    expect(await follow(first, second)).toBe('moved-on')
    await accounts.create(first)
    expect(await accounts.head(bob)).toEqual(first.head)
    expect(await follow(first, second)).toBe('replaced')
    expect(await follow(first, third)).toBe('moved-on')
    expect(await follow({ ...second, head: { ...second.head, hash: hash('forked') } }, third)).toBe('moved-on')
    expect(await accounts.get(bob)).toEqual(second)
    expect(await accounts.head(bob)).toEqual(second.head)
    expect(await accounts.head(alice)).toBeUndefined()
  })

  test('[T1] what a user shares can be changed, and accounts are listed in order of address', async () => {
    await using storage = await open()
    const { accounts } = storage
    for (const name of ['carol', 'alice', 'bob']) await accounts.create(sampleAccount(name))
    await accounts.setShare(bob, 'presence')
    expect((await accounts.list('', 2)).map(({ account: { address, share } }) => [address, share])).toEqual([
      [alice, 'all'],
      [bob, 'presence'],
    ])
    expect((await accounts.list(bob, 2)).map(({ account }) => account.address)).toEqual([carol])
  })

  test('[T3] an invitation serves one registration and then one contact', async () => {
    await using storage = await open()
    const { accounts, invitations } = storage
    const invite = (token: string, inviter = alice as typeof alice | null) =>
      invitations.add({ tokenHash: hash(token), inviter, expiresAtMs: NOON_MS + 1000 }, 9, NOON_MS)
    const register = (name: string, token: string, nowMs = NOON_MS) =>
      accounts.create(sampleAccount(name), { tokenHash: hash(token), nowMs })
    const meet = (token: string, nowMs = NOON_MS) => invitations.useForContact(hash(token), nowMs)

    await invite('both')
    expect(await register('b', 'both')).toBe('created')
    expect(await register('c', 'both')).toBe('invitation-void')
    expect(await accounts.get(user('c'))).toBeUndefined()
    expect(await meet('both')).toEqual({ inviter: alice })
    expect(await meet('both')).toBeUndefined()

    await invite('contact alone')
    expect(await meet('contact alone')).toEqual({ inviter: alice })
    expect(await register('d', 'contact alone')).toBe('invitation-void')

    await invite('the administrator', null)
    expect(await meet('the administrator')).toBeUndefined()
    expect(await register('e', 'the administrator')).toBe('created')

    await invite('late')
    expect(await meet('late', NOON_MS + 1000)).toBeUndefined()
    expect(await register('f', 'late', NOON_MS + 1000)).toBe('invitation-void')
    expect(await register('f', 'unknown')).toBe('invitation-void')
    expect(await meet('unknown')).toBeUndefined()
  })

  test('[T4] open invitations of one inviter are bounded; those used up or expired make room', async () => {
    await using storage = await open()
    const { accounts, invitations } = storage
    const invite = (inviter: typeof alice | null, token: string, nowMs = NOON_MS) =>
      invitations.add({ tokenHash: hash(token), inviter, expiresAtMs: nowMs + 1000 }, 2, nowMs)
    expect([await invite(alice, '1'), await invite(alice, '2'), await invite(alice, '3')]).toEqual([
      'added',
      'added',
      'full',
    ])
    expect(await invite(alice, '1')).toBe('added')
    expect(await invite(bob, '4')).toBe('added')
    await invitations.useForContact(hash('1'), NOON_MS)
    expect(await invite(alice, '3')).toBe('added')
    expect(await invite(alice, '5')).toBe('full')
    expect(await invite(alice, '5', NOON_MS + 1000)).toBe('added')

    expect([await invite(null, '6'), await invite(null, '7'), await invite(null, '8')]).toEqual([
      'added',
      'added',
      'full',
    ])
    await accounts.create(sampleAccount('dora'), { tokenHash: hash('6'), nowMs: NOON_MS })
    expect(await invite(null, '8')).toBe('added')
  })

  test('[T4] an invitation handed in twice stays as it was', async () => {
    await using storage = await open()
    const { invitations } = storage
    await invitations.add({ tokenHash: hash('t'), inviter: alice, expiresAtMs: NOON_MS + 1000 }, 5, NOON_MS)
    await invitations.add({ tokenHash: hash('t'), inviter: bob, expiresAtMs: NOON_MS + 9000 }, 5, NOON_MS)
    expect(await invitations.useForContact(hash('t'), NOON_MS + 1000)).toBeUndefined()
    expect(await invitations.useForContact(hash('t'), NOON_MS)).toEqual({ inviter: alice })
  })
}

function contactContract(open: OpenStorage): void {
  test('[T5] two users are mutual when both approved and neither blocked', async () => {
    await using storage = await open()
    const { contacts } = storage
    const both = async () => [await contacts.mutual(alice, bob), await contacts.mutual(bob, alice)]
    expect(await both()).toEqual([false, false])
    await contacts.approve(alice, bob, 9)
    expect(await both()).toEqual([false, false])
    await contacts.approve(bob, alice, 9)
    expect(await both()).toEqual([true, true])
    await contacts.block(alice, bob, 9)
    expect(await both()).toEqual([false, false])
    expect(await contacts.list(bob)).toEqual([{ address: alice, mutual: false }])
    expect(await contacts.list(alice)).toEqual([{ address: bob, mutual: false }])
    await contacts.unblock(alice, bob)
    expect(await both()).toEqual([true, true])
    await contacts.approve(alice, carol, 9)
    expect(await contacts.list(alice)).toEqual([
      { address: bob, mutual: true },
      { address: carol, mutual: false },
    ])
    await contacts.withdraw(bob, alice)
    expect(await both()).toEqual([false, false])
    expect(await contacts.list(bob)).toEqual([])
  })

  test('[T6] approvals and blocks are idempotent and bounded', async () => {
    await using storage = await open()
    const { contacts } = storage
    expect(await contacts.approve(alice, bob, 1)).toBe('approved')
    expect(await contacts.approve(alice, bob, 1)).toBe('approved')
    expect(await contacts.approve(alice, carol, 1)).toBe('full')
    expect(await contacts.list(alice)).toEqual([{ address: bob, mutual: false }])
    expect(await contacts.block(alice, carol, 1)).toBe('blocked')
    expect(await contacts.block(alice, carol, 1)).toBe('blocked')
    expect(await contacts.block(alice, bob, 1)).toBe('full')
    expect(await contacts.blocked(alice)).toEqual([carol])
    await contacts.withdraw(alice, bob)
    await contacts.withdraw(alice, bob)
    await contacts.unblock(alice, carol)
    await contacts.unblock(alice, carol)
    expect([await contacts.list(alice), await contacts.blocked(alice)]).toEqual([[], []])
  })
}

function loginContract(open: OpenStorage): void {
  const laptop = device('alice/laptop')
  const phone = device('alice/phone')

  test('[T7] a login ends when its time is over, when it is ended, and with its device', async () => {
    await using storage = await open()
    const { logins } = storage
    const login = { device: laptop, expiresAtMs: NOON_MS + 1000 }
    for (const token of ['a', 'b', 'c']) await logins.add({ tokenHash: hash(token), ...login }, 9)
    await logins.add({ tokenHash: hash('d'), ...login, device: phone }, 9)
    expect(await logins.get(hash('a'), NOON_MS + 999)).toEqual(login)
    expect(await logins.get(hash('a'), NOON_MS + 1000)).toBeUndefined()
    expect(await logins.get(hash('nobody'), NOON_MS)).toBeUndefined()
    expect([await logins.end(hash('a')), await logins.end(hash('a'))]).toEqual([true, false])
    expect(await logins.get(hash('a'), NOON_MS)).toBeUndefined()
    await logins.endDevice(laptop)
    expect(await logins.get(hash('b'), NOON_MS)).toBeUndefined()
    expect(await logins.get(hash('c'), NOON_MS)).toBeUndefined()
    expect(await logins.get(hash('d'), NOON_MS)).toEqual({ ...login, device: phone })
  })

  test('[T7] a device keeps its newest logins, and no more than the bound', async () => {
    await using storage = await open()
    const { logins } = storage
    await logins.add({ tokenHash: hash('other'), device: phone, expiresAtMs: NOON_MS + 9 }, 2)
    for (const token of ['a', 'b', 'c']) {
      await logins.add({ tokenHash: hash(token), device: laptop, expiresAtMs: NOON_MS + 9 }, 2)
    }
    const alive = await Promise.all(['a', 'b', 'c', 'other'].map((token) => logins.get(hash(token), NOON_MS)))
    expect(alive.map((login) => login !== undefined)).toEqual([false, true, true, true])
  })
}

function grantsContract(open: OpenStorage): void {
  test('[LNK3] a grant is kept once, taken back by its user alone, and over when its time is', async () => {
    await using storage = await open()
    const { grants } = storage
    const quota = { grantsMax: 2, lengthMax: 10 }
    const grant = (slot: string, sealed = 'AAAA', expiresAtMs = NOON_MS + 1000) => ({
      slot,
      user: alice,
      from: device('alice/laptop'),
      messageId: hash(slot).slice(0, 22),
      accessKey: hash('key'),
      expires: new Date(expiresAtMs).toISOString(),
      expiresAtMs,
      sealed,
    })
    expect(await grants.keep(grant('a'), quota, NOON_MS)).toBe('kept')
    expect(await grants.keep(grant('a'), quota, NOON_MS)).toBe('kept')
    expect(await grants.keep(grant('a', 'BBBB'), quota, NOON_MS)).toBe('conflict')
    expect(await grants.keep(grant('b', 'A'.repeat(7)), quota, NOON_MS)).toBe('full')
    expect(await grants.keep(grant('b', 'AAAA', NOON_MS + 10), quota, NOON_MS)).toBe('kept')
    expect(await grants.keep(grant('c', 'A'), quota, NOON_MS)).toBe('full')
    expect(await grants.get('a', NOON_MS + 999)).toEqual(grant('a'))
    expect(await grants.get('b', NOON_MS + 10)).toBeUndefined()
    await grants.revoke('a', bob)
    expect(await grants.get('a', NOON_MS)).toEqual(grant('a'))
    await grants.move('a', bob, device('bob/laptop'))
    expect(await grants.get('a', NOON_MS)).toEqual(grant('a'))
    await grants.move('a', alice, device('alice/tower'))
    expect(await grants.get('a', NOON_MS)).toEqual({ ...grant('a'), from: device('alice/tower') })
    await grants.move('a', alice, device('alice/laptop'))
    await grants.revoke('a', alice)
    expect(await grants.get('a', NOON_MS)).toEqual({ ...grant('a'), sealed: null })
    expect(await grants.keep(grant('a'), quota, NOON_MS)).toBe('conflict')
    expect([await grants.expire(NOON_MS + 10, 9), await grants.expire(NOON_MS + 1000, 9)]).toEqual([1, 1])
    expect(await grants.get('a', NOON_MS)).toBeUndefined()
  })
}

function preferencesContract(open: OpenStorage): void {
  test('[RUL2] preferences are replaced only where the expected ones stand, each user in a slot of their own', async () => {
    await using storage = await open()
    const { preferences } = storage
    expect(await preferences.get(alice)).toBeUndefined()
    expect(await preferences.replace(alice, 1, 2, 'too early')).toBe('moved-on')
    expect(await preferences.replace(alice, 0, 3, 'first')).toBe('replaced')
    expect(await preferences.replace(alice, 0, 4, 'did not look')).toBe('moved-on')
    expect(await preferences.get(alice)).toEqual({ sequence: 3, slot: 'first' })
    const both = await Promise.all([
      preferences.replace(alice, 3, 5, 'one'),
      preferences.replace(alice, 3, 5, 'the other'),
      preferences.replace(bob, 0, 1, "bob's"),
    ])
    expect(both).toEqual(['replaced', 'moved-on', 'replaced'])
    expect(await preferences.get(alice)).toEqual({ sequence: 5, slot: 'one' })
    expect(await preferences.get(bob)).toEqual({ sequence: 1, slot: "bob's" })
  })
}
