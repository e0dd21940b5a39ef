// Who `vmio` logs in as: the identity of a home, read beside a running agent. Nothing is written.

import { existsSync } from 'node:fs'
import type { Identity } from '@doorpost/peer/identity/identity-record'

/** Undefined where nobody joined from this home. */
export async function identityOf(home: string): Promise<Identity | undefined> {
  const { homePaths } = await import('@doorpost/peer/node/home-paths')
  const { database } = homePaths(home)
  if (!existsSync(database)) return undefined
  const [{ openSqliteStore }, { readIdentity }] = await Promise.all([
    import('@doorpost/peer/node/sqlite-store'),
    import('@doorpost/peer/identity/identity-record'),
  ])
  await using store = await openSqliteStore(database)
  return await readIdentity(store)
}
