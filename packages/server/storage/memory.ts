// Everything in memory, gone with the process: for tests, and the plain model that sqlite.ts is compared with.
// It counts by looking at everything anew rather than by keeping counters; that is its use as a model.

import { memoryAccounts } from './memory-accounts.ts'
import { memoryContacts } from './memory-contacts.ts'
import { memoryFigures, memoryLimits } from './memory-figures.ts'
import { memoryGrants } from './memory-grants.ts'
import { memoryInvitations } from './memory-invitations.ts'
import { memoryLogins } from './memory-logins.ts'
import { memoryMail } from './memory-mail.ts'
import { memoryPreferences } from './memory-preferences.ts'
import { memoryTunnelDays } from './memory-tunnel-days.ts'
import type { Storage } from './storage.ts'

export function memoryStorage(): Storage {
  const invitations = memoryInvitations()
  const contacts = memoryContacts()
  return {
    accounts: memoryAccounts(invitations),
    contacts,
    invitations,
    logins: memoryLogins(),
    mail: memoryMail(contacts),
    preferences: memoryPreferences(),
    grants: memoryGrants(),
    figures: memoryFigures(),
    limits: memoryLimits(),
    tunnelDays: memoryTunnelDays(),
    async [Symbol.asyncDispose]() {},
  }
}
