import { describe, expect, test } from 'vitest'
import type { DeviceAddress, UserAddress } from '@doorpost/protocol/address'
import type { Note } from '@doorpost/protocol/note'
import type { Person } from '../identity/person.ts'
import { openMemoryStore } from '../store/memory-store.ts'
import type { Change, Store } from '../store/store.ts'
import { COPY_DEVICES_MAX, type KnownMessage, openCopies } from './copies.ts'

const me = { user: 'carol@example.org' as UserAddress, address: 'carol@example.org/laptop' as DeviceAddress }
const alices = 'alice@example.org/laptop' as DeviceAddress
const bobs = 'bob@example.org/laptop' as DeviceAddress
const message: KnownMessage = {
  id: 'AAAAAAAAAAAAAAAAAAAAAA',
  sender: 'alice@example.org' as UserAddress,
  to: ['bob@example.org' as UserAddress, me.user, 'dora@example.org/phone' as DeviceAddress],
  accounts: ['bob-key', 'carol-key', 'dora-key'],
  expires: '2026-12-01T00:00:00.000Z',
  roots: ['one', 'two'],
}
type CopyNote = Extract<Note, { note: 'copy' }>
const says = (state: CopyNote['state'], ...roots: string[]): CopyNote => ({
  note: 'copy',
  messageId: message.id,
  sender: alices,
  state,
  roots,
})
const person = (fingerprint: string, blocked = false) => ({ fingerprint, blocked }) as unknown as Person
const mark: Change[] = [{ put: 'arrivals', key: 'seen', value: 1 }]

async function open(store: Store = openMemoryStore(), known: KnownMessage = message) {
  return await openCopies({ store, me, messageOf: async (id) => (id === known.id ? known : undefined) })
}

describe('what others say of their copies', () => {
  test('[SRC8] a word of a named device counts, is there after a restart, and ends with the message', async () => {
    const store = openMemoryStore()
    const copies = await open(store)
    const heard: string[] = []
    copies.onChange((id) => heard.push(id))
    expect(await copies.take(says('whole', 'one'), bobs, person('bob-key'), mark)).toBe('fitted')
    await copies.take(says('part', 'two'), bobs, person('bob-key'), [])
    const phone = 'dora@example.org/phone' as DeviceAddress
    await copies.take(says('part', 'one'), phone, person('dora-key'), [])
    const expected = [
      { device: bobs, state: 'whole' },
      { device: phone, state: 'part' },
    ]
    expect(copies.of(message.id, 'one')).toEqual(expected)
    expect(heard.length).toBe(3)
    // Said again it is nothing new.
    expect(await copies.take(says('part', 'one'), phone, person('dora-key'), [])).toBe('fitted')
    expect(heard.length).toBe(3)
    const after = await open(store)
    expect(after.of(message.id, 'one')).toEqual(expected)
    expect(after.of(message.id, 'two')).toEqual([{ device: bobs, state: 'part' }])
    expect(await store.get('arrivals', 'seen')).toBe(1)
    await after.expire(Date.parse(message.expires))
    expect(after.of(message.id, 'one').length).toBe(2)
    await after.expire(Date.parse(message.expires) + 1)
    expect(after.of(message.id, 'one')).toEqual([])
    expect((await open(store)).of(message.id, 'one')).toEqual([])
  })

  test('[SRC8] who spoke last is asked first', async () => {
    const copies = await open()
    const own = 'carol@example.org/phone' as DeviceAddress
    for (const by of [bobs, own, bobs]) await copies.take(says('whole', 'one'), by, person('bob-key'), [])
    expect(copies.of(message.id, 'one').map(({ device }) => device)).toEqual([bobs, own])
  })

  test('[SRC8] a part becomes whole, a late word takes nothing back, and `none` does', async () => {
    const copies = await open()
    const take = (note: CopyNote) => copies.take(note, bobs, person('bob-key'), [])
    await take(says('part', 'one', 'two'))
    await take(says('whole', 'one'))
    await take(says('part', 'one'))
    expect(copies.of(message.id, 'one')).toEqual([{ device: bobs, state: 'whole' }])
    await take(says('none', 'one'))
    expect(copies.of(message.id, 'one')).toEqual([])
    expect(copies.of(message.id, 'two')).toEqual([{ device: bobs, state: 'part' }])
  })

  test('[SRC8] own devices and the sender’s may say so too', async () => {
    const copies = await open()
    const own = 'carol@example.org/phone' as DeviceAddress
    expect(await copies.take(says('whole', 'one'), own, person('carol-key'), [])).toBe('fitted')
    expect(await copies.take(says('whole', 'one'), alices, person('alice-key'), [])).toBe('fitted')
  })

  const refused: [string, CopyNote, DeviceAddress, Person][] = [
    ['of a user who is not named', says('whole', 'one'), 'eve@example.org/x' as DeviceAddress, person('bob-key')],
    [
      'of a user of whom another device is named',
      says('whole', 'one'),
      'dora@example.org/tv' as DeviceAddress,
      person('dora-key'),
    ],
    ['under another account key than the message names', says('whole', 'one'), bobs, person('other-key')],
    ['of somebody blocked', says('whole', 'one'), bobs, person('bob-key', true)],
    ['about another sender’s message', { ...says('whole', 'one'), sender: bobs }, bobs, person('bob-key')],
    [
      'about a message that is not here',
      { ...says('whole', 'one'), messageId: 'BBBBBBBBBBBBBBBBBBBBBA' },
      bobs,
      person('bob-key'),
    ],
    ['about media that is not in it', says('whole', 'one', 'three'), bobs, person('bob-key')],
    ['of this very device', says('whole', 'one'), me.address, person('carol-key')],
  ]
  test.each(refused)('[SRC8] a word %s does nothing', async (_what, note, by, who) => {
    const store = openMemoryStore()
    const copies = await open(store)
    expect(await copies.take(note, by, who, mark)).toBe('nothing')
    expect(copies.of(message.id, 'one')).toEqual([])
    expect(await store.all('copies')).toEqual([])
    expect(await store.get('arrivals', 'seen')).toBe(1)
  })

  test('[SRC8] words of at most 32 devices a message are kept; who is known may go on speaking', async () => {
    const everybody = { ...message, to: ['bob@example.org' as UserAddress], accounts: [] }
    const copies = await open(openMemoryStore(), everybody)
    const take = (at: number) =>
      copies.take(says('whole', 'one'), `bob@example.org/d${at}` as DeviceAddress, person(''), [])
    for (let at = 0; at < COPY_DEVICES_MAX; at++) expect(await take(at)).toBe('fitted')
    expect(await take(COPY_DEVICES_MAX)).toBe('nothing')
    expect(await take(0)).toBe('fitted')
    expect(copies.of(message.id, 'one').length).toBe(COPY_DEVICES_MAX)
  })

  test('[SRC8] whoever fills the room with devices of theirs makes room for another user, and for nobody of their own', async () => {
    const store = openMemoryStore()
    const users = ['bob@example.org', 'eve@example.org', 'dora@example.org'] as UserAddress[]
    const everybody = { ...message, to: users, accounts: [] }
    const copies = await open(store, everybody)
    const take = (by: string) => copies.take(says('whole', 'one'), by as DeviceAddress, person(''), [])
    for (let at = 0; at < 16; at++) {
      for (const user of ['bob', 'eve']) expect(await take(`${user}@example.org/d${at}`)).toBe('fitted')
    }
    expect(await take('eve@example.org/d16')).toBe('nothing')
    expect(await take('dora@example.org/phone')).toBe('fitted')
    const devices = copies.of(message.id, 'one').map(({ device }) => device)
    expect([devices.length, devices[0]]).toEqual([COPY_DEVICES_MAX, 'dora@example.org/phone'])
    expect(devices).not.toContain('bob@example.org/d0')
    expect((await store.all('copies')).length).toBe(COPY_DEVICES_MAX)
  })
})
