// What is known of each recipient of a message of this user's: that a device of theirs took it in, that they saw it. Pure. A mark
// only goes forward, whatever order and however often the notes come.

import type { UserAddress } from '@doorpost/protocol/address'
import type { TalkMark } from './contract.ts'
import type { RecipientState } from '../operations.ts'

export type Mark = 'delivered' | 'read'

/** Room `talk`, key marksKey: by user. */
export type Marks = Readonly<Record<string, Mark>>

/** The same object where it says nothing new. */
export function marked(marks: Marks, user: UserAddress, mark: Mark): Marks {
  if (marks[user] === 'read' || marks[user] === mark) return marks
  return { ...marks, [user]: mark }
}

const rank = { waiting: 0, accepted: 1, delivered: 2, read: 3 } as const

/**
 * What is shown of one recipient: of notes (`mark`), of what this device knows if it sent the message itself (`sent`), and of the
 * server (`accepted`), the latest. `showsRead`: false where this user wants no read marks.
 */
export function shownMark(
  mark: Mark | undefined,
  sent: RecipientState | undefined,
  { accepted, showsRead }: { readonly accepted: boolean; readonly showsRead: boolean },
): TalkMark['state'] {
  if (sent === 'fetched' || sent === 'refused') return sent
  const told = mark === 'read' && !showsRead ? 'delivered' : mark
  const known = [
    accepted ? 'accepted' : 'waiting',
    sent === 'announced' || sent === 'fetching' ? 'delivered' : 'waiting',
    told ?? 'waiting',
  ] as const
  return known.reduce((best, one) => (rank[one] > rank[best] ? one : best), 'waiting' as keyof typeof rank)
}
