// Where media that are being fetched are played at this moment. Readers say it (read-media.ts), schedules ask it (schedule.ts), and what
// lands is told to those who wait for it. In memory alone.

import { listeners } from '../session/listeners.ts'
import type { PlayHead } from './schedule.ts'

export interface PlayHeads {
  /** Undefined while nobody plays it. */
  of(messageId: string, root: string): PlayHead | undefined
  /** Undefined: nobody plays it any more. */
  set(messageId: string, root: string, head: PlayHead | undefined): void
  /** Somebody waits for another piece of it. The returned function ends it. */
  onMoved(messageId: string, root: string, listener: () => void): () => void
  /** Its first piece is here, in the clear: for whoever looks into it now, and keeps nothing of it. */
  began(messageId: string, root: string, bytes: Uint8Array): void
  /** The returned function ends it. */
  onBegan(listener: (began: { readonly key: string; readonly bytes: Uint8Array }) => void): () => void
  /** A piece of it is here. */
  landed(messageId: string, root: string): void
  /** The returned function ends it. */
  onLanded(listener: (key: string) => void): () => void
}

export function playKey(messageId: string, root: string): string {
  return `${messageId} ${root}`
}

export function createPlayHeads(): PlayHeads {
  const heads = new Map<string, PlayHead>()
  const begun = listeners<{ readonly key: string; readonly bytes: Uint8Array }>()
  const heard = listeners<string>()
  const moved = listeners<string>()
  return {
    of: (messageId, root) => heads.get(playKey(messageId, root)),
    set(messageId, root, head) {
      const key = playKey(messageId, root)
      if (head) heads.set(key, head)
      else heads.delete(key)
      moved.tell(key)
    },
    onMoved(messageId, root, listener) {
      const key = playKey(messageId, root)
      return moved.add((which) => {
        if (which === key) listener()
      })
    },
    began(messageId, root, bytes) {
      const key = playKey(messageId, root)
      if (heads.has(key)) begun.tell({ key, bytes })
    },
    onBegan: begun.add,
    landed(messageId, root) {
      const key = playKey(messageId, root)
      if (heads.has(key)) heard.tell(key)
    },
    onLanded: heard.add,
  }
}
