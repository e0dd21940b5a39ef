// Verified bytes of one media, as players and saving need them. Where they come from is somebody else's business: the device in its
// worker here, a link's own fetch elsewhere.

import type { DeviceConnection } from '../device-connection.ts'

export interface MediaReader {
  readonly sizeBytes: number
  /**
   * Between 1 and `length` bytes from `offset`, as soon as the first are here; 0 bytes at the end alone. They are the caller's own.
   * Where it reads is what is fetched next: reads in order go on, a read elsewhere is a jump. Rejects when `signal` aborts, and
   * with an Error whose message is a sentence for a user where the bytes cannot come.
   */
  read(offset: number, length: number, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>>
}

export interface DeviceMedia {
  /** Message id and root, as the inbox lists them. */
  readonly id: string
  readonly root: string
  readonly sizeBytes: number
  /** What is read stays in this browser, and is served to other recipients if the user lets it. */
  readonly keep: boolean
}

/** A media of a message, read through the device of this browser. */
export function deviceReader(
  device: Pick<DeviceConnection, 'readMedia'>,
  { id, root, sizeBytes, keep }: DeviceMedia,
): MediaReader {
  return {
    sizeBytes,
    read: (offset, length, signal) => device.readMedia({ id, root, offset, length, keep }, signal),
  }
}

/** All of `length` bytes from `offset`, or what there is until the end. For what is small. */
export async function readWhole(
  reader: MediaReader,
  offset: number,
  length: number,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const whole = new Uint8Array(Math.max(0, Math.min(length, reader.sizeBytes - offset)))
  for (let at = 0; at < whole.length; ) {
    const part = await reader.read(offset + at, whole.length - at, signal)
    if (part.length === 0) throw new Error('the media ends before its size')
    whole.set(part.subarray(0, whole.length - at), at)
    at += part.length
  }
  return whole
}
