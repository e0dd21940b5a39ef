// A page with the app's own player and no screens around it: the bytes are those of a file that the test chose, and they come when the
// test says so, or those of a message, by the device of this tab.

import { openDevice } from '@doorpost/web/open-device'
import { deviceReader } from '@doorpost/web/play/media-reader'
import { mediaService } from '@doorpost/web/play/service'
import { downloadMedia, saveToFile } from '@doorpost/web/play/save-media'
import { createPlace } from './place.tsx'
import { createSlowReader, type SlowReader } from './slow-reader.ts'

interface PlayPage {
  chosen: File | undefined
  reader: SlowReader | undefined
  /** Shows the chosen file; what came and goes is `reader`'s. */
  show(type: string, how: { readonly delayMs: number; readonly subtitles?: string }): void
  /** The one media of a message; what is read of it stays here. Answers at once. */
  showSent(id: string): Promise<void>
  /** The line that tells of a newer version, and starts the service worker. */
  showUpdate(): void
  leave(): void
  /** What a response to this says, of the media as `type`. */
  ask(type: string, range?: string): Promise<{ status: number; headers: Record<string, string>; bytes: number[] }>
  /** `delayMs`: the longest that a part takes. */
  download(delayMs: number): Promise<string>
  /** Into this browser's own storage in place of a disk; answers how it went and whether it is equal. */
  save(): Promise<{ how: string; isEqual: boolean }>
}

declare global {
  var play: PlayPage
}

const place = createPlace(document.getElementById('app') as HTMLElement)

globalThis.play = {
  chosen: undefined,
  reader: undefined,
  show(type, { delayMs, subtitles }) {
    const file = this.chosen as File
    this.reader = createSlowReader(file, delayMs)
    const along =
      subtitles === undefined
        ? []
        : [{ name: 'film.en.srt', reader: createSlowReader(new File([subtitles], 'film.en.srt'), delayMs) }]
    place.show({ root: `${file.name} ${file.size}`, name: file.name, type, reader: this.reader, subtitles: along })
  },
  async showSent(id) {
    const media = (await globalThis.device.do('inbox', {})).find((one) => one.id === id)?.media[0]
    if (!media) throw new Error('no such message')
    const { root, name, type, sizeBytes } = media
    place.show({ root, name, type, reader: deviceReader(globalThis.device, { id, root, sizeBytes, keep: true }) })
  },
  showUpdate: () => place.showUpdate(),
  leave: () => place.leave(),
  async ask(type, range) {
    const file = this.chosen as File
    const served = (await mediaService.ready()).serve(createSlowReader(file, 0), { type, name: file.name })
    try {
      const answer = await fetch(served.url, { headers: range === undefined ? {} : { range } })
      const bytes = [...new Uint8Array(await answer.arrayBuffer())]
      return { status: answer.status, headers: Object.fromEntries(answer.headers), bytes }
    } finally {
      served.close()
    }
  },
  async download(delayMs) {
    const file = this.chosen as File
    const signal = new AbortController().signal
    const serving = await mediaService.ready()
    this.reader = createSlowReader(file, delayMs)
    return await downloadMedia(this.reader, serving, { name: file.name, signal, onProgress: () => {} })
  },
  async save() {
    const file = this.chosen as File
    const folder = await navigator.storage.getDirectory()
    const handle = await folder.getFileHandle('saved', { create: true })
    const signal = new AbortController().signal
    this.reader = createSlowReader(file, 0)
    const how = await saveToFile(this.reader, handle, { signal, onProgress: () => {} })
    const isEqual = (await hashOf(await handle.getFile())) === (await hashOf(file))
    return { how, isEqual }
  },
}

// Signed out, it keeps still.
globalThis.device = await openDevice()

async function hashOf(file: File): Promise<string> {
  return [...new Uint8Array(await crypto.subtle.digest('SHA-256', await file.arrayBuffer()))].join()
}
