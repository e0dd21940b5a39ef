// What a device remembers, in IndexedDB: one object store, keys of room and UTF-8 bytes, so that they are ordered by code point
// as everywhere else (as strings IndexedDB would compare UTF-16).

import { utf8, fromUtf8 } from '@doorpost/protocol/bytes'
import { Trouble } from '../operations.ts'
import { checkKey, fromKept, storeClosed, toKept } from '../store/entry.ts'
import type { Change, Store, StoreRoom } from '../store/store.ts'

type Kept = Uint8Array | string

const ROOMS = 'rooms'
/** Follows every byte of UTF-8 (RFC 3629 section 3). */
const BEHIND_ALL = 0xff

/**
 * Rejects Trouble `cannot-write` where the browser gives no storage (private windows of some). `onLost`: the browser closed it, or somebody
 * takes it away; what is there, if anything, takes another opening.
 */
export async function openIndexedDbStore(
  name: string,
  { factory = indexedDB, onLost = () => {} }: { readonly factory?: IDBFactory; onLost?(): void } = {},
): Promise<Store> {
  const database = await openDatabase(name, factory).catch((cause: unknown) => {
    throw new Trouble('cannot-write', 'This browser does not let the page remember anything.', {
      cause,
      todo: 'Open it in a window that is not private.',
    })
  })
  let isClosed = false
  const close = () => {
    isClosed = true
    database.close()
  }
  const lose = () => {
    if (isClosed) return
    close()
    onLost()
  }
  // `forget` in another tab waits for nobody.
  database.onversionchange = lose
  // Storage that is cleared, or a browser that gave up on it (Indexed Database API section 4.1).
  database.onclose = lose

  const rooms = (mode: IDBTransactionMode): IDBTransaction => {
    if (isClosed) throw storeClosed()
    return database.transaction(ROOMS, mode, { durability: 'strict' })
  }
  return {
    async get<T>(room: StoreRoom, key: string) {
      const kept = await answerOf(
        rooms('readonly').objectStore(ROOMS).get(keyOf(room, key)) as IDBRequest<Kept | undefined>,
      )
      return kept === undefined ? undefined : (fromKept(kept) as T)
    },
    async all<T>(room: StoreRoom, prefix = '', without?: string) {
      const store = rooms('readonly').objectStore(ROOMS)
      const ranges = rangesOf(room, prefix, without)
      const parts = await Promise.all(
        ranges.map((range) =>
          Promise.all([answerOf(store.getAllKeys(range)), answerOf(store.getAll(range) as IDBRequest<Kept[]>)]),
        ),
      )
      const keys = parts.flatMap(([some]) => some)
      const values = parts.flatMap(([, some]) => some)
      return keys.map((key, at) => ({
        key: fromUtf8(new Uint8Array((key as [string, ArrayBuffer])[1])),
        value: fromKept(values[at] as Kept) as T,
      }))
    },
    async write(changes: readonly Change[]) {
      if (isClosed) throw storeClosed()
      const steps = changes.map((change) => {
        checkKey(change.key)
        return 'put' in change
          ? { key: keyOf(change.put, change.key), kept: toKept(change.put, change.value) }
          : { key: keyOf(change.drop, change.key), kept: undefined }
      })
      if (steps.length === 0) return
      const transaction = rooms('readwrite')
      const store = transaction.objectStore(ROOMS)
      for (const { key, kept } of steps) {
        if (kept === undefined) store.delete(key)
        else store.put(kept, key)
      }
      transaction.commit()
      await committed(transaction)
    },
    async [Symbol.asyncDispose]() {
      close()
    },
  }
}

/** Takes everything away. Resolves when it is gone; a tab that has it open loses it. */
export async function deleteIndexedDbStore(name: string, factory: IDBFactory = indexedDB): Promise<void> {
  await answerOf(factory.deleteDatabase(name))
}

function openDatabase(name: string, factory: IDBFactory): Promise<IDBDatabase> {
  const request = factory.open(name, 1)
  request.onupgradeneeded = () => void request.result.createObjectStore(ROOMS)
  return answerOf(request)
}

function keyOf(room: StoreRoom, key: string): IDBValidKey {
  return [room, utf8(key) as Uint8Array<ArrayBuffer>]
}

/** `without` begins with `prefix`, or leaves nothing out. */
function rangesOf(room: StoreRoom, prefix: string, without: string | undefined): IDBKeyRange[] {
  const from = utf8(prefix) as Uint8Array<ArrayBuffer>
  const end = Uint8Array.of(...from, BEHIND_ALL)
  if (without === undefined || !without.startsWith(prefix)) return [IDBKeyRange.bound([room, from], [room, end])]
  const gap = utf8(without) as Uint8Array<ArrayBuffer>
  const behind = Uint8Array.of(...gap, BEHIND_ALL)
  return [IDBKeyRange.bound([room, from], [room, gap], false, true), IDBKeyRange.bound([room, behind], [room, end])]
}

function answerOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(storageTrouble(request.error))
  })
}

function committed(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve()
    transaction.onabort = () => reject(storageTrouble(transaction.error))
  })
}

function storageTrouble(cause: DOMException | null): Trouble {
  if (cause?.name === 'QuotaExceededError') {
    return new Trouble('disk-full', 'This browser has no room left for this page.', {
      cause,
      todo: 'Clear kept copies away.',
    })
  }
  return new Trouble('cannot-write', 'This browser could not write down what happened.', { cause })
}
