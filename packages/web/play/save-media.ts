// Saves a media to the user's disk, as it comes: into a file of the save picker where a browser has one, else as a download by the
// service worker. The whole file is never in memory, and what is not whole becomes no file.

import type { MediaReader } from './media-reader.ts'
import type { MediaServing } from './served-media.ts'

/** Bytes asked for at once. */
const READ_BYTES = 1024 * 1024
/** What one download may stand still while its user looks for a place for it, before its address ends, ms: a long lunch. */
const DOWNLOAD_IDLE_MS = 2 * 60 * 60_000

/**
 * saved: it is on the disk. given: the browser has all of it, and keeps it among its downloads. stopped: its user let go of it, before
 * or halfway.
 */
export type Saved = 'saved' | 'given' | 'stopped'

export interface SaveOptions {
  readonly name: string
  readonly signal: AbortSignal
  onProgress(doneBytes: number): void
}

/** How long the frame of a download stays when it is over, ms. */
const FRAME_STAYS_MS = 10_000

/** window.showSaveFilePicker (File System Access), which TypeScript's DOM does not know. */
type SavePicker = (options: { readonly suggestedName?: string }) => Promise<FileSystemFileHandle>

/** Where this browser can write to a place that its user chooses. */
export function savePicker(): SavePicker | undefined {
  return (globalThis as { showSaveFilePicker?: SavePicker }).showSaveFilePicker?.bind(globalThis)
}

/**
 * Asks for a place; call it from a click, before anything that waits. `stopped`: nobody wants it; undefined: this browser has
 * no such thing, or not for this name: then downloadMedia.
 */
export async function chooseFile(
  name: string,
  pick: SavePicker | undefined = savePicker(),
): Promise<FileSystemFileHandle | 'stopped' | undefined> {
  try {
    return await pick?.({ suggestedName: name.toWellFormed() })
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') return 'stopped'
    // Names that a browser does not offer (TypeError), and places where it may not ask (SecurityError).
    return undefined
  }
}

/** Rejects with the reader's error, or the disk's; nothing is left of it then. */
export async function saveToFile(
  reader: MediaReader,
  file: FileSystemFileHandle,
  { signal, onProgress }: Omit<SaveOptions, 'name'>,
): Promise<Saved> {
  const stream = await file.createWritable()
  const over = new AbortController()
  const until = AbortSignal.any([signal, over.signal])
  try {
    const ask = (offset: number) => {
      const next = offset < reader.sizeBytes ? reader.read(offset, READ_BYTES, until) : undefined
      // It is awaited later; a failure before then is not nobody's.
      next?.catch(() => {})
      return next
    }
    let offset = 0
    for (let coming = ask(0); coming; ) {
      const bytes = await coming
      if (bytes.length === 0) throw new Error('the media ends before its size')
      offset += bytes.length
      // While the disk takes this one, the next is on its way.
      coming = ask(offset)
      await stream.write(bytes)
      onProgress(offset)
    }
    signal.throwIfAborted()
    await stream.close()
    return 'saved'
  } catch (error) {
    over.abort(error)
    await stream.abort().catch(() => {})
    if (signal.aborted) return 'stopped'
    throw error
  }
}

/** As a download of the browser's own: it asks for a place, or has one, by its own settings. */
export async function downloadMedia(
  reader: MediaReader,
  serving: MediaServing,
  { name, signal, onProgress }: SaveOptions,
  visit: (url: string) => () => void = visitUnseen,
): Promise<Saved> {
  if (signal.aborted) return 'stopped'
  return await new Promise((resolve, reject) => {
    let doneBytes = 0
    let leave = () => {}
    const end = (how: Saved | Error) => {
      clearTimeout(idle)
      signal.removeEventListener('abort', stop)
      served.close()
      leave()
      if (how instanceof Error) reject(how)
      else resolve(how)
    }
    const stop = () => end('stopped')
    let idle = setTimeout(stop, DOWNLOAD_IDLE_MS)
    const served = serving.serve(reader, {
      type: 'application/octet-stream',
      name,
      save: true,
      onTrouble: end,
      onTaken(bytes) {
        doneBytes += bytes
        clearTimeout(idle)
        idle = setTimeout(stop, DOWNLOAD_IDLE_MS)
        onProgress(doneBytes)
      },
      onEnd: () => end(doneBytes >= reader.sizeBytes ? 'given' : 'stopped'),
    })
    signal.addEventListener('abort', stop, { once: true })
    leave = visit(served.url)
  })
}

/** A frame that nobody sees goes there: a link's own `download` passes service workers by. */
function visitUnseen(url: string): () => void {
  const frame = document.createElement('iframe')
  frame.hidden = true
  frame.src = url
  document.body.append(frame)
  // WebKit may have all bytes before it has made a download of them; without its frame it would let go of them.
  return () => void setTimeout(() => frame.remove(), FRAME_STAYS_MS)
}
