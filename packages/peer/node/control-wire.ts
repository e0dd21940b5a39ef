// What goes over the control socket between a command and the agent of the same home: one operation a connection, one
// JSON object a line. Light on purpose: the command imports this on its way to the first byte.
//   agent:   {"doorpost":"control","version":1}
//   command: {"op":"get","args":{…}}
//   agent:   {"progress":{…}} any number of times, then {"result":{…}} or {"error":{"code":…,"detail":…,"todo":…}}
// The command closing its end cancels the operation. What writes a file is answered even so.

import type { OperationName, Operations, Progress, TroubleCode } from '../operations.ts'

/** Changes when a line's shape does: commands of one version do not talk to agents of another. */
export const CONTROL_VERSION = 1
/** Longest line a command may send, bytes: 2,000 paths of 4 KiB, a title and a date each, and the text. */
export const REQUEST_LINE_BYTES_MAX = 12 * 1024 * 1024
/** Longest line an agent may answer, bytes: some ten thousand inbox entries. */
export const ANSWER_LINE_BYTES_MAX = 256 * 1024 * 1024

export interface ControlHello {
  readonly doorpost: 'control'
  readonly version: number
}

export type ControlRequest = {
  readonly [Name in OperationName]: { readonly op: Name; readonly args: Operations[Name]['args'] }
}[OperationName]

export type ControlAnswer =
  | { readonly progress: Progress }
  | { readonly result: unknown }
  | { readonly error: { readonly code: TroubleCode; readonly detail: string; readonly todo?: string } }

/** What writes a file until it is stopped: its command closes its half of the connection alone, and is answered when the file is whole. */
export const FINISHES: ReadonlySet<string> = new Set(['live.show', 'live.watch'])
