// What a home remembers, for commands that work before its device can run, or instead of it.

import { Trouble } from '@doorpost/peer/operations'
import type { Store } from '@doorpost/peer/store/store'

/** Takes the home's lock until disposed. Throws Trouble `home-in-use`. */
export async function openStoreOf(path: string): Promise<Store> {
  const [{ openHome }, { openSqliteStore }] = await Promise.all([
    import('@doorpost/peer/node/home'),
    import('@doorpost/peer/node/sqlite-store'),
  ])
  const opened = await openHome(path)
  if (opened.kind === 'home-in-use') throw new Trouble('home-in-use', `A program is working in ${path}.`)
  const { home } = opened
  try {
    const store = await openSqliteStore(home.database)
    return {
      get: store.get,
      all: store.all,
      write: store.write,
      async [Symbol.asyncDispose]() {
        await store[Symbol.asyncDispose]()
        await home[Symbol.asyncDispose]()
      },
    }
  } catch (error) {
    await home[Symbol.asyncDispose]()
    throw error
  }
}
