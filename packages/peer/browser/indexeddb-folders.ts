// Folders and files in IndexedDB, for browsers that give a page no file system of its own (WebKitGTK, private windows of Safari): looks
// like what `navigator.storage.getDirectory()` answers, as far as this folder's other files use that.

import { type ChunkStore, CHUNK_BYTES, createChunkedFiles, type ChunkedFiles } from './chunked-file.ts'

const DATABASE = 'doorpost-files'
/** By absolute path. */
const ENTRIES = 'entries'
/** By path and number. */
const CHUNKS = 'chunks'
/** Behind every character that a name may have (protocol/file-name: no such code points). */
const BEHIND_ALL = '\uffff'

type Entry =
  | { readonly kind: 'directory' }
  /** `edition`: how often it was written, which is told as its date. */
  | { readonly kind: 'file'; readonly sizeBytes: number; readonly edition: number }

/** The topmost folder. Rejects DOMException where there is no database either. */
export async function openIndexedDbFolders(factory: IDBFactory = indexedDB): Promise<FileSystemDirectoryHandle> {
  const request = factory.open(DATABASE, 1)
  request.onupgradeneeded = () => {
    request.result.createObjectStore(ENTRIES)
    request.result.createObjectStore(CHUNKS)
  }
  const database = await answerOf(request)
  // Whoever clears the browser waits for nobody.
  database.onversionchange = () => database.close()
  const place = { database, files: createChunkedFiles(chunksIn(database)) }
  return folderAt('', place) as unknown as FileSystemDirectoryHandle
}

type Place = { readonly database: IDBDatabase; readonly files: ChunkedFiles }

function folderAt(path: string, place: Place) {
  const { database, files } = place
  const stores = (mode: IDBTransactionMode) => database.transaction([ENTRIES, CHUNKS], mode, { durability: 'strict' })

  async function entryAt(name: string, kind: Entry['kind'], { create = false } = {}): Promise<string> {
    const at = `${path}/${name}`
    const transaction = stores(create ? 'readwrite' : 'readonly')
    const entries = transaction.objectStore(ENTRIES)
    const found = await answerOf(entries.get(at) as IDBRequest<Entry | undefined>)
    if (found && found.kind !== kind) throw new DOMException(`${name} is something else`, 'TypeMismatchError')
    if (found) return at
    if (!create) throw new DOMException(`${name} is not here`, 'NotFoundError')
    entries.put((kind === 'file' ? { kind, sizeBytes: 0, edition: 0 } : { kind }) satisfies Entry, at)
    await committed(transaction)
    return at
  }
  async function children(): Promise<[string, Entry][]> {
    const entries = stores('readonly').objectStore(ENTRIES)
    const range = below(path)
    const [keys, values] = await Promise.all([
      answerOf(entries.getAllKeys(range)),
      answerOf(entries.getAll(range) as IDBRequest<Entry[]>),
    ])
    return keys
      .map((key, at): [string, Entry] => [(key as string).slice(path.length + 1), values[at] as Entry])
      .filter(([name]) => !name.includes('/'))
  }
  return {
    kind: 'directory' as const,
    async getDirectoryHandle(name: string, options?: FileSystemGetDirectoryOptions) {
      return folderAt(await entryAt(name, 'directory', options), place)
    },
    async getFileHandle(name: string, options?: FileSystemGetFileOptions) {
      return fileAt(await entryAt(name, 'file', options), place)
    },
    async *keys() {
      for (const [name] of await children()) yield name
    },
    async *entries() {
      yield* await children()
    },
    async removeEntry(name: string, { recursive = false }: FileSystemRemoveOptions = {}) {
      const at = `${path}/${name}`
      if (files.isHeld(at)) throw new DOMException(`${name} is open`, 'NoModificationAllowedError')
      const transaction = stores('readwrite')
      const entries = transaction.objectStore(ENTRIES)
      const chunks = transaction.objectStore(CHUNKS)
      const [found, inside] = await Promise.all([answerOf(entries.getKey(at)), answerOf(entries.count(below(at)))])
      if (found === undefined) throw new DOMException(`${name} is not here`, 'NotFoundError')
      if (inside > 0 && !recursive) throw new DOMException(`${name} is not empty`, 'InvalidModificationError')
      entries.delete(at)
      entries.delete(below(at))
      chunks.delete(chunksOf(at))
      chunks.delete(IDBKeyRange.bound([`${at}/`], [`${at}/${BEHIND_ALL}`]))
      await committed(transaction)
    },
  }
}

function fileAt(path: string, { database, files }: Place) {
  const name = path.slice(path.lastIndexOf('/') + 1)
  const entry = async () => {
    const found = await entryIn(database.transaction(ENTRIES).objectStore(ENTRIES), path)
    if (!found) throw new DOMException(`${name} is not here`, 'NotFoundError')
    return found
  }
  async function bytesOf(start: number, end: number): Promise<ArrayBuffer> {
    if (end <= start) return new ArrayBuffer(0)
    const bytes = new Uint8Array(end - start)
    const [first, last] = [Math.floor(start / CHUNK_BYTES), Math.ceil(end / CHUNK_BYTES) - 1]
    const range = IDBKeyRange.bound([path, first], [path, last])
    const chunks = database.transaction(CHUNKS).objectStore(CHUNKS)
    const [keys, found] = await Promise.all([
      answerOf(chunks.getAllKeys(range)),
      answerOf(chunks.getAll(range) as IDBRequest<ArrayBuffer[]>),
    ])
    for (const [at, key] of keys.entries()) {
      const chunk = new Uint8Array(found[at] ?? new ArrayBuffer(0))
      const chunkStart = Number((key as [string, number])[1]) * CHUNK_BYTES
      const wanted = chunk.subarray(Math.max(0, start - chunkStart), end - chunkStart)
      bytes.set(wanted, Math.max(0, chunkStart - start))
    }
    return bytes.buffer
  }
  return {
    kind: 'file' as const,
    /** What given-file.ts reads of a File, and not one: nobody puts a film together in memory. */
    async getFile() {
      const { sizeBytes: size, edition } = await entry()
      const slice = (start = 0, end = size) => ({ arrayBuffer: () => bytesOf(start, Math.min(end, size)) })
      return { name, size, lastModified: edition, slice }
    },
    async createSyncAccessHandle() {
      const handle = await files.open(path, (await entry()).sizeBytes)
      if (!handle) throw new DOMException(`${name} is open`, 'NoModificationAllowedError')
      return handle
    },
  }
}

function chunksIn(database: IDBDatabase): ChunkStore {
  return {
    async get(path, index) {
      const chunks = database.transaction(CHUNKS).objectStore(CHUNKS)
      const found = await answerOf(chunks.get([path, index]) as IDBRequest<ArrayBuffer | undefined>)
      return found && new Uint8Array(found)
    },
    async put(changes) {
      const transaction = database.transaction([ENTRIES, CHUNKS], 'readwrite', { durability: 'strict' })
      const done = committed(transaction)
      const entries = transaction.objectStore(ENTRIES)
      const chunks = transaction.objectStore(CHUNKS)
      const editions = await Promise.all(changes.map(({ path }) => entryIn(entries, path)))
      for (const [at, { path, sizeBytes, isEmptied, chunks: written }] of changes.entries()) {
        if (isEmptied) chunks.delete(chunksOf(path))
        for (const [index, chunk] of written) chunks.put(chunk.buffer, [path, index])
        entries.put({ kind: 'file', sizeBytes, edition: (editions[at]?.edition ?? 0) + 1 } satisfies Entry, path)
      }
      await done
    },
  }
}

async function entryIn(entries: IDBObjectStore, path: string): Promise<Extract<Entry, { kind: 'file' }> | undefined> {
  const found = await answerOf(entries.get(path) as IDBRequest<Entry | undefined>)
  return found?.kind === 'file' ? found : undefined
}

/** Everything in a folder, whatever depth. */
function below(path: string): IDBKeyRange {
  return IDBKeyRange.bound(`${path}/`, `${path}/${BEHIND_ALL}`)
}

/** Of one file: numbers come before every other kind of key (Indexed Database section 2.4). */
function chunksOf(path: string): IDBKeyRange {
  return IDBKeyRange.bound([path, 0], [path, Infinity])
}

function answerOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new DOMException('it was not read', 'UnknownError'))
  })
}

function committed(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve()
    transaction.onabort = () => reject(transaction.error ?? new DOMException('it was not written', 'AbortError'))
  })
}
