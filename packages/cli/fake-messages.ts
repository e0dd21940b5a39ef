// Messages for tests of what is shown of them.

import type { InboxEntry, ListedMedia, SentStatus } from '@doorpost/peer/operations'

export const ID = 'AAECAwQFBgcICQoLDA0ODw'
const ROOT = 'R'.repeat(43)

export function media(more: Partial<ListedMedia> = {}): ListedMedia {
  return { name: 'film.mp4', sizeBytes: 1_000_000, type: 'video/mp4', root: ROOT, url: `doorpost:${ID}`, ...more }
}

export function entry(more: Partial<InboxEntry> = {}): InboxEntry {
  return {
    id: ID,
    from: 'alice@localhost:8025',
    fromDevice: 'alice@localhost:8025/laptop',
    to: ['bob@localhost:8025'],
    title: 'The wedding',
    date: '2026-05-03T12:00:00.000Z',
    sentAt: '2026-05-03T12:00:00.000Z',
    receivedAt: '2026-05-03T13:00:00.000Z',
    expires: '2026-06-02T12:00:00.000Z',
    media: [{ ...media(), verifiedBytes: 0 }],
    state: 'announced',
    ...more,
  }
}

export function sent(more: Partial<SentStatus> = {}): SentStatus {
  return {
    id: ID,
    title: 'The wedding',
    date: '2026-05-03T12:00:00.000Z',
    expires: '2026-06-02T12:00:00.000Z',
    sizeBytes: 1_000_000,
    uploadedBytes: 0,
    recipients: [{ address: 'bob@localhost:8025', state: 'accepted', fetchedAt: null, receipt: 'none' }],
    ...more,
  }
}
