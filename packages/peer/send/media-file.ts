// What sending needs of the user's own file: read it where it lies, and tell whether it is still the one it was.
// node/media-file.ts opens one from a disk; a browser will from a File.

/** What a file looks like from outside. Two equal stamps do not prove equal content: every piece is hashed all the same. */
export type FileStamp = { sizeBytes: number; changedAtNs: bigint; identity: string }

export interface MediaFile extends AsyncDisposable {
  /** What messages to its owner call it: the path or the name. */
  readonly name: string
  /** As it is now under that name. Rejects SourceAway when it is gone. */
  stamp(): Promise<FileStamp>
  /** Fills `into` from `offset` unless the file ends sooner; answers how many bytes it read. Rejects SourceAway when it cannot. */
  read(offset: number, into: Uint8Array): Promise<number>
  /**
   * The same for whoever keeps what it gets: at most `length` bytes, in memory of their own. Where reading makes new memory anyway, as in
   * browsers, that is given out instead of copied.
   */
  readOwn?(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** The file is not what was offered under this key, or changed while it was being hashed. Never heals by itself. */
export class SourceChanged extends Error {
  readonly file: string
  /** The piece that no longer matches, where one was being served. */
  readonly piece: number | undefined
  constructor(file: string, piece?: number) {
    super(
      piece === undefined
        ? `${file} changed while it was read`
        : `${file} is not what was sent: piece ${piece} differs`,
    )
    this.name = 'SourceChanged'
    this.file = file
    this.piece = piece
  }
}

/** The file cannot be read now: missing, or its drive unplugged. It may come back. */
export class SourceAway extends Error {
  readonly file: string
  constructor(file: string, cause?: unknown) {
    super(`${file} cannot be read`, { cause })
    this.name = 'SourceAway'
    this.file = file
  }
}
