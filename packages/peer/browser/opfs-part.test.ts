import { describe, expect, test } from 'vitest'
import { fakeClock } from '../fake-clock.ts'
import { NoSpace } from '../receive/partial.ts'
import { openOpfsPart } from './opfs-part.ts'
import type { OpfsTree, SyncFile } from './opfs-tree.ts'

const PIECE = new Uint8Array(1024 * 1024).fill(7)
const media = { root: new Uint8Array(32).fill(1), key: new Uint8Array(32).fill(2), sizeBytes: PIECE.length * 4 }

/** One folder whose files outlive their handles, as a page that is closed leaves them. */
function keptFolder(roomBytes = Infinity) {
  const contents = new Map<string, Uint8Array>()
  const handle = (name: string): SyncFile => ({
    read(into, { at }) {
      const from = contents.get(name)?.subarray(at, at + into.length) ?? new Uint8Array()
      into.set(from)
      return from.length
    },
    write(bytes, { at }) {
      // As Chromium does in a private window: -8, without its sign.
      if (at + bytes.length > roomBytes) return 2 ** 32 - 8
      const before = contents.get(name) ?? new Uint8Array()
      const after = new Uint8Array(Math.max(before.length, at + bytes.length))
      after.set(before)
      after.set(bytes, at)
      contents.set(name, after)
      return bytes.length
    },
    getSize: () => contents.get(name)?.length ?? 0,
    truncate(sizeBytes) {
      const after = new Uint8Array(sizeBytes)
      after.set((contents.get(name) ?? after).subarray(0, sizeBytes))
      contents.set(name, after)
    },
    flush() {},
    close() {},
  })
  const folder = {
    getFileHandle: async (name: string) => ({ createSyncAccessHandle: async () => handle(name) }),
  } as unknown as FileSystemDirectoryHandle
  return { folder: async () => folder, file: async () => undefined, remove: async () => {} } satisfies OpfsTree
}

function openIn(tree: OpfsTree, clock = fakeClock()) {
  const storage = { estimate: async () => ({ quota: 1e9, usage: 0 }) }
  return openOpfsPart({ folder: '/kept', name: 'film', media }, { tree, storage, writing: new Map(), clock })
}

async function opened(...args: Parameters<typeof openIn>) {
  const answer = await openIn(...args)
  if (answer.state !== 'open') throw new Error(answer.state)
  return answer.part
}

describe('a part in the browser', () => {
  test('[BRO13] what came is there again a second later, also where nothing comes after it', async () => {
    const tree = keptFolder()
    const clock = fakeClock()
    const part = await opened(tree, clock)
    await part.write(0, PIECE)
    await part.write(2, PIECE)
    await clock.pass(999)
    // A page that is gone closes nothing.
    expect((await opened(tree)).verifiedBytes).toBe(0)
    await part.write(1, PIECE)
    await clock.pass(1)
    const again = await opened(tree)
    expect(again.verifiedBytes).toBe(3 * PIECE.length)
    expect([0, 1, 2, 3].map((index) => again.has(index))).toEqual([true, true, true, false])
  })

  test('[EYE1] what a browser only seems to have written is not counted, and the film is not finished', async () => {
    const tree = keptFolder(3 * PIECE.length)
    const part = await opened(tree)
    for (const index of [0, 1, 2]) await part.write(index, PIECE)
    expect(() => part.write(3, PIECE)).toThrow(NoSpace)
    expect(part.has(3)).toBe(false)
    await expect(part.finish()).rejects.toThrow('piece 3 is missing')
    await part.close()
    expect((await opened(tree)).verifiedBytes).toBe(3 * PIECE.length)
  })

  test('[BRO13] closed, nothing waits and nothing is lost', async () => {
    const tree = keptFolder()
    const clock = fakeClock()
    const part = await opened(tree, clock)
    await part.write(3, PIECE)
    await part.close()
    expect(clock.waiting).toBe(0)
    expect((await opened(tree)).has(3)).toBe(true)
  })
})
