// An inbox entry as --json gives it: what every script may rely on first, then every field of the message as its author
// set it. Pure.

import type { InboxEntry } from '@doorpost/peer/operations'

/** `title` is null where none was set; the other fields of the message are there only when they were set. */
export function inboxJson(entry: InboxEntry): Record<string, unknown> {
  const { id, from, title, date, media, state, ...rest } = entry
  return {
    id,
    from,
    title: title ?? null,
    date,
    media: media.map(({ name, sizeBytes, type, root, preview: _picture, ...more }) => ({
      name,
      sizeBytes,
      type,
      root,
      ...more,
    })),
    state,
    ...rest,
  }
}
