import { beforeEach, describe, expect, test } from 'vitest'
import { toBase64url } from '@doorpost/protocol/bytes'
import { parseInvitation } from '@doorpost/protocol/invitation-link'
import { systemRandom as random } from '../random.ts'
import { alice, bob, carol, identityOf, openStage, type Stage } from './people-stage.ts'

let stage: Stage
let { office, a, b, store, people } = {} as Stage
beforeEach(async () => {
  stage = await openStage()
  ;({ office, a, b, store, people } = stage)
})

describe('invitations', () => {
  test('[N40] who opens the link becomes a mutual contact at once, and the token works once', async () => {
    const his = await stage.openFor(b)
    const { link, expires } = await people.invite(3600_000)
    expect(expires).toBe('2026-11-21T13:00:00.000Z')
    const used = await his.useInvitation(link)
    expect(used).toMatchObject({ kind: 'approved', person: { address: alice, mutual: true } })
    if (used.kind !== 'approved') throw new Error(used.kind)
    // The inviter's device hears of it by a note.
    await people.resolve(bob)
    const from = await stage.remembered(bob)
    expect(await people.acceptContactNote(from, used.token)).toBe('approved')
    expect(await people.recall(bob)).toMatchObject({ approved: true, mutual: true })
    office.lists.set(carol, (await identityOf(carol)).identity.deviceList)
    await people.resolve(carol)
    const thief = await stage.remembered(carol)
    expect(await people.acceptContactNote(thief, used.token)).toBe('asks')
    expect(await people.recall(carol)).toMatchObject({ approved: false, theyAsked: true })
  })

  test('[N40] of two who show a token at the same time one is approved', async () => {
    office.lists.set(carol, (await identityOf(carol)).identity.deviceList)
    await people.resolve(bob)
    await people.resolve(carol)
    const token = parseInvitation((await people.invite(1000)).link)?.token
    const both = await Promise.all(
      [bob, carol].map(async (who) => people.acceptContactNote(await stage.remembered(who), token)),
    )
    expect(both.toSorted()).toEqual(['approved', 'asks'])
  })

  test('[N40] an expired or unknown token, and none, only ask', async () => {
    await people.resolve(bob)
    const from = await stage.remembered(bob)
    const token = parseInvitation((await people.invite(1000)).link)?.token
    stage.pass(1000)
    expect(await people.acceptContactNote(from, token)).toBe('asks')
    expect(await people.acceptContactNote(from, toBase64url(random(16)))).toBe('asks')
    expect(await people.acceptContactNote(from, undefined)).toBe('asks')
    expect((await people.recall(bob))?.approved).toBe(false)
    await people.invite(1000)
    expect(await store.all('invitations')).toHaveLength(1)
  })

  test('[N41] a link whose fingerprint is not the key that FINGER shows pins and approves nobody', async () => {
    const his = await stage.openFor(b)
    const { link } = await people.invite(3600_000)
    const other = await identityOf(alice, 'second')
    office.lists.set(alice, other.identity.deviceList)
    expect(await his.useInvitation(link)).toEqual({ kind: 'wrong-key', fingerprint: other.identity.fingerprint })
    expect(await his.recall(alice)).toBeUndefined()
    office.lists.set(alice, a.identity.deviceList)
    expect((await his.useInvitation(link)).kind).toBe('approved')
  })

  test("[N41] a link against the key that is pinned already, a broken one, and one's own are refused", async () => {
    const his = await stage.openFor(b)
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
