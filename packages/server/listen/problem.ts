// The answers the doors give by themselves: problem details (RFC 9457) with a sentence that names the bound that was met.

import { STATUS_CODES } from 'node:http'
import type { Answer } from './exchange.ts'

export type PhraseOf = (status: number) => string

/** Phrases of the IANA registry; our own codes have theirs in the protocol package. */
export const standardPhraseOf: PhraseOf = (status) => STATUS_CODES[status] ?? 'Status'

/** An answer in application/problem+json. `close` ends the connection after it. */
export function problem(status: number, detail: string, phraseOf: PhraseOf, close = false): Answer {
  return {
    status,
    headers: { 'content-type': 'application/problem+json' },
    body: JSON.stringify({ type: 'about:blank', title: phraseOf(status), status, detail }),
    close,
  }
}
