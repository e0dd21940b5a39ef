// Changing one document of a room on the ground of what it is now: changes to the same key wait for each other, so that
// none is made on an old copy. What a change writes beside its own document is written in the same step.

import type { Change, Store, StoreRoom } from './store/store.ts'

/** What a change makes of a document: `value` undefined drops it; `also` goes into the same write. */
export interface Changed<T> {
  readonly value: T | undefined
  readonly also?: readonly Change[]
}

export interface Records<T> {
  get(key: string): Promise<T | undefined>
  all(prefix?: string): Promise<{ key: string; value: T }[]>
  /**
   * Calls `change` with the current document once every change before it is on stable storage. `change` answers undefined
   * to leave all as it is. Resolves, once written, with the document as it is then.
   */
  change(key: string, change: (current: T | undefined) => Changed<T> | undefined): Promise<T | undefined>
}

/** Records of one room; changes of one key come one after the other, those of several keys do not wait for each other. */
export function recordsOf<T>(store: Store, room: StoreRoom): Records<T> {
  /** The last change under way per key; gone when it is done. */
  const last = new Map<string, Promise<unknown>>()
  return {
    get: (key) => store.get<T>(room, key),
    all: (prefix) => store.all<T>(room, prefix),
    async change(key, change) {
      const before = last.get(key)
      const mine = (async () => {
        // Whether the change before could be written is its caller's to know.
        await before?.catch(() => {})
        const current = await store.get<T>(room, key)
        const changed = change(current)
        if (changed === undefined) return current
        const { value, also = [] } = changed
        await store.write([value === undefined ? { drop: room, key } : { put: room, key, value }, ...also])
        return value
      })()
      last.set(key, mine)
      try {
        return await mine
      } finally {
        if (last.get(key) === mine) last.delete(key)
      }
    },
  }
}
