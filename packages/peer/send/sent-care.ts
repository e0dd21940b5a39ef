// What a sender's device does about its messages as time goes by: acts on copies that everybody has, reminds those who have not
// fetched, tells why something is gone. Which copy and whom is decided by retention-state.ts and reminders.ts.

import { type DeviceAddress, type UserAddress, userOf } from '@doorpost/protocol/address'
import { activeDevices } from '@doorpost/protocol/device-list'
import type { Note } from '@doorpost/protocol/note'
import type { Preferences } from '@doorpost/protocol/preferences'
import type { Clock } from '../clock.ts'
import type { DeviceEvent } from '../device-event.ts'
import { faultEvent } from '../device-event.ts'
import type { Identity } from '../identity/identity-record.ts'
import type { People } from '../identity/people.ts'
import type { SentStatus } from '../operations.ts'
import type { Listeners } from '../session/listeners.ts'
import type { Change, Store } from '../store/store.ts'
import { SourceAway } from './media-file.ts'
import type { Outbox } from './outbox.ts'
import type { OutboxEntry } from './outbox-entry.ts'
import type { PieceCrypto } from './piece-crypto.ts'
import { toRemind } from './reminders.ts'
import { createRetention, type Retention, type RetentionFiles } from './retention.ts'
import type { WhenFetched } from './retention-state.ts'
import type { SentRecord } from './sent.ts'
import type { SentCopies } from './sent-copies.ts'
import type { SentRoom } from './sent-room.ts'

export interface SentCareOptions {
  readonly me: Pick<Identity, 'user' | 'opened'>
  readonly store: Store
  readonly clock: Clock
  readonly crypto: PieceCrypto
  readonly people: Pick<People, 'recall'>
  readonly sent: SentRoom
  readonly sentWatchers: Pick<Listeners<SentStatus>, 'add'>
  readonly outbox: Pick<Outbox, 'changesFor' | 'add'>
  readonly preferences: { readonly now: Preferences }
  /** Where what the account's rule archives goes; absolute. */
  readonly archiveFolder: string
  /** Without a disk that can move and delete, copies are kept. */
  readonly retentionFiles?: RetentionFiles
  readonly sentCopies?: SentCopies
  noteEntry(to: OutboxEntry['to'][number], note: Note): OutboxEntry
  onEvent(event: DeviceEvent): void
}

export interface SentCare extends AsyncDisposable {
  /** Carried out after a start: ends what was begun, clears away what never came to be. */
  resume(): Promise<void>
  /** What is to be done about this message now is done when it resolves. */
  settled(messageId: string): Promise<void>
  /** Called every few minutes: reminds, and tries again what could not be done. */
  tend(): Promise<void>
  /** Notes that tell every recipient why it is gone: written with what makes it so, sent after it. */
  goneNotes(record: SentRecord, reason: 'withdrawn' | 'deleted'): { readonly changes: readonly Change[]; add(): void }
}

export function createSentCare(options: SentCareOptions): SentCare {
  const { clock, sent, outbox, preferences } = options
  const fault = (where: string) => (error: unknown) => {
    // A path is nobody's business but the user's: it stays out of the log.
    if (error instanceof SourceAway) options.onEvent({ event: 'copy-away', level: 'info', where })
    else options.onEvent(faultEvent(where, error))
  }

  const goneNotes: SentCare['goneNotes'] = ({ id, acceptedAt, withdrawnAt, media, recipients }, reason) => {
    // What never left, or has nothing to fetch, needs no taking back; and it is told once.
    const untold = acceptedAt === undefined || media.length === 0 || withdrawnAt !== undefined
    // One's own other devices may give it out as well.
    const { me } = options
    const others = activeDevices(me.opened.list).length > 1 ? [me.user] : []
    const to = untold ? [] : [...new Set([...recipients.map(({ address }) => address), ...others])]
    const entries = to.map((address) => options.noteEntry(address, { note: 'gone', messageId: id, reason }))
    return { changes: outbox.changesFor(entries), add: () => outbox.add(entries) }
  }

  const retention: Retention | undefined =
    options.retentionFiles &&
    createRetention({
      ...options,
      files: options.retentionFiles,
      account: () => accountRule(preferences.now, options.archiveFolder),
      goneNotes: (record) => goneNotes(record, 'deleted'),
      onKept: ({ messageId }) => options.onEvent({ event: 'copy-kept', level: 'warn', id: messageId, why: 'changed' }),
      onFault: fault('retention'),
    })
  const endWatching = options.sentWatchers.add(({ id }) => void retention?.look(id))

  async function isMutual(address: UserAddress | DeviceAddress): Promise<boolean> {
    const person = await options.people.recall(userOf(address))
    return person?.mutual === true && !person.blocked
  }

  return {
    goneNotes,
    async settled(messageId) {
      await retention?.look(messageId)
    },
    async resume() {
      await options.sentCopies?.tidy(async (id) => (await sent.get(id)) !== undefined)
      await retention?.resume()
    },
    async tend() {
      // In its own time: reading a film takes a while.
      void retention?.tryAgain()
      const nowMs = clock.nowMs()
      const { remindHours } = preferences.now.sent
      for (const record of await sent.all()) {
        const entries: OutboxEntry[] = []
        const due = toRemind(record, nowMs, remindHours)
        for (const { address } of due) {
          if (await isMutual(address)) {
            entries.push(options.noteEntry(address, { note: 'reminder', messageId: record.id }))
          }
        }
        if (due.length === 0) continue
        const at = new Date(nowMs).toISOString()
        await sent.step(record.id, { kind: 'reminded', at }, outbox.changesFor(entries))
        outbox.add(entries)
      }
    },
    async [Symbol.asyncDispose]() {
      endWatching()
      await retention?.[Symbol.asyncDispose]()
    },
  }
}

function accountRule({ sent }: Preferences, archiveFolder: string): WhenFetched {
  return sent.whenFetched === 'archive' ? { do: 'archive', folder: archiveFolder } : { do: sent.whenFetched }
}
