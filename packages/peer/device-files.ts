// What a device needs of the disk it runs on: finding what is to be sent, reading it, and putting what is fetched in its
// place. node/device-files.ts does it on a file system; tests in memory.

import type { MediaFile } from './send/media-file.ts'
import type { Sink } from './receive/stream-part.ts'
import type { OpenedPart, PartMedia } from './receive/partial.ts'

/** One file found for sending. */
export interface FoundFile {
  /** As it was asked for: the entry of the draft that led here. */
  readonly given: string
  /** Absolute. */
  readonly path: string
  readonly name: string
  /** Folders from the one that was given down to it, outermost first; empty for a file given by itself. */
  readonly folder: readonly string[]
  readonly sizeBytes: number
}

export interface DeviceFiles {
  /**
   * Every file of these files and folders, in a stable order. Links are not followed: one given by itself is a Trouble
   * `no-such-file`, those inside folders, and whatever is no file, are reported and left out.
   * Throws Trouble `no-such-file`, `too-large` (more than `filesMax`), or the signal's reason.
   */
  find(
    given: readonly string[],
    options: { readonly filesMax: number; readonly signal: AbortSignal; leftOut(name: string, reason: string): void },
  ): Promise<FoundFile[]>
  open(path: string): Promise<MediaFile>
  /**
   * Makes `folder` and the folders below it, each by one safe component, and answers the innermost. No link below
   * `folder` is followed. Throws Trouble `cannot-write`.
   */
  makeFolders(folder: string, below: readonly string[]): Promise<string>
  /** `name`: one safe component. The folder exists. */
  openPart(where: { readonly folder: string; readonly name: string; readonly media: PartMedia }): Promise<OpenedPart>
  /**
   * Clears away what openPart left of a media, where nobody is at it; nothing to clear is no error. No folder is made and no
   * link followed. Throws Trouble `cannot-write`.
   */
  dropPart(where: {
    readonly folder: string
    readonly below: readonly string[]
    readonly name: string
    readonly media: PartMedia
  }): Promise<void>
  /** Size of the plain file there, bytes; undefined for anything else, links included. */
  sizeOf(path: string): Promise<number | undefined>
  /** Whether the folder is there that a file lies in, or lay in: with an unplugged drive it has gone too. Absolute. */
  hasFolderOf(file: string): Promise<boolean>
  /**
   * A copy of a whole file under `name`, or that name numbered where it is taken, in a folder that exists; synced and in
   * place when it resolves. Throws Trouble `cannot-write`, `disk-full`, or the signal's reason.
   */
  copy(from: string, folder: string, name: string, signal: AbortSignal): Promise<string>
  /** A program of this user that listens at this path, for bytes to be read at once. Rejects where nobody does. */
  openSink(path: string): Promise<Sink>
  /** Whether a file lies directly in that folder. Both absolute. */
  liesIn(file: string, folder: string): boolean
}
