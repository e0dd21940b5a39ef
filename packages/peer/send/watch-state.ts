// When a file that somebody else writes is complete: it stood still for the settle time and nobody has it open for writing, or it
// was renamed into place. Pure: what lies in the folder now and what was seen before in, what is complete out.
//
//   what is seen                                              | what it means
//   ----------------------------------------------------------+---------------------------------------------
//   a name of something unfinished (.part, .tmp, dotfile)     | never sent under that name
//   first seen, or size or date changed                       | its time of standing still begins
//   was there under an unfinished name, now under a real one  | renamed into place: complete at once
//   last written long ago, moved here, not open (where known) | complete at once
//   stood still for the settle time, not open (where known)   | complete
//   stood still, but open for writing                         | goes on waiting
//   complete before, in this edition                          | once is enough

import type { FileStamp } from './media-file.ts'

/** A plain file that lies in the folder now. */
export interface FoundNow {
  readonly name: string
  /** Absolute. */
  readonly path: string
  readonly stamp: FileStamp
  /** When its name, place or content changed last, ms since 1970. */
  readonly movedAtMs: number
}

/** What was seen of one file, by its inode: names change. */
interface Seen {
  readonly name: string
  readonly edition: string
  readonly sinceMs: number
  readonly unfinished: boolean
}

export type WatchMemory = ReadonlyMap<string, Seen>

export interface WatchRules {
  readonly settleMs: number
  /** Whether a name is wanted: `*.mov`. */
  matches(name: string): boolean
}

/** Complete as far as the folder tells: to be asked whether it is open for writing. */
export interface Candidate {
  readonly file: FoundNow
  readonly edition: string
  /** Needs to be known as closed; otherwise not known is good enough. */
  readonly mustBeClosed: boolean
}

const UNFINISHED = /^\.|~$|\.(part|partial|tmp|temp|crdownload|download|filepart|inprogress)$/i

/** What a program that is still writing calls its file. */
export function isUnfinished(name: string): boolean {
  return UNFINISHED.test(name)
}

/** One file in one edition, the same after a restart: written to again it is another. */
export function editionOf({ identity, sizeBytes, changedAtNs }: FileStamp): string {
  return `${inodeOf(identity)}-${sizeBytes}-${changedAtNs}`
}

function inodeOf(identity: string): string {
  return identity.slice(identity.indexOf(':') + 1)
}

/** `done`: editions that were sent. */
export function lookAtFolder(
  before: WatchMemory,
  found: readonly FoundNow[],
  done: ReadonlySet<string>,
  nowMs: number,
  { settleMs, matches }: WatchRules,
): { readonly memory: WatchMemory; readonly candidates: readonly Candidate[] } {
  const memory = new Map<string, Seen>()
  const candidates: Candidate[] = []
  for (const file of found) {
    const { name, stamp } = file
    const key = inodeOf(stamp.identity)
    const edition = editionOf(stamp)
    const known = before.get(key)
    const unfinished = isUnfinished(name)
    const sinceMs = known?.edition === edition ? known.sinceMs : nowMs
    memory.set(key, { name, edition, sinceMs, unfinished })
    // An empty file is one that somebody has only begun.
    if (unfinished || stamp.sizeBytes === 0 || done.has(edition) || !matches(name)) continue
    const renamed = known?.unfinished === true
    const writtenMs = Number(stamp.changedAtNs / 1_000_000n)
    const old = nowMs - writtenMs >= settleMs && file.movedAtMs - writtenMs >= settleMs
    if (renamed || nowMs - sinceMs >= settleMs) candidates.push({ file, edition, mustBeClosed: false })
    else if (old) candidates.push({ file, edition, mustBeClosed: true })
    // Once renamed it stays so, should it be open for a moment more.
    if (renamed) memory.set(key, { name, edition, sinceMs: nowMs - settleMs, unfinished: false })
  }
  return { memory, candidates }
}

/** `busy`: paths that are open for writing; undefined where that cannot be known. */
export function completeOf(
  candidates: readonly Candidate[],
  busy: ReadonlySet<string> | undefined,
): readonly Candidate[] {
  return candidates.filter(({ file, mustBeClosed }) => (busy === undefined ? !mustBeClosed : !busy.has(file.path)))
}

/** A pattern of a shell, for names alone: `*` any letters, `?` one. Case does not matter: cameras write FILM.MOV. */
export function namePattern(pattern: string): (name: string) => boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  const expression = new RegExp(`^${source}$`, 'isu')
  return (name) => expression.test(name)
}
