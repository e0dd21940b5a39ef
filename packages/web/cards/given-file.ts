// A file as the user gave it to this page: dropped, pasted or chosen, alone or inside a folder.

export interface GivenFile {
  readonly file: File
  /** Those around it, outermost first. */
  readonly folder: readonly string[]
}
