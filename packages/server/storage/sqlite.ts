// The default storage: one SQLite file in the data folder. What is answered is on stable storage (write-ahead log,
// synchronous=FULL); how commits are shared is group-commit.ts, what the tables are is schema.ts. Here all of it works in
// the thread that asks, which waits for the disk; a server uses sqlite-threaded.ts.

import type { Database } from 'better-sqlite3'
import { groupCommit, type Writes } from './group-commit.ts'
import { sqliteAccounts } from './sqlite-accounts.ts'
import { sqliteContacts } from './sqlite-contacts.ts'
import { sqliteFigures, sqliteLimits } from './sqlite-figures.ts'
import { openDataFile } from './sqlite-file.ts'
import { sqliteGrants } from './sqlite-grants.ts'
import { sqliteInvitations } from './sqlite-invitations.ts'
import { sqliteLogins } from './sqlite-logins.ts'
import { sqliteMail } from './sqlite-mail.ts'
import { sqlitePreferences } from './sqlite-preferences.ts'
import { sqliteTunnelDays } from './sqlite-tunnel-days.ts'
import type { Storage } from './storage.ts'

export interface SqliteOptions {
  /** The data folder; made when missing. One server at a time can have it open. */
  readonly folder: string
  /** Told how many writes each commit held. */
  readonly onCommit?: (writes: number) => void
}

/** Throws DataFolderError (sqlite-file.ts) when the folder is in use or cannot be used. */
export async function openSqliteStorage({ folder, onCommit }: SqliteOptions): Promise<Storage> {
  const { db, close } = openDataFile(folder)
  const writes = groupCommit(db, { onCommit })
  return {
    ...storesOver(db, writes),
    async [Symbol.asyncDispose]() {
      if (!db.open) return
      writes.close()
      close()
    },
  }
}

export type Stores = Omit<Storage, typeof Symbol.asyncDispose>

export function storesOver(db: Database, writes: Writes): Stores {
  return {
    accounts: sqliteAccounts(db, writes),
    contacts: sqliteContacts(db, writes),
    invitations: sqliteInvitations(db, writes),
    logins: sqliteLogins(db, writes),
    mail: sqliteMail(db, writes),
    preferences: sqlitePreferences(db, writes),
    grants: sqliteGrants(db, writes),
    figures: sqliteFigures(db, writes),
    limits: sqliteLimits(db, writes),
    tunnelDays: sqliteTunnelDays(db, writes),
  }
}
