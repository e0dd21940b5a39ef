// Answers players and service workers that read media through a port (contract.ts: MediaAsk, MediaTold), one question at a time each.

import { Trouble } from '../operations.ts'
import type { MediaAsk, MediaRange, MediaTold } from './contract.ts'

/** Questions under way on one port; a player has a few. */
const ASKED_MAX = 32
/** Bytes answered at most; one piece is the usual. */
const LENGTH_MAX = 64 * 1024 * 1024

export type ReadMedia = (range: MediaRange, signal: AbortSignal) => Promise<Uint8Array<ArrayBuffer>>

/** Answers until the port is closed at its other end; what nobody will hear is ended when nobody asks for its continuation. */
export function answerMedia(port: MessagePort, read: ReadMedia): void {
  const underWay = new Map<number, AbortController>()
  const tell = (told: MediaTold, transfer: Transferable[] = []) => port.postMessage(told, transfer)
  port.onmessage = ({ data }: MessageEvent<MediaAsk>) => {
    if ('stop' in data) {
      underWay.get(data.stop)?.abort(new Trouble('cancelled', 'Stopped.'))
      return
    }
    const { ask, range } = data
    if (underWay.size >= ASKED_MAX) {
      return tell({ ask, trouble: { code: 'too-many', detail: 'Too much is read at once.' } })
    }
    const stop = new AbortController()
    underWay.set(ask, stop)
    read({ ...range, length: Math.min(range.length, LENGTH_MAX) }, stop.signal)
      .then(
        (bytes) => tell({ ask, bytes }, [bytes.buffer]),
        (error: unknown) => {
          const { code, message } =
            error instanceof Trouble ? error : new Trouble('fault', 'Something went wrong here.')
          tell({ ask, trouble: { code, detail: message } })
        },
      )
      .finally(() => underWay.delete(ask))
  }
}
