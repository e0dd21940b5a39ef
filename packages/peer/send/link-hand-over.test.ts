// A link handed from one device of its maker's to another: two rooms of links, with notes carried between them and everything else
// pretended. Whole devices do it in scenarios/web-link.

import { type DeviceAddress, deviceAddress } from '@doorpost/protocol/address'
import type { LinkNote } from '@doorpost/protocol/note'
import { expect, test } from 'vitest'
import { fakeClock } from '../fake-clock.ts'
import { alice, identityOf } from '../identity/people-stage.ts'
import type { Identity } from '../identity/identity-record.ts'
import { Trouble } from '../operations.ts'
import { copyListKey } from '../receive/copies-given.ts'
import type { InboxRecord } from '../receive/inbox-record.ts'
import { listeners } from '../session/listeners.ts'
import { openMemoryStore } from '../store/memory-store.ts'
import { holderOf, made, openRoom, own, stateOf } from './grants-stage.ts'
import { createLinkHandOver } from './link-hand-over.ts'
import { offerKey } from './offered.ts'

const LAPTOP = deviceAddress(alice, 'laptop')
const TOWER = deviceAddress(alice, 'tower')
/** Everything pretended answers within a few turns. */
async function settled(): Promise<void> {
  for (let turns = 0; turns < 50; turns++) await new Promise((resolve) => setImmediate(resolve))
}

async function devices({ keeps = true }: { readonly keeps?: boolean } = {}) {
  const clock = fakeClock()
  const { identity } = await identityOf(alice)
  const [first] = identity.opened.list.devices
  if (!first) throw new Error('no device')
  const list = { ...identity.opened.list, devices: [first, { ...first, name: 'tower' }] }
  const opened = { ...identity.opened, list }
  const post: { to: DeviceAddress; from: DeviceAddress; note: LinkNote }[] = []
  let isHeld = false

  async function device(address: DeviceAddress) {
    const name = address.slice(address.indexOf('/') + 1)
    const me: Identity = { ...identity, device: name, address, opened }
    const room = await openRoom(openMemoryStore(), clock, { me: { device: name, address, opened } })
    const watchers = listeners<InboxRecord>()
    let entry:
      | { record: InboxRecord; content: { media: { root: string; key: string; sizeBytes: number }[] } }
      | undefined
    const asked: string[] = []
    const handOver = createLinkHandOver({
      me,
      clock,
      store: room.store,
      grants: room.grants,
      rooms: () => ({
        inbox: {
          get: async () => entry as never,
          async takeOwn(note, from) {
            const { messageId: id, content } = note
            const media = content.media.map(({ root, sizeBytes }) => ({ root, sizeBytes, verifiedBytes: 0 }))
            const record = { id, from, own: true, media, standing: { state: 'announced' } } as unknown as InboxRecord
            entry ??= { record, content }
          },
        },
        fetches: {
          async ask(id) {
            asked.push(id)
          },
        },
      }),
      inboxWatchers: watchers,
      ...(keeps && { keepInto: '/kept' }),
      async tell(to, ...notes) {
        for (const note of notes) post.push({ to, from: address, note })
        if (!isHeld) queueMicrotask(() => void deliver())
      },
      onFault(error) {
        throw error
      },
    })
    return {
      room,
      handOver,
      asked,
      /** What it fetched is verified and in place. */
      async has(from: Awaited<ReturnType<typeof openRoom>>) {
        if (!entry) throw new Error('nothing was asked for')
        const { id } = entry.record
        const media: InboxRecord['media'] = []
        for (const { root, sizeBytes } of entry.content.media) {
          const bytes = await from.store.get<Uint8Array>('lists-bytes', offerKey(id, root))
          await room.store.write([{ put: 'lists-bytes', key: copyListKey(id, root), value: bytes }])
          ;(media as unknown[]).push({ root, sizeBytes, verifiedBytes: sizeBytes, path: '/kept/film.mp4' })
        }
        const record = { ...entry.record, media, standing: { state: 'ready' } } as unknown as InboxRecord
        entry = { ...entry, record }
        watchers.tell(record)
        await settled()
      },
    }
  }
  const [laptop, tower] = [await device(LAPTOP), await device(TOWER)]
  async function deliver(): Promise<void> {
    for (let one = post.shift(); one; one = post.shift()) {
      await (one.to === LAPTOP ? laptop : tower).handOver.take(one.from, one.note)
    }
    await settled()
  }
  return {
    clock,
    laptop,
    tower,
    hold() {
      isHeld = true
      return () => {
        isHeld = false
        return deliver()
      }
    },
  }
}

test('[LNK30] [LNK31] a link is given out by the other device once it has the media, to the browser that owns it, and by the first no more', async () => {
  const { laptop, tower } = await devices()
  const { link, ref } = await made(laptop.room)
  const [bob, eve] = [holderOf(link), holderOf(link)]
  await own(laptop.room, bob, link)
  expect(await laptop.handOver.ask(link.id, 'tower')).toMatchObject({ handed: { device: 'tower', state: 'asked' } })
  await settled()
  expect(tower.asked).toEqual([link.id])
  // Until it has it, nothing changes for whoever fetches.
  expect(await stateOf(laptop.room, bob.caller(laptop.room.me), ref)).toEqual(['here', 'here', 'here'])
  expect(await stateOf(tower.room, bob.caller(tower.room.me), ref)).toEqual(['refused', 'refused', 'refused'])
  await tower.has(laptop.room)
  expect(laptop.room.grants.status(link.id)).toMatchObject({ handed: { device: 'tower', state: 'gives' } })
  expect(tower.room.asked.map(({ method, target }) => `${method} ${target}`)).toEqual([`SEND /grants/${bob.keys.slot}`])
  expect(await stateOf(tower.room, bob.caller(tower.room.me), ref)).toEqual(['here', 'here', 'here'])
  expect(await own(tower.room, bob, link)).toBe('serve')
  // Whose it was at the first it is at the other.
  expect(await tower.room.grants.meet(eve.caller(tower.room.me), link.id)).toBe('refuse')
  expect(await laptop.room.grants.meet(bob.caller(laptop.room.me), link.id)).toBe('silent')
  await expect(laptop.handOver.ask(link.id, 'tower')).rejects.toBeInstanceOf(Trouble)
})

test('[LNK31] while it changes hands nobody gives it out, and of two who come then one is its owner', async () => {
  const { laptop, tower, hold } = await devices()
  const { link } = await made(laptop.room)
  const [bob, eve] = [holderOf(link), holderOf(link)]
  await laptop.handOver.ask(link.id, 'tower')
  await settled()
  const release = hold()
  await tower.has(laptop.room)
  await laptop.handOver.take(TOWER, { note: 'link', messageId: link.id, said: { step: 'has' } })
  await settled()
  for (const [device, who] of [
    [laptop, bob],
    [tower, eve],
  ] as const) {
    expect(await device.room.grants.meet(who.caller(device.room.me), link.id)).toBe('silent')
  }
  await release()
  const answers = [await own(tower.room, eve, link), await tower.room.grants.meet(bob.caller(tower.room.me), link.id)]
  expect(answers).toEqual(['serve', 'refuse'])
})

test('[LNK32] what becomes of it at the other its maker sees; taken back by its maker, the other gives nothing more', async () => {
  const { laptop, tower } = await devices()
  const { link, ref, root } = await made(laptop.room)
  const bob = holderOf(link)
  await laptop.handOver.ask(link.id, 'tower')
  await settled()
  await tower.has(laptop.room)
  await own(tower.room, bob, link)
  await settled()
  expect(laptop.room.grants.status(link.id)).toMatchObject({ state: 'fetching' })
  await tower.room.grants.meet(bob.caller(tower.room.me, { stored: [root] }), link.id)
  await settled()
  expect(laptop.room.grants.status(link.id)).toMatchObject({ state: 'fetched' })
  await laptop.room.grants.revoke(link.id)
  await settled()
  expect(await stateOf(tower.room, bob.caller(tower.room.me), ref)).not.toContain('here')
  expect(tower.room.grants.status(link.id).open).toBe(false)
})

test('[LNK30] a device that keeps nothing, or cannot fetch, says why, and the first goes on; nobody else is listened to', async () => {
  const { laptop } = await devices({ keeps: false })
  const { link, ref } = await made(laptop.room)
  const bob = holderOf(link)
  await own(laptop.room, bob, link)
  await expect(laptop.handOver.ask(link.id, 'nobody')).rejects.toMatchObject({ code: 'bad-address' })
  await laptop.handOver.ask(link.id, 'tower')
  await settled()
  expect(laptop.room.grants.status(link.id)).toMatchObject({
    handed: { state: 'refused', detail: 'tower keeps nothing for others.' },
  })
  const has = { note: 'link', messageId: link.id, said: { step: 'has' } } as const
  expect(await laptop.handOver.take(deviceAddress('bob@example.org' as typeof alice, 'laptop'), has)).toBe(false)
  await laptop.handOver.take(deviceAddress(alice, 'phone'), has)
  await settled()
  expect(await stateOf(laptop.room, bob.caller(laptop.room.me), ref)).toEqual(['here', 'here', 'here'])
  // Of its media the device that was asked is given some, and only as the user's own.
  const tower = { address: TOWER, deviceKey: new Uint8Array(32), via: 'direct' as const }
  expect(await laptop.room.grants.findFor(tower, ref, async () => true)).toBeDefined()
  expect(await laptop.room.grants.findFor(tower, ref, async () => false)).toBeUndefined()
  const phone = { ...tower, address: deviceAddress(alice, 'phone') }
  expect(await laptop.room.grants.findFor(phone, ref, async () => true)).toBeUndefined()
})
