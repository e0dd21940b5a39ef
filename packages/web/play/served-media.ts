// Gives media an address of this page, where the service worker finds them: `serveMedia` makes one, `close` forgets it. Addresses
// hold random tokens, live as long as the page, and mean nothing to anybody else.

import { AWAKE, MEDIA_FOLDER, type MediaFound, type MediaGiven, type MediaWish, type WhoHas } from './media-messages.ts'
import type { MediaReader } from './media-reader.ts'

/** Requests that are open at once: a player has two or three; what is beyond that is refused. */
const REQUESTS_MAX = 64
/** 128 bits: nobody guesses one. */
const TOKEN_BYTES = 16
/** A browser ends a service worker after 30 s without an event. */
const AWAKE_MS = 15_000

export interface Served {
  /** For `src` of a player of this page, or to be gone to for a download. */
  readonly url: string
  /** Forgets the address; what is being read of it ends. */
  close(): void
}

export interface ServeOptions {
  /** servedType() of it, or what its first bytes say it is. */
  readonly type: string
  readonly name: string
  /** A download instead of something to play. */
  readonly save?: boolean
  /** Why nothing more came to somebody who read; not for those who stopped by themselves. */
  readonly onTrouble?: (error: Error) => void
  /** So many bytes were taken by whoever reads, once more. */
  readonly onTaken?: (bytes: number) => void
  /** One request of several ended, whatever came of it. */
  readonly onEnd?: () => void
}

interface Entry extends ServeOptions {
  readonly reader: MediaReader
  readonly closed: AbortSignal
}

/** What this part needs of `navigator.serviceWorker`. */
export type WorkerDoor = Pick<ServiceWorkerContainer, 'addEventListener' | 'removeEventListener' | 'startMessages'> & {
  readonly controller: Pick<ServiceWorker, 'postMessage'> | null
}

export interface MediaServing {
  serve(reader: MediaReader, options: ServeOptions): Served
}

export function createMediaServing(door: WorkerDoor): MediaServing {
  const entries = new Map<string, Entry>()
  let open = 0
  let awake: ReturnType<typeof setInterval> | undefined

  door.addEventListener('message', (event) => {
    // Heard from this origin's own worker alone.
    const { data, ports } = event as MessageEvent<WhoHas>
    const [port] = ports
    if (data?.kind !== 'media' || !port) return
    const entry = entries.get(data.token)
    const answer: MediaFound = !entry
      ? { kind: 'not-mine' }
      : open >= REQUESTS_MAX
        ? { kind: 'busy' }
        : {
            kind: 'found',
            type: entry.type,
            sizeBytes: entry.reader.sizeBytes,
            ...(entry.save && { saveAs: entry.name }),
          }
    if (entry && answer.kind === 'found') {
      open += 1
      answerWishes(port, entry, () => {
        open -= 1
        entry.onEnd?.()
      })
    }
    port.postMessage(answer)
  })
  door.startMessages()

  return {
    serve(reader, options) {
      const token = [...crypto.getRandomValues(new Uint8Array(TOKEN_BYTES))]
        .map((byte) => byte.toString(16).padStart(2, '0'))
        .join('')
      const closing = new AbortController()
      entries.set(token, { ...options, reader, closed: closing.signal })
      awake ??= setInterval(() => door.controller?.postMessage(AWAKE), AWAKE_MS)
      return {
        url: `${MEDIA_FOLDER}${token}/${encodeURIComponent(options.name.toWellFormed()).replace(/^\.\.?$/, '')}`,
        close() {
          entries.delete(token)
          closing.abort(new DOMException('closed', 'AbortError'))
          if (entries.size > 0) return
          clearInterval(awake)
          awake = undefined
        },
      }
    },
  }
}

/** One request of the worker's, until either side stops it. */
function answerWishes(port: MessagePort, { reader, closed, onTrouble, onTaken }: Entry, onEnd: () => void): void {
  const ended = new AbortController()
  const end = () => {
    if (ended.signal.aborted) return
    ended.abort(new DOMException('nobody reads any more', 'AbortError'))
    port.close()
    onEnd()
  }
  const give = (given: MediaGiven, transfer: Transferable[] = []) => port.postMessage(given, transfer)
  port.onmessage = async ({ data }: MessageEvent<MediaWish>) => {
    if (data.kind === 'stop') {
      end()
      return
    }
    try {
      const bytes = await reader.read(data.offset, data.length, ended.signal)
      if (ended.signal.aborted) return
      onTaken?.(bytes.length)
      give({ kind: 'bytes', bytes }, [bytes.buffer])
    } catch (error) {
      if (ended.signal.aborted) return
      onTrouble?.(error instanceof Error ? error : new Error(String(error)))
      give({ kind: 'trouble' })
      end()
    }
  }
  // A worker that was ended says no goodbye; where browsers tell it, it is heard.
  port.addEventListener('close', end, { signal: ended.signal })
  closed.addEventListener(
    'abort',
    () => {
      give({ kind: 'trouble' })
      end()
    },
    { signal: ended.signal },
  )
}
