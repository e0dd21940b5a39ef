// The player for a media of a message: its bytes by this browser's device, its subtitles from the same message.

import { useMemo } from 'react'
import { usePictureUrl } from '../cards/preview-picture.tsx'
import { useDevice } from '../device.ts'
import type { ListedMedia } from '../device-connection.ts'
import { deviceReader } from './media-reader.ts'
import { Player } from './player.tsx'
import { isSubtitles } from './subtitles.ts'

export interface PlayMediaProps {
  /** Message id. */
  readonly id: string
  readonly media: ListedMedia
  /** All media of the message. */
  readonly among: readonly ListedMedia[]
  /** What is played stays here, as if it had been fetched. */
  readonly keep: boolean
  readonly onSave?: () => void
}

export function PlayMedia({ id, media, among, keep, onSave }: PlayMediaProps) {
  const { root, name, type, sizeBytes } = media
  const device = useDevice()
  const poster = usePictureUrl(media.preview)
  const reader = useMemo(() => deviceReader(device, { id, root, sizeBytes, keep }), [device, id, root, sizeBytes, keep])
  const others = among.filter((one) => one.root !== root && isSubtitles(one))
  const which = others.map((one) => one.root).join()
  const subtitles = useMemo(
    () =>
      others.map((one) => ({
        name: one.name,
        reader: deviceReader(device, { id, root: one.root, sizeBytes: one.sizeBytes, keep }),
      })),
    // The same roots are the same files.
    [device, id, keep, which],
  )
  return <Player {...{ root, name, type, reader, subtitles, poster, ...(onSave && { onSave }) }} />
}
