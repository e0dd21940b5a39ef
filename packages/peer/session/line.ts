// The line to the server: calls that are answered, and pushes that come unasked. Over a standing session
// (session-line.ts) or one request at a time (http-line.ts); line.contract.ts holds both to this.

import type { RefusalCode } from '@doorpost/protocol/errors'
import type { Push } from '@doorpost/protocol/messages/session'

/** `connecting`: on the way to a login. `offline`: closed, or waiting to try again. */
export type LineState = 'offline' | 'connecting' | 'online'

export interface LineAnswer {
  /** 200 to 299: everything else was thrown. */
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** JSON as it came, to be checked by the caller's schema; bytes (Uint8Array) where it was not JSON; undefined where there was none. */
  readonly body: unknown
}

export interface CallOptions {
  readonly headers?: Readonly<Record<string, string>>
  /** JSON, or bytes as they are. */
  readonly body?: unknown
  readonly signal?: AbortSignal
}

export interface Line extends AsyncDisposable {
  /**
   * One request. Throws Refusal when the server refused, Trouble `server-unreachable` when there is no line or no answer
   * in time (what was asked may have been done), Trouble `server-broke-protocol`, or the signal's reason.
   */
  call(method: string, target: string, options?: CallOptions): Promise<LineAnswer>
  /** Every push, in order; the returned function ends it. A line that polls never pushes. */
  onPush(listener: (push: Push) => void): () => void
  readonly state: LineState
  onState(listener: (state: LineState) => void): () => void
  /** Why the line is not online: the last thing that went wrong; undefined once it is. */
  readonly trouble: LineTrouble | undefined
  /** Where this device listens for direct paths (`192.0.2.7:4711`). It says so now and whenever it comes on-line again. */
  setAddresses(addresses: readonly string[]): void
  /** Logs out, so that contacts see this device go, and ends. Idempotent; never throws. */
  close(): Promise<void>
}

/** A line whose login is good for exchanges beside it too. */
export interface LoggedIn {
  /**
   * The token of a login that holds for a while yet, for exchanges made by hand. `refused`: another than this one, which the server did not
   * take. Throws what `call` throws.
   */
  token(signal?: AbortSignal, refused?: string): Promise<string>
}

export interface LineTrouble {
  readonly code: RefusalCode | 'server-unreachable' | 'server-broke-protocol'
  readonly detail: string
  /** Why the server cannot be reached, where that was found out: a sentence, which is `detail` too. */
  readonly why?: string
}
