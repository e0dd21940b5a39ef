// One device a media may come from, the changing set of them, and what can stand between us and one.

import type { Path, PathKind } from '../paths/path.ts'
import type { FetchFault } from './fetch-over.ts'

/** One device the media may come from. */
export interface FetchSource {
  readonly name: string
  /** Kinds of path that are permitted and can be now: one that needs an address nobody knows is left out. */
  readonly kinds: readonly PathKind[]
  /** The device that sent the message, or one that has a copy. */
  readonly role: 'sender' | 'copy'
  /** Called again after a broken line: it opens to where the device is then. Rejects with what stood in the way. */
  open(kind: PathKind, signal: AbortSignal): Promise<Path>
}

/**
 * The sources of a media while it is fetched, by name. One about which nothing changed is the same object as before; a new object of
 * a name (it moved, other paths are permitted) is used from then on, and tried at once.
 */
export interface LiveSources {
  current(): readonly FetchSource[]
  /**
   * Every kind of path to that source that is permitted now, whether one can be or not; a path of another kind is closed at once.
   * Undefined, or left out: nothing is known, and what is open stays.
   */
  permits?(name: string): readonly PathKind[] | undefined
  /** Called when `current` answers otherwise than before. The returned function ends it. */
  onChange(listener: () => void): () => void
}

/** What came between us and a source, the last time. `forGood`: it is not asked again in this fetch. */
export type SourceFault = {
  source: string
  /** has-nothing: it is open, and has nothing that is missing here. */
  fault: FetchFault | { state: 'cannot-open'; cause: string } | { state: 'has-nothing' }
  forGood: boolean
}

/** Sources that stay as they are. */
export function fixedSources(sources: readonly FetchSource[]): LiveSources {
  return { current: () => sources, onChange: () => () => {} }
}
