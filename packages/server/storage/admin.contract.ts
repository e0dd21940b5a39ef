// What every storage keeps to of what whoever runs the server asks of it: how accounts stand, invitations, figures of days, limits.
// Part of storage.contract.ts.

import { expect, test } from 'vitest'
import { AMPLE, device, hash, NOON_MS, sampleAccount, sampleMail, user } from './sample-mail.ts'
import type { OpenStorage } from './storage.contract.ts'

const alice = user('alice')
const bob = user('bob')

export function adminContract(open: OpenStorage): void {
  test('[ADM10] a removed account is hidden from all but the administrator, comes back whole, and its name stays taken', async () => {
    await using storage = await open()
    const { accounts } = storage
    for (const name of ['alice', 'bob']) await accounts.create(sampleAccount(name))
    expect(await accounts.standing(bob)).toBe('open')
    expect(await accounts.head(bob)).toEqual(sampleAccount('bob').head)
    expect(await accounts.setStanding(bob, 'removed', NOON_MS)).toBe(true)
    expect([await accounts.get(bob), await accounts.head(bob), await accounts.count()]).toEqual([
      undefined,
      undefined,
      1,
    ])
    const next = sampleAccount('bob', 2)
    expect(await accounts.replaceList(bob, sampleAccount('bob').head, next.deviceList, next.head)).toBe('moved-on')
    expect(await accounts.create(sampleAccount('bob'))).toBe('taken')
    expect(await accounts.list('', 9)).toEqual([
      { account: sampleAccount('alice'), standing: 'open', standingSinceMs: 0, seenDay: undefined },
      { account: sampleAccount('bob'), standing: 'removed', standingSinceMs: NOON_MS, seenDay: undefined },
    ])
    expect(await accounts.setStanding(bob, 'open', NOON_MS + 1)).toBe(true)
    expect(await accounts.get(bob)).toEqual(sampleAccount('bob'))
    expect(await accounts.head(bob)).toEqual(sampleAccount('bob').head)
    expect(await accounts.setStanding(user('nobody-here'), 'closed', NOON_MS)).toBe(false)
  })

  test('[ADM11] of a forgotten account the name alone is left, and no other can be forgotten', async () => {
    await using storage = await open()
    const { accounts } = storage
    await accounts.create(sampleAccount('bob'))
    expect(await accounts.forget(bob)).toBe(false)
    await accounts.setStanding(bob, 'removed', NOON_MS)
    expect(await accounts.removedBy(NOON_MS - 1, 9)).toEqual([])
    expect(await accounts.removedBy(NOON_MS, 9)).toEqual([sampleAccount('bob')])
    expect([await accounts.forget(bob), await accounts.forget(bob)]).toEqual([true, false])
    expect([await accounts.list('', 9), await accounts.removedBy(NOON_MS, 9)]).toEqual([[], []])
    expect([await accounts.standing(bob), await accounts.setStanding(bob, 'open', NOON_MS)]).toEqual([undefined, false])
    expect(await accounts.create(sampleAccount('bob'))).toBe('taken')
  })

  test('[ADM11] what a user decided about people and preferred can be dropped, and that of others stays', async () => {
    await using storage = await open()
    const { contacts, preferences } = storage
    await contacts.approve(bob, alice, 9)
    await contacts.block(bob, user('carol'), 9)
    await contacts.approve(alice, bob, 9)
    await preferences.replace(bob, 0, 1, 'sealed')
    await contacts.drop(bob)
    await preferences.drop(bob)
    expect([await contacts.list(bob), await contacts.blocked(bob), await preferences.get(bob)]).toEqual([
      [],
      [],
      undefined,
    ])
    expect(await contacts.list(alice)).toEqual([{ address: bob, mutual: false }])
  })

  test('[ADM12] the day somebody was seen last never goes back', async () => {
    await using storage = await open()
    const { accounts } = storage
    await accounts.create(sampleAccount('bob'))
    for (const day of [20_000, 20_002, 20_001]) await accounts.seen(bob, day)
    expect((await accounts.list('', 9)).map(({ seenDay }) => seenDay)).toEqual([20_002])
  })

  test('[ADM12] what a mailbox holds is counted over both pools', async () => {
    await using storage = await open()
    const { contacts, mail } = storage
    expect(await mail.occupied(bob)).toEqual({ copies: 0, bytes: 0 })
    await contacts.approve(alice, bob, 9)
    await contacts.approve(bob, alice, 9)
    await mail.accept(sampleMail({ number: 1 }), AMPLE)
    const { copies, bytes } = await mail.occupied(bob)
    await mail.accept(sampleMail({ number: 2, from: 'carol/laptop' }), AMPLE)
    expect([copies, await mail.occupied(bob)]).toEqual([1, { copies: 2, bytes: 2 * bytes }])
    await mail.removeDevice(device('bob/phone'))
    // Of somebody who is no contact it counts until it expires (mail-quota.ts).
    expect(await mail.occupied(bob)).toEqual({ copies: 1, bytes })
  })

  test('[ADM20] invitations are listed with what became of them, found by their hash, and revoked', async () => {
    await using storage = await open()
    const { accounts, invitations } = storage
    const invite = (token: string, inviter: typeof alice | null, lifeMs: number) =>
      invitations.add({ tokenHash: hash(token), inviter, expiresAtMs: NOON_MS + lifeMs }, 9, NOON_MS)
    await invite('second', null, 2000)
    await invite('first', null, 1000)
    await invite('hers', alice, 1500)
    await accounts.create(sampleAccount('bob'), { tokenHash: hash('second'), nowMs: NOON_MS })
    const kept = (token: string, inviter: typeof alice | null, lifeMs: number, used: boolean) => ({
      tokenHash: hash(token),
      inviter,
      expiresAtMs: NOON_MS + lifeMs,
      used,
    })
    const [first, hers, second] = [
      kept('first', null, 1000, false),
      kept('hers', alice, 1500, false),
      kept('second', null, 2000, true),
    ]
    expect(await invitations.list(undefined, NOON_MS, 9)).toEqual([first, hers, second])
    expect(await invitations.list(undefined, NOON_MS, 2)).toEqual([first, hers])
    expect(await invitations.list({ inviter: null }, NOON_MS + 1000, 9)).toEqual([second])
    expect(await invitations.list({ inviter: alice }, NOON_MS, 9)).toEqual([hers])
    expect(await invitations.find(hash('hers'), NOON_MS)).toEqual(hers)
    expect(await invitations.find(hash('hers'), NOON_MS + 1500)).toBeUndefined()
    expect([await invitations.revoke(hash('first')), await invitations.revoke(hash('first'))]).toEqual([true, false])
    const late = { tokenHash: hash('first'), nowMs: NOON_MS }
    expect(await accounts.create(sampleAccount('carol'), late)).toBe('invitation-void')
  })

  test('[ADM30] figures of a day add up by name, days come in order, and old ones are forgotten', async () => {
    await using storage = await open()
    const { figures } = storage
    await Promise.all([
      figures.add(20_001, { carried: 5, delivered: 2 ** 45 }, 0),
      figures.add(20_000, { carried: 1 }, 0),
      figures.add(20_001, { carried: 7 }, 0),
    ])
    expect(await figures.since(0)).toEqual([
      { day: 20_000, figures: { carried: 1 } },
      { day: 20_001, figures: { carried: 12, delivered: 2 ** 45 } },
    ])
    expect(await figures.since(20_001)).toHaveLength(1)
    await figures.add(20_002, {}, 20_001)
    expect((await figures.since(0)).map(({ day }) => day)).toEqual([20_001])
  })

  test('[ADM40] limits that were set are kept by name until they are put away', async () => {
    await using storage = await open()
    const { limits } = storage
    expect(await limits.all()).toEqual({})
    await limits.change({ accounts: 12, registration: 'closed', bytes: 2 ** 40 })
    await limits.change({ accounts: 13, registration: null, unknown: null })
    expect(await limits.all()).toEqual({ accounts: 13, bytes: 2 ** 40 })
  })
}
