// One message in full, as a person reads it: who, when, what it says, and its files. Pure.

import { tombstoneSentence } from '@doorpost/peer/catalogue/en'
import { sizeText } from '@doorpost/peer/catalogue/quantity'
import type { InboxEntry } from '@doorpost/peer/operations'
import { pairsText } from './pairs.ts'
import { printableText } from './printable.ts'
import { tableText } from './table.ts'
import { whenText } from './when.ts'

interface Around {
  readonly out: { readonly columns: () => number; readonly colours: boolean; readonly terminal: boolean }
  readonly now: () => number
}

/** `state`: where it is, in words. */
export function messageText(entry: InboxEntry, state: string, around: Around): string {
  const { out } = around
  const head = pairsText(
    [
      ['id', entry.id],
      ['from', entry.from],
      ['to', entry.to.join(', ')],
      ['sent', whenText(entry.sentAt, around.now())],
      ['title', entry.title],
      ['date', entry.date === entry.sentAt ? undefined : entry.date],
      ['time', entry.time],
      ['who', entry.who],
      ['what', entry.what],
      ['when', entry.when],
      ['where', entry.where],
      ['why', entry.why],
      ['copyright', entry.copyright],
      ['answers', entry.inReplyTo],
      ['waits until', whenText(entry.expires, around.now())],
      ['state', entry.gone ? undefined : state],
      ['gone', entry.gone && tombstoneSentence(entry.gone.reason, whenText(entry.gone.at, around.now()), entry.from)],
    ],
    out,
  )
  const text = entry.text === undefined ? '' : `\n${printableText(entry.text).trimEnd()}\n`
  if (entry.media.length === 0) return head + text
  const rows = entry.media.map((media) => [
    [...(media.folder ?? []), media.name].join('/'),
    sizeText(media.sizeBytes),
    media.type,
    [media.title, media.date].filter((word) => word !== undefined).join(', '),
    media.path ?? '',
  ])
  const columns = [
    { head: 'File', gives: true },
    { head: 'Size', side: 'right' },
    { head: 'Type' },
    { head: 'Title', gives: true },
    { head: 'Place', gives: true },
  ] as const
  // Columns that nobody filled are left out.
  const used = columns.map((_, index) => rows.some((row) => row[index] !== ''))
  const keep = <T>(row: readonly T[]) => row.filter((_, index) => used[index])
  return `${head}${text}\n${tableText(keep(columns), rows.map(keep), out)}`
}
