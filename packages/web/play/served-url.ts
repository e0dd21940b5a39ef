// An address for one media while a component shows it, and what is to be known of its reading: how fast it comes, and why not.

import { useEffect, useState } from 'react'
import type { MediaReader } from './media-reader.ts'
import { mediaService } from './service.ts'

/** Over which a rate is told, ms: steady enough to be read. */
const RATE_OVER_MS = 2_000

export type ServedUrl =
  | { readonly state: 'making' }
  | { readonly state: 'served'; readonly url: string }
  /** This browser window has no service worker for us. */
  | { readonly state: 'impossible' }

export interface Serving {
  readonly served: ServedUrl
  /** A sentence: why the last read of it failed. */
  readonly trouble: string | undefined
  /** Of what is taken now; 0 while nothing is. */
  readonly bytesPerSecond: number
}

/** `attempt`: another number is another try, at a new address. */
export function useServed(
  reader: MediaReader,
  { type, name, attempt = 0 }: { readonly type: string; readonly name: string; readonly attempt?: number },
): Serving {
  const [served, setServed] = useState<ServedUrl>({ state: 'making' })
  const [trouble, setTrouble] = useState<string>()
  const [bytesPerSecond, setRate] = useState(0)
  useEffect(() => {
    let isOver = false
    let end = () => {}
    let takenBytes = 0
    // While a player is made, and its worker woken, its first bytes are on their way. Why they do not come is told to the player.
    const ahead = new AbortController()
    reader.read(0, 1, ahead.signal).catch(() => {})
    setServed({ state: 'making' })
    setTrouble(undefined)
    mediaService.ready().then(
      (serving) => {
        if (isOver) return
        const made = serving.serve(reader, {
          type,
          name,
          onTrouble: ({ message }) => setTrouble(message),
          onTaken: (bytes) => {
            takenBytes += bytes
          },
        })
        end = made.close
        setServed({ state: 'served', url: made.url })
      },
      () => {
        if (!isOver) setServed({ state: 'impossible' })
      },
    )
    const timer = setInterval(() => {
      setRate(Math.round((takenBytes * 1000) / RATE_OVER_MS))
      takenBytes = 0
    }, RATE_OVER_MS)
    return () => {
      isOver = true
      clearInterval(timer)
      ahead.abort(new DOMException('closed', 'AbortError'))
      end()
    }
  }, [reader, type, name, attempt])
  return { served, trouble, bytesPerSecond }
}
