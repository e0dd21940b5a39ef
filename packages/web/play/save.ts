// "Save" for a media of a message: a copy that is kept here goes to the disk as it lies; anything else straight from its sources, and is
// not kept on the way.

import type { DeviceConnection } from '../device-connection.ts'
import { deviceReader } from './media-reader.ts'
import { chooseFile, downloadMedia, type Saved, type SaveOptions, saveToFile } from './save-media.ts'
import { mediaService } from './service.ts'

/** Copied at once, bytes: progress is told after each. */
const COPY_BYTES = 64 * 1024 * 1024
/** How long the address of a stored file stays for the browser to begin with it, ms. */
const HANDED_OVER_MS = 60_000

export interface SaveWhat {
  /** Message id. */
  readonly id: string
  readonly root: string
  readonly name: string
  readonly sizeBytes: number
  /** Of a kept copy that is whole. */
  readonly keptPath?: string
  /** What is fetched for it stays in this browser too: then it goes on after a reload, and its sender gets a receipt. */
  readonly keep: boolean
}

/** Call it from a click. Rejects Trouble or the disk's error. */
export async function saveMedia(
  device: Pick<DeviceConnection, 'readMedia' | 'keptFile'>,
  { id, root, name, sizeBytes, keptPath, keep }: SaveWhat,
  options: Omit<SaveOptions, 'name'>,
): Promise<Saved> {
  const file = await chooseFile(name)
  if (file === 'stopped') return 'stopped'
  if (keptPath !== undefined) {
    const kept = await device.keptFile(keptPath)
    if (kept) return file ? await copyToFile(kept, file, options) : handOver(kept, name)
  }
  const reader = deviceReader(device, { id, root, sizeBytes, keep })
  if (file) return await saveToFile(reader, file, options)
  return await downloadMedia(reader, await mediaService.ready(), { ...options, name })
}

/** The browser copies from its own storage: no script touches the bytes, which would stay in a page's memory until its collector came. */
async function copyToFile(
  kept: File,
  file: FileSystemFileHandle,
  { signal, onProgress }: Omit<SaveOptions, 'name'>,
): Promise<Saved> {
  const stream = await file.createWritable()
  try {
    for (let offset = 0; offset < kept.size; ) {
      signal.throwIfAborted()
      const part = kept.slice(offset, offset + COPY_BYTES)
      await stream.write(part)
      offset += part.size
      onProgress(offset)
    }
    signal.throwIfAborted()
    await stream.close()
    return 'saved'
  } catch (error) {
    await stream.abort().catch(() => {})
    if (signal.aborted) return 'stopped'
    throw error
  }
}

/** As a download of the browser's own, which reads the stored file by itself and tells its user how far it is. */
function handOver(kept: File, name: string): Saved {
  // A type of ours: nothing that would open as a page.
  const url = URL.createObjectURL(new Blob([kept], { type: 'application/octet-stream' }))
  const link = document.createElement('a')
  link.href = url
  link.download = name.toWellFormed()
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), HANDED_OVER_MS)
  return 'given'
}
