// "Save" for a media of a message: a copy that is kept here goes to the disk as it lies; anything else straight from its sources, and is
// not kept on the way.

import type { DeviceConnection } from '../device-connection.ts'
import { type MediaReader, deviceReader } from './media-reader.ts'
import { chooseFile, downloadMedia, type Saved, type SaveOptions, saveToFile } from './save-media.ts'
import { mediaService } from './service.ts'

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
  const reader =
    keptPath === undefined
      ? deviceReader(device, { id, root, sizeBytes, keep })
      : fileReader(await device.keptFile(keptPath))
  if (file) return await saveToFile(reader, file, options)
  return await downloadMedia(reader, await mediaService.ready(), { ...options, name })
}

/** A file of this browser's storage is read from there part by part. */
function fileReader(file: File): MediaReader {
  return {
    sizeBytes: file.size,
    async read(offset, length, signal) {
      const bytes = new Uint8Array(await file.slice(offset, offset + length).arrayBuffer())
      signal.throwIfAborted()
      return bytes
    },
  }
}
