// Files cut into chunks, for browsers that give a page a database but no files: written into memory at once as an access handle is
// (opfs-tree.ts), and brought to the database all together, or not at all, when somebody flushes. Where the chunks lie is its caller's.

import type { SyncFile } from './opfs-tree.ts'

/** Bytes of a chunk: the shortest piece there is, so that pieces are written whole. */
export const CHUNK_BYTES = 1024 * 1024
/** Files up to here stay in memory while they are open, bytes: the map beside a part is written anywhere, and is smaller. */
const SMALL_BYTES = 4 * CHUNK_BYTES

/** One file as it is from now on. */
export interface FileChange {
  readonly path: string
  readonly sizeBytes: number
  /** What it had before goes first. */
  readonly isEmptied: boolean
  readonly chunks: ReadonlyMap<number, Uint8Array>
}

export interface ChunkStore {
  /** Undefined where nothing was written. */
  get(path: string, index: number): Promise<Uint8Array | undefined>
  /** All of them or none. */
  put(changes: readonly FileChange[]): Promise<void>
}

export interface ChunkedFiles {
  /** The only holder of a file of this size, undefined while somebody else is. */
  open(path: string, sizeBytes: number): Promise<Required<SyncFile> | undefined>
  /** Whether this file, or one in this folder, is open. */
  isHeld(path: string): boolean
}

interface Open {
  sizeBytes: number
  isEmptied: boolean
  /** The size, or that it was emptied, is not in the store yet. */
  isChanged: boolean
  /** Not in the store yet; `going`: on their way. */
  dirty: Map<number, Uint8Array>
  going: Map<number, Uint8Array>
  /** Of small files: as the store has them. */
  readonly kept: Map<number, Uint8Array>
  failed?: unknown
}

export function createChunkedFiles(store: ChunkStore): ChunkedFiles {
  const held = new Map<string, Open>()
  let last: Promise<void> = Promise.resolve()
  let isDue = false

  /** What is written in the same breath goes along: a claim about data is never there without them. Never rejects. */
  function commit(): Promise<void> {
    if (isDue) return last
    isDue = true
    last = last.then(async () => {
      isDue = false
      const files = [...held].filter(([, { isChanged, failed }]) => isChanged && failed === undefined)
      const changes = files.map(([path, file]): FileChange => {
        const { sizeBytes, isEmptied, dirty } = file
        file.going = dirty
        file.dirty = new Map()
        file.isChanged = false
        file.isEmptied = false
        return { path, sizeBytes, isEmptied, chunks: dirty }
      })
      if (changes.length === 0) return
      try {
        await store.put(changes)
      } catch (error) {
        for (const [, file] of files) file.failed = error
        return
      }
      for (const [, file] of files) {
        // Emptied meanwhile, they are not wanted any more.
        if (file.sizeBytes > SMALL_BYTES) file.kept.clear()
        else if (!file.isEmptied) for (const [index, chunk] of file.going) file.kept.set(index, chunk)
        file.going = new Map()
      }
    })
    return last
  }

  return {
    isHeld: (path) => [...held.keys()].some((other) => other === path || other.startsWith(`${path}/`)),
    async open(path, sizeBytes) {
      if (held.has(path)) return undefined
      const file: Open = {
        ...{ sizeBytes, isEmptied: false, isChanged: false },
        ...{ dirty: new Map(), going: new Map(), kept: new Map() },
      }
      held.set(path, file)
      try {
        for (let index = 0; sizeBytes <= SMALL_BYTES && index * CHUNK_BYTES < sizeBytes; index++) {
          const chunk = await store.get(path, index)
          if (chunk) file.kept.set(index, chunk)
        }
      } catch (error) {
        held.delete(path)
        throw error
      }
      return handleOf(path, file, { store, commit, letGo: () => held.delete(path) })
    },
  }
}

type Around = { readonly store: ChunkStore; commit(): Promise<void>; letGo(): void }

function handleOf(path: string, file: Open, { store, commit, letGo }: Around): Required<SyncFile> {
  let isClosed = false
  const check = () => {
    if (file.failed !== undefined) throw file.failed as Error
    if (isClosed) throw new Error('this file is closed')
  }
  const inMemory = (index: number) => file.dirty.get(index) ?? file.going.get(index) ?? file.kept.get(index)
  return {
    getSize: () => file.sizeBytes,
    async read(into, { at }) {
      check()
      const end = Math.min(at + into.length, file.sizeBytes)
      for (let next = at; next < end; ) {
        const { index, from, length } = placeAt(next, end)
        const chunk = inMemory(index) ?? (file.isEmptied ? undefined : await store.get(path, index))
        const to = into.subarray(next - at, next - at + length).fill(0)
        if (chunk) to.set(chunk.subarray(from, from + length))
        next += length
      }
      return Math.max(0, end - at)
    },
    write(bytes, { at }) {
      check()
      const end = at + bytes.length
      for (let next = at; next < end; ) {
        const { index, from, length } = placeAt(next, end)
        const isWhole = from === 0 && (length === CHUNK_BYTES || next + length >= file.sizeBytes)
        const before = isWhole ? undefined : inMemory(index)
        if (!isWhole && !before && index * CHUNK_BYTES < file.sizeBytes)
          throw new Error('only whole pieces are written here')
        const chunk = new Uint8Array(Math.max(before?.length ?? 0, from + length))
        if (before) chunk.set(before)
        chunk.set(bytes.subarray(next - at, next - at + length), from)
        file.dirty.set(index, chunk)
        next += length
      }
      file.sizeBytes = Math.max(file.sizeBytes, end)
      file.isChanged = true
      return bytes.length
    },
    truncate() {
      check()
      // What is on its way may arrive: it is emptied after that.
      file.dirty = new Map()
      file.going = new Map()
      file.kept.clear()
      file.sizeBytes = 0
      file.isEmptied = true
      file.isChanged = true
    },
    flush() {
      check()
      void commit()
    },
    async settled() {
      check()
      await commit()
      check()
    },
    close() {
      if (isClosed) return
      isClosed = true
      void commit().then(letGo)
    },
  }
}

/** The part of one chunk that comes next. */
function placeAt(at: number, end: number): { index: number; from: number; length: number } {
  const index = Math.floor(at / CHUNK_BYTES)
  const from = at - index * CHUNK_BYTES
  return { index, from, length: Math.min(CHUNK_BYTES - from, end - at) }
}
