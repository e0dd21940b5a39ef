// What a device remembers, in memory: for tests and for devices that are gone when their window closes.

import { checkKey, fromKept, storeClosed, toKept } from './entry.ts'
import type { Change, Store, StoreRoom } from './store.ts'

export function openMemoryStore(): Store {
  const rooms = new Map<StoreRoom, Map<string, Uint8Array | string>>()
  let closed = false

  const open = () => {
    if (closed) throw storeClosed()
  }

  return {
    async get<T>(room: StoreRoom, key: string) {
      open()
      const kept = rooms.get(room)?.get(key)
      return kept === undefined ? undefined : (fromKept(kept) as T)
    },
    async all<T>(room: StoreRoom, prefix = '', without?: string) {
      open()
      return [...(rooms.get(room) ?? [])]
        .filter(([key]) => key.startsWith(prefix) && (without === undefined || !key.startsWith(without)))
        .toSorted(([a], [b]) => inOrder(a, b))
        .map(([key, kept]) => ({ key, value: fromKept(kept) as T }))
    },
    async write(changes: readonly Change[]) {
      open()
      const steps = changes.map((change) => {
        checkKey(change.key)
        return 'put' in change
          ? { room: change.put, key: change.key, kept: toKept(change.put, change.value) }
          : { room: change.drop, key: change.key, kept: undefined }
      })
      for (const { room, key, kept } of steps) {
        if (kept === undefined) rooms.get(room)?.delete(key)
        else if (rooms.has(room)) rooms.get(room)?.set(key, kept)
        else rooms.set(room, new Map([[key, kept]]))
      }
    },
    async [Symbol.asyncDispose]() {
      closed = true
    },
  }
}

/** By code points, as SQLite and IndexedDB's byte order have it; plain `<` compares UTF-16 and puts emoji before U+E000. */
function inOrder(a: string, b: string): number {
  const left = Array.from(a)
  const right = Array.from(b)
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const difference = (left[i]?.codePointAt(0) ?? 0) - (right[i]?.codePointAt(0) ?? 0)
    if (difference !== 0) return difference
  }
  return left.length - right.length
}
