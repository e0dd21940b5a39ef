// Who gets what by a link, decided where it is given out: the room of grants, a source over it, and requests as the tunnel brings them.

import { deviceAddress, type UserAddress } from '@doorpost/protocol/address'
import { toBase64url } from '@doorpost/protocol/bytes'
import { Refusal } from '@doorpost/protocol/errors'
import {
  formatGrantLink,
  grantKeys,
  holderAddress,
  openGrant,
  openSealedGrant,
  parseGrantLink,
  pieceProof,
} from '@doorpost/protocol/grant'
import { generateSigningKey } from '@doorpost/protocol/signature'
import { describe, expect, test } from 'vitest'
import { settle } from '../fake-clock.ts'
import { Trouble } from '../operations.ts'
import type { Caller } from '../paths/path.ts'
import { HOUR_MS, holderOf, made, MiB, on, openRoom, own, random, signal, stateOf } from './grants-stage.ts'
import { testBytes } from './memory-media-file.ts'

describe('making a link', () => {
  test('[LNK1] [LNK2] the server is given a grant that the link alone opens, signed by this device, and no secret', async () => {
    const room = await openRoom()
    const { link } = await made(room)
    const [deposit] = room.asked
    const body = deposit?.body as { slot: string; sealed: string; accessKey: string; messageId: string }
    const parsed = parseGrantLink(link.link)
    const keys = parsed && grantKeys(parsed)
    expect([deposit?.method, deposit?.target, body.slot, body.messageId]).toEqual([
      'SEND',
      '/grants',
      keys?.slot,
      link.id,
    ])
    const content = keys && openSealedGrant(keys, body.sealed)
    expect(content?.deviceList).toEqual(room.me.deviceList)
    expect(content && openGrant(content.grant)).toMatchObject({
      id: link.id,
      from: room.me.address,
      fromAccount: room.me.fingerprint,
      accessKey: body.accessKey,
      expires: link.expires,
      content: { title: 'The wedding', media: [{ name: 'film.mp4' }] },
    })
    expect(JSON.stringify(room.asked)).not.toContain(/#v1\.([\w-]+)\./.exec(link.link)?.[1])
    expect(link).toMatchObject({ state: 'waiting', open: true })
    expect(link.link).toBe(formatGrantLink(parsed as NonNullable<typeof parsed>))
  })

  test('[LNK3] where the server refuses for good nothing is left of it; where it is away the link waits for it', async () => {
    const room = await openRoom()
    room.server.says = () => Promise.reject(new Refusal('too-large'))
    await expect(made(room)).rejects.toThrow(Refusal)
    expect([room.grants.list(), await room.store.all('offers')]).toEqual([[], []])
    room.server.says = () => Promise.reject(new Trouble('server-unreachable', 'No line.'))
    const { link } = await made(room)
    expect(link.heldBack).toMatch(/^No line\./)
    room.server.says = async () => {}
    await room.grants.sync()
    await room.grants.sync()
    expect(room.grants.status(link.id).heldBack).toBeUndefined()
    expect(room.asked.filter(({ method }) => method === 'SEND')).toHaveLength(3)
  })

  test('[LNK9] links.wait ends when it is fetched or over', async () => {
    const room = await openRoom()
    const { link } = await made(room)
    const waiting = room.links['links.wait']({ id: link.id }, on)
    await settle()
    await room.clock.pass(HOUR_MS + 60_000)
    expect(await waiting).toMatchObject({ state: 'expired', open: false })
  })
})

describe('what a link gives', () => {
  test('[LNK7] nothing but by the tunnel, under the link’s name, vouched for by its access key', async () => {
    const room = await openRoom()
    const { link, ref } = await made(room)
    const other = holderOf((await made(room)).link)
    const holder = holderOf(link)
    const good = holder.caller(room.me)
    const refused: Record<string, Caller> = {
      direct: { ...good, via: 'direct' },
      webrtc: { ...good, via: 'webrtc' },
      memory: { ...good, via: 'memory' },
      'without vouching': { address: good.address, deviceKey: good.deviceKey, via: 'tunnel' },
      'vouched for another browser': { ...good, deviceKey: generateSigningKey(random).public },
      'with another link': { ...other.caller(room.me), address: good.address },
      'another link’s name': { ...good, address: other.caller(room.me).address },
      'a user’s name': { ...good, address: 'bob@example.org/laptop' },
      'a name of another server': { ...good, address: holderAddress(holder.keys.slot, 'example.net') },
    }
    for (const [name, caller] of Object.entries(refused)) {
      expect([name, (await room.source.list(caller, ref, signal)).state]).toEqual([name, 'refused'])
      expect([name, await room.grants.meet(caller, link.id)]).not.toEqual([name, 'serve'])
    }
    expect((await room.source.list(good, ref, signal)).state).toBe('here')
    expect((await room.source.list(good, { ...ref, root: new Uint8Array(32) }, signal)).state).toBe('refused')
    expect((await room.source.list(good, { ...ref, messageId: other.keys.slot.slice(0, 22) }, signal)).state).toBe(
      'refused',
    )
  })

  test('[LNK8] before a proof the first piece alone; the first who proves it has all, and others hear that they have not', async () => {
    const room = await openRoom()
    const { link, ref } = await made(room)
    const [bob, eve] = [holderOf(link), holderOf(link)]
    expect(await stateOf(room, bob.caller(room.me), ref)).toEqual(['here', 'source-away', 'source-away'])
    expect(await stateOf(room, eve.caller(room.me), ref)).toEqual(['here', 'source-away', 'source-away'])
    expect(await own(room, bob, link)).toBe('serve')
    // At once, though what was found a moment ago is remembered.
    expect(await stateOf(room, bob.caller(room.me), ref)).toEqual(['here', 'here', 'here'])
    expect(await stateOf(room, eve.caller(room.me), ref)).toEqual(['source-away', 'source-away', 'source-away'])
    expect(await room.grants.meet(eve.caller(room.me), link.id)).toBe('refuse')
    await room.clock.pass(6_000)
    expect(await stateOf(room, eve.caller(room.me), ref)).toEqual(['refused', 'refused', 'refused'])
    expect(room.grants.status(link.id)).toMatchObject({ state: 'fetching' })
  })

  test('[LNK8] of many who prove it at once one owns it', async () => {
    const room = await openRoom()
    const { link } = await made(room)
    const answers = await Promise.all([1, 2, 3, 4].map(() => own(room, holderOf(link), link)))
    expect(answers.filter((answer) => answer === 'serve')).toHaveLength(1)
    expect(answers.filter((answer) => answer === 'refuse')).toHaveLength(3)
  })

  test('[LNK8] a proof that is guessed, another’s or of another media makes nobody its owner', async () => {
    const room = await openRoom()
    const { link, ref, root } = await made(room)
    const [bob, eve] = [holderOf(link), holderOf(link)]
    const piece = await room.source.piece(bob.caller(room.me), ref, 0, signal)
    if (piece.state !== 'here') throw new Error(piece.state)
    const bobs = pieceProof(bob.browser.public, piece.bytes)
    piece.release()
    const tries = [
      { root, hash: toBase64url(new Uint8Array(32)) },
      { root, hash: bobs },
      { root: toBase64url(new Uint8Array(32)), hash: pieceProof(eve.browser.public, piece.bytes) },
    ]
    for (const proof of tries) expect(await room.grants.meet(eve.caller(room.me, { proof }), link.id)).toBe('serve')
    expect(room.grants.status(link.id)).toMatchObject({ state: 'waiting' })
    expect(await own(room, bob, link)).toBe('serve')
  })

  test('[LNK8] [LNK11] who owns it, and what they have, is known after a restart', async () => {
    const before = await openRoom()
    const { link, ref, root } = await made(before)
    const [bob, eve] = [holderOf(link), holderOf(link)]
    await own(before, bob, link)
    const after = await openRoom(before.store, before.clock)
    expect(await stateOf(after, bob.caller(after.me), ref)).toEqual(['here', 'here', 'here'])
    expect(await after.grants.meet(eve.caller(after.me, { stored: [root] }), link.id)).toBe('refuse')
    expect(after.grants.status(link.id)).toMatchObject({ state: 'fetching' })
    await after.clock.pass(1000)
    await after.grants.meet(bob.caller(after.me, { stored: [toBase64url(new Uint8Array(32)), root] }), link.id)
    const at = new Date(after.clock.nowMs()).toISOString()
    expect(after.grants.status(link.id)).toMatchObject({ state: 'fetched', at, media: [{ root, fetchedAt: at }] })
    await after.clock.pass(1000)
    await after.grants.meet(bob.caller(after.me, { stored: [root] }), link.id)
    expect(after.grants.status(link.id)).toMatchObject({ at })
  })

  test('[LNK11] who owns nothing has fetched nothing, whatever they say', async () => {
    const room = await openRoom()
    const { link, root } = await made(room)
    await room.grants.meet(holderOf(link).caller(room.me, { stored: [root] }), link.id)
    expect(room.grants.status(link.id)).toMatchObject({ state: 'waiting' })
  })

  test('[LNK9] taken back it gives nothing from that moment, and the server is told when it can be', async () => {
    const room = await openRoom()
    const { link, ref } = await made(room)
    const bob = holderOf(link)
    await own(room, bob, link)
    expect(await stateOf(room, bob.caller(room.me), ref)).toEqual(['here', 'here', 'here'])
    room.server.says = () => Promise.reject(new Trouble('server-unreachable', 'No line.'))
    await room.links['links.revoke']({ id: link.id.slice(0, 8) }, on)
    expect(await stateOf(room, bob.caller(room.me), ref)).toEqual(['source-away', 'source-away', 'source-away'])
    expect(await room.grants.meet(bob.caller(room.me), link.id)).toBe('refuse')
    expect(await room.store.all('offers')).toEqual([])
    room.server.says = async () => {}
    await room.grants.sync()
    await room.grants.sync()
    const told = room.asked.filter(({ method }) => method === 'REMOVE')
    expect([told.length, told[0]?.target]).toEqual([2, `/grants/${bob.keys.slot}`])
    const again = await openRoom(room.store, room.clock)
    expect(again.grants.status(link.id)).toMatchObject({ state: 'revoked', open: false })
  })

  test('[LNK7] over, it gives nothing; a month later nothing is left of it', async () => {
    const room = await openRoom()
    const { link, ref } = await made(room)
    const bob = holderOf(link)
    await own(room, bob, link)
    await room.clock.pass(HOUR_MS)
    expect(await stateOf(room, bob.caller(room.me), ref)).toEqual(['refused', 'refused', 'refused'])
    expect(await room.grants.meet(bob.caller(room.me), link.id)).toBe('refuse')
    await room.clock.pass(1)
    await room.grants.expire()
    expect(await room.store.all('offers')).toEqual([])
    expect(room.grants.list()).toMatchObject([{ state: 'expired' }])
    await room.clock.pass(31 * 24 * HOUR_MS)
    await room.grants.expire()
    expect([room.grants.list(), await room.store.all('grants')]).toEqual([[], []])
  })

  test('[LNK8] a file that changed meanwhile proves nothing and gives nothing', async () => {
    const room = await openRoom()
    const { link, ref, root } = await made(room)
    const bob = holderOf(link)
    room.file.bytes = testBytes(2 * MiB + 99, 2)
    const proof = { root, hash: pieceProof(bob.browser.public, room.file.bytes.subarray(0, MiB)) }
    await room.grants.meet(bob.caller(room.me, { proof }), link.id)
    expect(room.grants.status(link.id)).toMatchObject({ state: 'waiting' })
    expect((await room.source.piece(bob.caller(room.me), ref, 0, signal)).state).toBe('source-changed')
  })

  test('[LNK7] callers with an account are none of its business', async () => {
    const room = await openRoom()
    const { link } = await made(room)
    const address = deviceAddress('bob@example.org' as UserAddress, 'laptop')
    expect(await room.grants.meet({ address, deviceKey: new Uint8Array(32), via: 'tunnel' }, link.id)).toBeUndefined()
  })
})
