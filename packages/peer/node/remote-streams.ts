// A file on another machine as something that can be read from any byte on: what http and ftp both give, and what
// remote-file.ts makes a media file of.

import type { Readable } from 'node:stream'

/** Silence after which a remote counts as away, ms. */
export const REMOTE_SILENCE_MS = 15_000

/** What a remote says of its file now. */
export interface RemoteLook {
  readonly sizeBytes: number
  /** Date of its last change, ms since 1970; 0 where it says none. */
  readonly changedAtMs: number
  /** Its strong validator, or nothing: for noticing early that it changed, never for believing that it did not. */
  readonly edition: string
}

export interface RemoteStreams {
  /** Throws RemoteFault. */
  look(): Promise<RemoteLook>
  /**
   * Bytes from `offset` on: `length` of them where given, else as many as there are; perhaps fewer, never others. Throws
   * RemoteFault. Destroying it ends the exchange.
   */
  from(offset: number, length?: number): Promise<Readable>
  close(): void
}

/** A remote did not give what was asked. */
export class RemoteFault extends Error {
  /** `changed`: there is another file now. `away`: it may come back. `refused`: it never will, as things are. */
  readonly kind: 'changed' | 'away' | 'refused'
  constructor(kind: RemoteFault['kind'], says: string, cause?: unknown) {
    super(says, { cause })
    this.name = 'RemoteFault'
    this.kind = kind
  }
}
