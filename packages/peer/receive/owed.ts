// What a sender who is a mutual contact shall be told of a message of theirs, and was not told yet. Pure: the notes go to
// the outbox in the write that marks them as told. To anybody else nothing is owed, ever (promise 6).

import type { Note } from '@doorpost/protocol/note'
import type { Signed } from '@doorpost/protocol/signature'
import type { InboxRecord } from './inbox-record.ts'

type Told = NonNullable<InboxRecord['told']>

/** `receipts`: those that were made for media of this message, by root, as far as the caller has them at hand. */
export function owed(
  record: InboxRecord,
  receipts: ReadonlyMap<string, Signed>,
): { readonly record: InboxRecord; readonly notes: readonly Note[] } {
  const notes: Note[] = []
  // What one's own other device sent is nobody's to be told of.
  if (record.own) return { record, notes }
  const state = progressOf(record)
  if (state !== undefined) notes.push({ note: 'progress', messageId: record.id, state })
  const media = record.media.map((one) => {
    const receipt = one.receipt === 'made' ? receipts.get(one.root) : undefined
    if (!receipt) return one
    notes.push({ note: 'receipt', receipt })
    return { ...one, receipt: 'given' as const }
  })
  if (notes.length === 0) return { record, notes }
  return { record: { ...record, media, ...(state !== undefined && { told: state }) }, notes }
}

function progressOf({ standing, told, media }: InboxRecord): Told | undefined {
  switch (standing.state) {
    case 'announced':
    case 'scheduled':
      return told === undefined ? 'announced' : undefined
    case 'fetching':
      return told === 'fetching' ? undefined : 'fetching'
    case 'ready':
      // With media the receipts say it all.
      return told === undefined && media.length === 0 ? 'announced' : undefined
    case 'refused':
      return told === 'refused' ? undefined : 'refused'
    case 'request':
    case 'changed':
    case 'expired':
    case 'gone':
      return undefined
  }
}
