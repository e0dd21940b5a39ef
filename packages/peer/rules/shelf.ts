// Why an inbox entry is not among those a person is shown: what nobody asked for, and what fetches by itself and is not there
// yet. Pure. Taking the reason away shows the entry again; nothing about it was thrown away.

import type { HiddenAs, InboxEntry } from '../operations.ts'

/** `by-itself` and `over-the-cap` are the entry's own (inbox-record.ts). */
export function hiddenAs(
  { hidden }: Pick<InboxEntry, 'hidden'>,
  sender: { readonly isJunk: boolean; readonly isBlocked: boolean },
): HiddenAs | undefined {
  if (sender.isBlocked) return 'blocked'
  return sender.isJunk ? 'junk' : hidden
}

/** Which of them are shown: the inbox as people know it, what came from junk senders, or everything that is kept. */
export function shown(show: 'inbox' | 'junk' | 'all', hidden: HiddenAs | undefined): boolean {
  if (show === 'all') return true
  return show === 'junk' ? hidden === 'junk' : hidden === undefined
}
