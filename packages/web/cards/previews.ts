// The pictures of what is about to be sent, made one after the other while its sender writes a title.

import { useEffect, useRef, useState } from 'react'
import type { ListedMedia } from '../device-connection.ts'
import type { GivenFile } from './given-file.ts'
import { previewOf } from './make-preview.ts'

export type Preview = NonNullable<ListedMedia['preview']>

/** A message holds no more of them (PREVIEWS_LENGTH_MAX over the largest). */
const PREVIEWS_MAX = 15
/** Sending waits so long for pictures that are being made, ms. */
const WAIT_MS = 2_000

export interface Previews {
  readonly made: ReadonlyMap<GivenFile, Preview>
  /** What there is a moment after it was asked for. */
  settled(): Promise<ReadonlyMap<GivenFile, Preview>>
}

export function usePreviews(given: readonly GivenFile[]): Previews {
  const [made, setMade] = useState<ReadonlyMap<GivenFile, Preview>>(new Map())
  const newest = useRef(made)
  const tried = useRef(new Set<GivenFile>())
  const working = useRef<Promise<void>>(Promise.resolve())
  useEffect(() => {
    const stop = new AbortController()
    const work = async () => {
      for (const one of given.slice(0, PREVIEWS_MAX)) {
        if (stop.signal.aborted) return
        if (tried.current.has(one)) continue
        // The signal ends it: then it is tried again by whoever came instead.
        const preview = await previewOf(one.file, stop.signal).catch(() => undefined)
        if (stop.signal.aborted) return
        tried.current.add(one)
        if (!preview) continue
        newest.current = new Map([...newest.current, [one, preview]])
        setMade(newest.current)
      }
    }
    working.current = work()
    return () => stop.abort()
  }, [given])
  return {
    made,
    async settled() {
      const { promise, resolve } = Promise.withResolvers<void>()
      const timer = setTimeout(resolve, WAIT_MS)
      await Promise.race([working.current, promise])
      clearTimeout(timer)
      return newest.current
    },
  }
}
