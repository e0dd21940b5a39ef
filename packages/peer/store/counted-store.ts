// A store that counts what is read of it, for tests of what a device with years in it costs.

import type { Store, StoreRoom } from './store.ts'

export interface CountedStore extends Store {
  /** Records read since the last asking, by room: one for each, however they were asked for. */
  taken(): Partial<Record<StoreRoom, number>>
}

export function countedStore(store: Store): CountedStore {
  let read: Partial<Record<StoreRoom, number>> = {}
  const count = (room: StoreRoom, records: number) => (read[room] = (read[room] ?? 0) + records)
  return {
    async get<T>(room: StoreRoom, key: string) {
      count(room, 1)
      return await store.get<T>(room, key)
    },
    async all<T>(room: StoreRoom, prefix?: string, without?: string) {
      const found = await store.all<T>(room, prefix, without)
      if (found.length > 0) count(room, found.length)
      return found
    },
    write: (changes) => store.write(changes),
    taken() {
      const was = read
      read = {}
      return was
    },
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  }
}
