// Which entries of the outbox are a message's receipts: `get` waits a moment for them to leave.

import type { OutboxEntry } from './outbox-entry.ts'

/** Messages that are remembered: for `get`, which asks right after. */
const MESSAGES_MAX = 1_000

export interface ReceiptsUnderWay {
  /** Of what was given to the outbox about this message. */
  add(entries: readonly OutboxEntry[], messageId: string): void
  /** Ids of entries since this device was opened. */
  of(messageId: string): readonly string[]
}

export function createReceiptsUnderWay(): ReceiptsUnderWay {
  const byMessage = new Map<string, string[]>()
  return {
    add(entries, messageId) {
      const receipts = entries.filter(({ content }) => 'note' in content && content.note === 'receipt')
      if (receipts.length === 0) return
      byMessage.set(messageId, [...(byMessage.get(messageId) ?? []), ...receipts.map(({ id }) => id)])
      const [oldest] = byMessage.keys()
      if (byMessage.size > MESSAGES_MAX && oldest !== undefined) byMessage.delete(oldest)
    },
    of: (messageId) => byMessage.get(messageId) ?? [],
  }
}
