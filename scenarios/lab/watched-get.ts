// A `get` over an agent's control socket, with what can be seen of it from outside: which path carried how much, and when the
// first piece was there.

import type { Operations, Peer, Progress } from '@doorpost/peer/operations'
import type { PathKind } from '@doorpost/peer/paths/path'

export interface WatchedGet {
  readonly file: string
  /** The path that carried most of the bytes. */
  readonly path: PathKind
  readonly bytesBy: Readonly<Partial<Record<PathKind, number>>>
  /** From asking for it to the first verified piece, ms. */
  readonly firstPieceMs: number
  readonly wholeMs: number
  /** As `get` tells it. */
  readonly fetchedBytes: number
}

export async function watchedGet(
  peer: Peer,
  what: string,
  folder: string,
  options: {
    readonly path?: Exclude<PathKind, 'memory'>
    readonly signal?: AbortSignal
    onProgress?(progress: Progress): void
  } = {},
): Promise<WatchedGet> {
  const bytesBy: Partial<Record<PathKind, number>> = {}
  const begunMs = performance.now()
  let doneBytes = 0
  let firstPieceMs = 0
  const onProgress = (progress: Progress) => {
    options.onProgress?.(progress)
    if (progress.kind !== 'fetching' || progress.allDoneBytes <= doneBytes) return
    if (doneBytes === 0) firstPieceMs = performance.now() - begunMs
    bytesBy[progress.path] = (bytesBy[progress.path] ?? 0) + progress.allDoneBytes - doneBytes
    doneBytes = progress.allDoneBytes
  }
  const { path, signal } = options
  const wanted: Operations['get']['args'] = { what, folder, ...(path !== undefined && { path }) }
  const { files, fetchedBytes } = await peer.do('get', wanted, { onProgress, ...(signal !== undefined && { signal }) })
  const [file] = files
  const [most] = (Object.entries(bytesBy) as [PathKind, number][]).toSorted((a, b) => b[1] - a[1])
  if (file === undefined || most === undefined) throw new Error('nothing was fetched')
  return { file: file.file, path: most[0], bytesBy, firstPieceMs, wholeMs: performance.now() - begunMs, fetchedBytes }
}
