// A reader over a part that grows by hand: what is asked for when, and what is looked up.

import { toBase64url } from '@doorpost/protocol/bytes'
import type { Handle } from '@doorpost/protocol/handle'
import { describe, expect, test } from 'vitest'
import { fakeClock } from '../fake-clock.ts'
import { memoryMediaFile } from '../send/memory-media-file.ts'
import { createPartsHere } from './parts-here.ts'
import type { Part } from './partial.ts'
import { createPlayHeads } from './play-heads.ts'
import { createMediaReader, type MediaReaderOptions } from './read-media.ts'

const MIB = 1024 * 1024
const ID = 'AAAAAAAAAAAAAAAAAAAAAA'
const root = new Uint8Array(32).fill(1)
const key = new Uint8Array(32).fill(2)

/** A film of eight pieces whose index fills the last two and a half. */
function film(): Uint8Array {
  const bytes = new Uint8Array(8 * MIB).fill(9)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, 16)
  bytes.set(new TextEncoder().encode('ftyp'), 4)
  view.setUint32(16, 5.5 * MIB)
  bytes.set(new TextEncoder().encode('mdat'), 20)
  return bytes
}

function stage({ type = 'video/mp4', kept }: { type?: string; kept?: string } = {}) {
  const bytes = film()
  const handle = {
    root: toBase64url(root),
    key: toBase64url(key),
    name: 'film.mp4',
    type,
    sizeBytes: bytes.length,
    sources: ['ann@example.org/laptop'],
  } as unknown as Handle
  const here = new Set<number>()
  const heads = createPlayHeads()
  const parts = createPartsHere()
  const counted = { looks: 0, opens: 0, begun: 0, readied: 0 }
  const fetched = Promise.withResolvers<{ kind: 'stored'; fetchedBytes: number }>()
  let state = 'announced'
  const options = {
    inbox: {
      async get(id: string) {
        counted.looks++
        if (id !== ID) return undefined
        const record = {
          id,
          from: 'ann@example.org/laptop',
          standing: { state },
          media: [{ root: handle.root, path: kept }],
        }
        return { record, content: { media: [handle] } }
      },
    },
    fetches: {
      async ask() {
        counted.begun++
        const part = { media: { root, key, sizeBytes: bytes.length }, file: '/kept/film', list: new Uint8Array(256) }
        parts.add(ID, { ...part, has: (index: number) => here.has(index) } as unknown as Part)
        heads.landed(ID, handle.root)
      },
      fetch: () => fetched.promise,
    },
    files: {
      async open(path: string) {
        counted.opens++
        return memoryMediaFile(bytes, path)
      },
      sizeOf: async (path: string) => (path === kept ? bytes.length : undefined),
      dropPart: async () => {},
    },
    environment: { heads, parts, openers: [{ kind: 'tunnel', ready: () => counted.readied++ }] },
    clock: fakeClock(),
    isJunk: () => false,
    playFolder: '/playing',
    onFault: (error: unknown) => {
      throw error
    },
  } as unknown as MediaReaderOptions
  const reader = createMediaReader(options)
  const never = new AbortController().signal
  return {
    bytes,
    counted,
    head: () => heads.of(ID, handle.root),
    read: (offset: number, length: number) =>
      reader.read({ id: ID, root: handle.root, offset, length, keep: true, folder: '/kept' }, never),
    begin: () => heads.began(ID, handle.root, bytes.subarray(0, MIB)),
    land(index: number) {
      here.add(index)
      heads.landed(ID, handle.root)
    },
    end(as: string) {
      state = as
      parts.drop(ID, handle.root)
      fetched.resolve({ kind: 'stored', fetchedBytes: 0 })
    },
  }
}

describe('a player of a media on its way', () => {
  test('[PLY41] once the first bytes are here, the pieces of the index are asked for before what follows', async () => {
    const { read, land, head } = stage()
    const first = read(0, 1)
    await expect.poll(() => head()?.wanted).toEqual([0])
    expect(head()?.soon).toEqual([])
    land(0)
    expect(await first).toHaveLength(1)
    await expect.poll(() => head()?.soon).toEqual([5, 6, 7])
  })

  test('[PLY41] the first piece says it as it lands, before anything else is asked for', async () => {
    const { read, begin, head } = stage()
    void read(0, 1)
    await expect.poll(() => head()?.wanted).toEqual([0])
    begin()
    expect(head()?.soon).toEqual([5, 6, 7])
  })

  test('[PLY41] of what is no such film nothing but what is read is asked for', async () => {
    const { read, land, head } = stage({ type: 'video/webm' })
    const first = read(0, 1)
    await expect.poll(() => head()?.wanted).toEqual([0])
    land(0)
    await first
    expect(head()?.soon).toEqual([])
  })

  test('[PLY42] while its fetch runs a read looks nothing up, and its file is opened once, whoever reads', async () => {
    const { read, land, counted, bytes } = stage()
    const first = [read(0, 100), read(MIB + 5, 100)] as const
    await expect.poll(() => counted.begun).toBe(1)
    const { looks } = counted
    land(0)
    land(1)
    const [one, other] = await Promise.all(first)
    expect([one, other]).toEqual([bytes.slice(0, 100), bytes.slice(MIB + 5, MIB + 105)])
    for (let at = 200; at < 700; at += 100) expect(await read(at, 100)).toEqual(bytes.slice(at, at + 100))
    expect([counted.looks, counted.opens, counted.begun]).toEqual([looks, 1, 1])
  })

  test('[PLY43] what paths need of the server is asked for at the first read, and not for what is here', async () => {
    const away = stage()
    const first = away.read(0, 100)
    await expect.poll(() => away.counted.begun).toBe(1)
    away.land(0)
    await first
    await away.read(100, 100)
    expect(away.counted.readied).toBe(1)
    const here = stage({ kept: '/kept/film' })
    await here.read(0, 100)
    expect([here.counted.readied, here.counted.begun]).toEqual([0, 0])
  })

  test('[PLY42] what was declined meanwhile is read no more', async () => {
    const { read, land, end } = stage()
    const first = read(0, 100)
    land(0)
    await first
    const waiting = read(3 * MIB, 100)
    end('refused')
    await expect(waiting).rejects.toMatchObject({ code: 'not-mutual' })
    await expect(read(0, 100)).rejects.toMatchObject({ code: 'not-mutual' })
  })
})
