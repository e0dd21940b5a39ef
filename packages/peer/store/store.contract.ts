// What every store of a device must do. An implementation's test calls storeContract with a way to open one.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Change, Store, StoreRoom } from './store.ts'

export interface StoreUnderTest {
  /** A new, empty store. */
  open(): Promise<Store>
}

export function storeContract(name: string, { open }: StoreUnderTest): void {
  describe(`store: ${name}`, () => {
    test('[K20] what was written comes back, and nothing where nothing was written', async () => {
      await using store = await open()
      await store.write([{ put: 'settings', key: 'share', value: { mode: 'all', since: [1, null, 'ü'] } }])
      expect(await store.get('settings', 'share')).toEqual({ mode: 'all', since: [1, null, 'ü'] })
      expect(await store.get('settings', 'other')).toBeUndefined()
      expect(await store.get('people', 'share')).toBeUndefined()
    })

    test('[K20] bytes come back as bytes', async () => {
      await using store = await open()
      const list = Uint8Array.from({ length: 70_000 }, (_, i) => i % 251)
      await store.write([{ put: 'lists-bytes', key: 'a', value: list.subarray(7) }])
      const back = await store.get<Uint8Array>('lists-bytes', 'a')
      expect(back).toBeInstanceOf(Uint8Array)
      expect(back?.constructor).toBe(Uint8Array)
      expect(back).toEqual(list.slice(7))
    })

    test('[K20] what is got is a copy, and what was put may be changed afterwards', async () => {
      await using store = await open()
      const value = { inside: ['first'] }
      const bytes = Uint8Array.of(1, 2, 3)
      const written = store.write([
        { put: 'settings', key: 'k', value },
        { put: 'lists-bytes', key: 'k', value: bytes },
      ])
      value.inside[0] = 'changed by its owner'
      bytes[0] = 99
      await written
      const got = await store.get<{ inside: string[] }>('settings', 'k')
      got?.inside.push('changed by its reader')
      const gotBytes = await store.get<Uint8Array>('lists-bytes', 'k')
      gotBytes?.fill(0)
      expect(await store.get('settings', 'k')).toEqual({ inside: ['first'] })
      expect(await store.get('lists-bytes', 'k')).toEqual(Uint8Array.of(1, 2, 3))
    })

    test('[K21] a write is all or nothing', async () => {
      await using store = await open()
      await store.write([{ put: 'sent', key: 'a', value: 1 }])
      const bad: Change[][] = [
        [
          { drop: 'sent', key: 'a' },
          { put: 'sent', key: 'b', value: undefined },
        ],
        [
          { put: 'sent', key: 'a', value: 2 },
          { put: 'lists-bytes', key: 'b', value: 'text' },
        ],
        [
          { put: 'sent', key: 'a', value: 2 },
          { put: 'sent', key: 'b', value: Uint8Array.of(1) },
        ],
        [
          { put: 'sent', key: 'a', value: 2 },
          { put: 'sent', key: '', value: 1 },
        ],
        [
          { put: 'sent', key: 'a', value: 2 },
          { put: 'sent', key: 'x'.repeat(513), value: 1 },
        ],
        [
          { put: 'sent', key: 'a', value: 2 },
          { put: 'sent', key: '\ud800', value: 1 },
        ],
        [
          { put: 'sent', key: 'a', value: 2 },
          { put: 'sent', key: 'a\0b', value: 1 },
        ],
      ]
      for (const changes of bad) await expect(store.write(changes)).rejects.toThrow(Error)
      expect(await store.all('sent')).toEqual([{ key: 'a', value: 1 }])
    })

    test('[K21] later changes of one write win, and writes are carried out in the order they were made', async () => {
      await using store = await open()
      const writes = [
        store.write([
          { put: 'inbox', key: 'a', value: 1 },
          { put: 'inbox', key: 'a', value: 2 },
        ]),
        store.write([
          { put: 'inbox', key: 'a', value: 3 },
          { put: 'inbox', key: 'b', value: 3 },
        ]),
        store.write([
          { drop: 'inbox', key: 'b' },
          { drop: 'inbox', key: 'never there' },
        ]),
      ]
      await Promise.all(writes)
      expect(await store.all('inbox')).toEqual([{ key: 'a', value: 3 }])
    })

    test('[K20] all comes in order of key by code point, cut to a prefix', async () => {
      await using store = await open()
      const keys = ['b', 'a', 'a/2', 'a/1', 'a0', 'ä', '\u{e000}', '\u{1f3a5}', 'a/\u{10ffff}', 'A']
      await store.write(keys.map((key) => ({ put: 'people', key, value: key })))
      const listed = async (prefix?: string) => (await store.all('people', prefix)).map(({ key }) => key)
      expect(await listed()).toEqual(['A', 'a', 'a/1', 'a/2', 'a/\u{10ffff}', 'a0', 'b', 'ä', '\u{e000}', '\u{1f3a5}'])
      expect(await listed('a/')).toEqual(['a/1', 'a/2', 'a/\u{10ffff}'])
      expect(await listed('zz')).toEqual([])
    })

    test('[K20] all leaves out what begins with something else', async () => {
      await using store = await open()
      const keys = ['aa', 'content a', 'content \u{1f3a5}', 'content', 'contentb', 'cz', 'é']
      await store.write(keys.map((key) => ({ put: 'inbox', key, value: key })))
      const listed = async (prefix: string, without: string) =>
        (await store.all('inbox', prefix, without)).map(({ key }) => key)
      expect(await listed('', 'content ')).toEqual(['aa', 'content', 'contentb', 'cz', 'é'])
      expect(await listed('c', 'content')).toEqual(['cz'])
      expect(await listed('c', 'a')).toEqual(['content', 'content a', 'content \u{1f3a5}', 'contentb', 'cz'])
      expect(await listed('', 'nothing')).toEqual(await listed('', 'neither'))
    })

    test('[K20] a closed store says so', async () => {
      const store = await open()
      await store[Symbol.asyncDispose]()
      await expect(store.get('settings', 'a')).rejects.toThrow('closed')
      await expect(store.all('settings')).rejects.toThrow('closed')
      await expect(store.write([])).rejects.toThrow('closed')
      await store[Symbol.asyncDispose]()
    })
  })
}

const room = fc.constantFrom<StoreRoom>('people', 'sent', 'lists-bytes')
const key = fc.oneof(
  fc.constantFrom('a', 'a/', 'a/b', 'b'),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 }).filter((text) => text !== '' && !/\p{Cc}/u.test(text)),
)
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ put: fc.constantFrom<StoreRoom>('people', 'sent'), key, value: fc.jsonValue({ maxDepth: 2 }) }),
  fc.record({ put: fc.constant<StoreRoom>('lists-bytes'), key, value: fc.uint8Array({ maxLength: 40 }) }),
  fc.record({ drop: room, key }),
)
export const histories = fc.array(fc.array(change, { maxLength: 5 }), { maxLength: 8 })

/** Everything a store holds, in its own order. */
export async function contentOf(store: Store): Promise<unknown> {
  return { people: await store.all('people'), sent: await store.all('sent'), lists: await store.all('lists-bytes') }
}
