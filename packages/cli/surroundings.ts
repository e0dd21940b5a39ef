// What a command finds around it: two screens, an environment, a clock, the wish to stop, and the device it works for.
// main.ts makes the real ones, tests make theirs; a command touches nothing of the process itself.

import type { Peer } from '@doorpost/peer/operations'
import type { Player } from './player.ts'
import type { StreamIn } from './stream-in.ts'
import type { StreamOut } from './stream-out.ts'

/** Somewhere text goes. */
export interface Screen {
  readonly write: (text: string) => void
  /** A person looks at it: bars may be drawn. */
  readonly terminal: boolean
  /** Colours may be used: a terminal, and NO_COLOR is not set (no-color.org). */
  readonly colours: boolean
  /** Width now, in cells; a window can be resized under a running command. */
  readonly columns: () => number
}

export interface Surroundings {
  /** The answer, and nothing else. */
  readonly out: Screen
  /** Everything that is not the answer. */
  readonly err: Screen
  readonly env: Readonly<Record<string, string | undefined>>
  /** Absolute; relative paths of the command line are relative to it. */
  readonly cwd: string
  /** Home folder of the person, absolute. */
  readonly userHome: string
  /** Instant now, ms. */
  readonly now: () => number
  /** All of standard input as text. */
  readonly readInput: () => Promise<string>
  /** Asks the person one line, on the error screen; not there where nobody sits at the input. */
  readonly ask: ((question: string) => Promise<string>) | undefined
  /**
   * Asks the person for something that is not shown while it is typed. Where nobody sits at the input its next line is the
   * answer, and nothing is asked aloud.
   */
  readonly askSecret: (question: string) => Promise<string>
  /** Lines as a person or a pipe gives them, while others are said above. Dispose it when done. */
  readonly openLines: (options: { readonly prompt: string; readonly onKey: () => void }) => Promise<Lines>
  /** Aborted by the first Ctrl-C, SIGTERM or SIGHUP that nobody listens to. The second ends the program at once. */
  readonly stop: AbortSignal
  /** Takes SIGHUP over, for commands that read something again; dispose to give it back. */
  readonly onHangUp: (listener: () => void) => Disposable
  /** The answer as bytes that a device sends: where it is to connect. Dispose it when it has sent them. */
  readonly openStreamOut: () => Promise<StreamOut>
  /** Standard input as bytes for a device: where it is to connect. Undefined where a person sits at it. Dispose it when done. */
  readonly openStreamIn: () => Promise<StreamIn | undefined>
  /** A program that shows the pictures that a device sends; the first that is here where none is named. */
  readonly openPlayer: (program: string | undefined) => Promise<Player>
  /** The device of `home`: through the program that has it open, else opened here. */
  readonly openPeer: (home: string) => Promise<OpenedPeer>
}

/** Ends with the input: Ctrl-D. */
export interface Lines extends AsyncIterable<string>, Disposable {
  /** Somebody sits there. */
  readonly terminal: boolean
  /** On the answer's screen, above what is being typed. */
  say(text: string): void
  /** In place of the line that was typed last, where it still stands there. */
  sayInPlace(text: string): void
  /** What was said last as it is now; false where that cannot be. `before`: as it was said. */
  again(text: string, before: string): boolean
  setPrompt(prompt: string): void
}

/** A device to ask. Dispose it when done: one of an agent is let go, one of our own is closed. */
export interface OpenedPeer extends AsyncDisposable {
  readonly peer: Peer
  /** True where an agent answers: what is asked goes on when this command ends. */
  readonly isAgent: () => Promise<boolean>
}
