import { describe, expect, test } from 'vitest'
import { CHUNK_BYTES, type ChunkStore, createChunkedFiles, type FileChange } from './chunked-file.ts'
import type { SyncFile } from './opfs-tree.ts'

/** A database in memory that says what it was given, one transaction a line. */
function memoryStore() {
  const chunks = new Map<string, Uint8Array>()
  const sizes = new Map<string, number>()
  const transactions: FileChange[][] = []
  let fails: Error | undefined
  const store: ChunkStore = {
    get: async (path, index) => chunks.get(`${path}#${index}`),
    async put(changes) {
      if (fails) throw fails
      transactions.push([...changes])
      for (const { path, sizeBytes, isEmptied, chunks: written } of changes) {
        if (isEmptied) for (const key of [...chunks.keys()]) if (key.startsWith(`${path}#`)) chunks.delete(key)
        for (const [index, chunk] of written) chunks.set(`${path}#${index}`, chunk)
        sizes.set(path, sizeBytes)
      }
    },
  }
  return {
    store,
    transactions,
    sizeOf: (path: string) => sizes.get(path) ?? 0,
    fail(error: Error) {
      fails = error
    },
  }
}

async function opened(files: ReturnType<typeof createChunkedFiles>, path: string, sizeBytes = 0) {
  const handle = await files.open(path, sizeBytes)
  if (!handle) throw new Error('held')
  return handle
}

async function read(handle: SyncFile, at: number, length: number): Promise<number[]> {
  const into = new Uint8Array(length).fill(0xee)
  return [...into.subarray(0, await handle.read(into, { at }))]
}

const piece = (value: number, length = CHUNK_BYTES) => new Uint8Array(length).fill(value)

describe('files in a database', () => {
  test('[WKT2] what was written is read at once, and again by whoever opens it later', async () => {
    const { store, sizeOf } = memoryStore()
    const data = await opened(createChunkedFiles(store), '/film')
    // The last piece first, as a player asks for it; then the others, over more than a file that stays in memory.
    data.write(piece(6, 3), { at: 5 * CHUNK_BYTES })
    for (const index of [0, 2, 3, 4]) data.write(piece(index + 1), { at: index * CHUNK_BYTES })
    expect(await read(data, 5 * CHUNK_BYTES - 1, 10)).toEqual([5, 6, 6, 6])
    // Nobody wrote there yet.
    expect(await read(data, 2 * CHUNK_BYTES - 1, 2)).toEqual([0, 3])
    await data.settled()
    expect(await read(data, 3 * CHUNK_BYTES - 1, 2)).toEqual([3, 4])
    data.close()
    const again = await opened(createChunkedFiles(store), '/film', sizeOf('/film'))
    expect(await read(again, 5 * CHUNK_BYTES - 1, 10)).toEqual([5, 6, 6, 6])
  })

  test('[WKT2] a claim is in the same transaction as the data it is about, and a buffer is its owner’s again', async () => {
    const { store, transactions } = memoryStore()
    const files = createChunkedFiles(store)
    const data = await opened(files, '/part/film')
    const map = await opened(files, '/part/.map')
    const buffer = piece(1)
    data.write(buffer, { at: 0 })
    buffer.fill(9)
    data.flush()
    map.write(piece(7, 4), { at: 12 })
    await data.settled()
    expect(transactions.map((changes) => changes.map(({ path }) => path))).toEqual([['/part/film', '/part/.map']])
    expect(await read(data, 0, 2)).toEqual([1, 1])
    map.write(piece(8, 2), { at: 13 })
    expect(await read(map, 10, 10)).toEqual([0, 0, 7, 8, 8, 7])
  })

  test('[WKT2] emptied, nothing of what was there comes back', async () => {
    const { store, sizeOf } = memoryStore()
    const data = await opened(createChunkedFiles(store), '/film')
    data.write(piece(1), { at: 0 })
    data.write(piece(2), { at: CHUNK_BYTES })
    data.flush()
    data.truncate(0)
    data.write(piece(3, 1), { at: CHUNK_BYTES })
    expect(await read(data, CHUNK_BYTES - 1, 9)).toEqual([0, 3])
    await data.settled()
    expect(await read(data, CHUNK_BYTES - 1, 9)).toEqual([0, 3])
    expect(await read(await opened(createChunkedFiles(store), '/film', sizeOf('/film')), 0, 2)).toEqual([0, 0])
  })

  test('[WKT2] it has one holder, until what they wrote is kept', async () => {
    const { store } = memoryStore()
    const files = createChunkedFiles(store)
    const data = await opened(files, '/kept/.root/film')
    expect(await files.open('/kept/.root/film', 0)).toBeUndefined()
    expect(['/kept', '/kept/.root/film', '/kept/.roo', '/other'].map(files.isHeld)).toEqual([true, true, false, false])
    data.write(piece(1, 5), { at: 0 })
    data.close()
    expect(files.isHeld('/kept')).toBe(true)
    await expect.poll(() => files.isHeld('/kept')).toBe(false)
    expect(await read(await opened(files, '/kept/.root/film', 5), 0, 9)).toEqual([1, 1, 1, 1, 1])
  })

  test('[WKT2] a database without room is told to whoever writes, and what was kept before stays', async () => {
    const { store, fail, sizeOf } = memoryStore()
    const data = await opened(createChunkedFiles(store), '/film')
    data.write(piece(1), { at: 0 })
    await data.settled()
    fail(new DOMException('no room', 'QuotaExceededError'))
    data.write(piece(2), { at: CHUNK_BYTES })
    await expect(data.settled()).rejects.toThrow('no room')
    expect(() => data.write(piece(3), { at: 2 * CHUNK_BYTES })).toThrow('no room')
    expect(sizeOf('/film')).toBe(CHUNK_BYTES)
  })
})
