// When nothing more will come of a message (declined, its time over, its source changed) the beginnings of its files are
// cleared away: gigabytes that nobody would ever look for. What is in place stays.

import { fromBase64url } from '@doorpost/protocol/bytes'
import type { DeviceFiles } from '../device-files.ts'
import type { Inbox } from './inbox.ts'
import { missing } from './inbox-record.ts'
import { isOpen } from './inbox-state.ts'
import { placesOf } from './places.ts'

/** Drops the parts of a message that is not to be fetched any more. Copies that are whole stay. */
export async function clearAway(
  id: string,
  { inbox, files }: { readonly inbox: Pick<Inbox, 'get'>; readonly files: Pick<DeviceFiles, 'dropPart'> },
): Promise<void> {
  const found = await inbox.get(id)
  const folder = found?.record.folder
  // Asked for again meanwhile: then they are wanted.
  if (!found || folder === undefined || isOpen(found.record.standing.state)) return
  const { record, content } = found
  const places = placesOf(content.media)
  const gone = new Set(missing(record, content).map(({ root }) => root))
  for (const [index, { root, sizeBytes, key }] of content.media.entries()) {
    const place = places[index]
    if (!gone.has(root) || !place) continue
    const media = { root: fromBase64url(root), sizeBytes, key: fromBase64url(key) }
    await files.dropPart({ folder, below: place.slice(0, -1), name: place.at(-1) ?? 'unnamed', media })
  }
}
