// What a device stands on, and nothing that it does by itself: its home, its store, who it is, its line and the people it knows. For
// programs that do with these what an honest device would not.

import { type Identity, readIdentity } from '@doorpost/peer/identity/identity-record'
import { openPeople, type People } from '@doorpost/peer/identity/people'
import { openHome } from '@doorpost/peer/node/home'
import { openSqliteStore } from '@doorpost/peer/node/sqlite-store'
import { openSessionLine } from '@doorpost/peer/session/session-line'

export interface BareDevice extends AsyncDisposable {
  readonly store: Awaited<ReturnType<typeof openSqliteStore>>
  readonly me: Identity
  readonly line: ReturnType<typeof openSessionLine>
  readonly people: People
}

/** Of a home that somebody joined from and that no other process has. */
export async function openBareDevice(path: string): Promise<BareDevice> {
  await using stack = new AsyncDisposableStack()
  const opened = await openHome(path)
  if (opened.kind !== 'open') throw new Error('the home is in use')
  stack.use(opened.home)
  const store = stack.use(await openSqliteStore(opened.home.database))
  const me = await readIdentity(store)
  if (me === undefined) throw new Error('nobody joined here')
  const line = stack.use(openSessionLine({ origin: me.origin, as: me }))
  const people = stack.use(await openPeople({ store, line, me }))
  const opening = stack.move()
  return { store, me, line, people, [Symbol.asyncDispose]: () => opening.disposeAsync() }
}
