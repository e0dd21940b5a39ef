// A fetch under way, as its engine sees it: pieces go in, and at the end there is a file. node/part-file.ts keeps it on a disk;
// a browser will in its own storage. What is in it was verified; how that is remembered is part-map.ts's.

import type { PartMedia } from './part-map.ts'

export type { PartMedia } from './part-map.ts'

/** The disk is full: `missingBytes` more would be needed. What is there is kept. */
export class NoSpace extends Error {
  readonly missingBytes: number
  constructor(missingBytes: number) {
    super(`${missingBytes} bytes more are needed on the disk`)
    this.name = 'NoSpace'
    this.missingBytes = missingBytes
  }
}

/** The only holder of one partial file. All methods but `has` and the counts reject NoSpace, or the disk's own error. */
export interface Part extends AsyncDisposable {
  readonly media: PartMedia
  /** Whether this piece was recorded as verified, by this process or an earlier one. It is never asked for again. */
  has(index: number): boolean
  /** Bytes of all such pieces. */
  readonly verifiedBytes: number
  /** The verified piece list, if it was kept. */
  readonly list: Uint8Array | undefined
  /** Where its data lie until `finish`, for DeviceFiles.open: pieces that `has` says are there can be read from it. */
  readonly file: string
  /** Keeps the list, which the caller has verified, for the next time. */
  keepList(list: Uint8Array): Promise<void>
  /**
   * Takes a verified piece, decrypted, one at a time; synchronous where the disk lets it. When it returns (or resolves), bytes and record have been
   * written in this order. The buffer is the caller's again then.
   */
  write(index: number, plain: Uint8Array): void | Promise<void>
  /**
   * With every piece there: data synced, put under its name without overwriting anything (`name (2).ext` if taken), folder synced.
   * Answers the path of the file. Done twice, or again after a crash, it answers the same path. Throws if a piece is missing.
   */
  finish(): Promise<string>
  /** After `finish`, when the caller has recorded the path for good: clears away what a crash before that would have needed. */
  forget(): Promise<void>
  /** Lets go of it; what is there stays, and is synced as far as it is. Idempotent. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** `busy`: another process, or another fetch in this one, holds it. `no-space`: how much is missing before the first byte is asked for. */
export type OpenedPart =
  | { state: 'open'; part: Part }
  | { state: 'busy' }
  | { state: 'no-space'; missingBytes: number }
  | { state: 'disk'; cause: string }
