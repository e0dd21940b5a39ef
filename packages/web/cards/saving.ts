// Saving a media of a card to a file of its user: how is play/save.ts's business; how far it is and what went wrong is told here.

import { safeComponent } from '@doorpost/protocol/file-name'
import { useEffect, useState } from 'react'
import type { InboxEntry } from '../device-connection.ts'
import { useDevice } from '../device.ts'
import { announce } from '../look/announce.tsx'
import { toast } from '../look/toast.tsx'
import { troubleText, useWords } from '../words/words.ts'

type Media = InboxEntry['media'][number]

/** Of what this browser gives, at least this much more than a media has to be free for keeping it here too. */
const FREE_SHARE = 1.1

export interface Saving {
  /** Undefined while nothing is being saved; then between 0 and 1. */
  readonly share: number | undefined
  save(media: Media): void
  stop(): void
}

/** `id`: of the message. What was not fetched comes straight from its sources. */
export function useSaving(id: string): Saving {
  const device = useDevice()
  const words = useWords().cards
  const [share, setShare] = useState<number>()
  const [stopper, setStopper] = useState<AbortController>()
  // A card that is gone tells nobody how far it is, so it ends.
  useEffect(() => () => stopper?.abort(), [stopper])
  return {
    share,
    save(media) {
      const stop = new AbortController()
      setStopper(stop)
      const { root, sizeBytes, path } = media
      const name = safeComponent(media.name)
      const work = async () => {
        const [{ saveMedia }, keep] = await Promise.all([import('../play/save.ts'), hasRoomFor(media)])
        const saved = await saveMedia(
          device,
          { id, root, name, sizeBytes, keep, ...(path !== undefined && { keptPath: path }) },
          {
            signal: stop.signal,
            onProgress: (doneBytes) => setShare(sizeBytes === 0 ? 1 : doneBytes / sizeBytes),
          },
        )
        if (saved === 'saved') announce(words.saved(name))
      }
      work()
        .catch((error: unknown) => {
          if (!stop.signal.aborted) toast({ text: troubleText(error) })
        })
        .finally(() => setShare(undefined))
    },
    stop: () => stopper?.abort(),
  }
}

/** Kept here too, its sender gets a receipt and others can have it from here. */
async function hasRoomFor({ sizeBytes }: Media): Promise<boolean> {
  const { quota = 0, usage = 0 } = await (navigator.storage?.estimate() ?? {})
  return quota - usage > sizeBytes * FREE_SHARE
}
