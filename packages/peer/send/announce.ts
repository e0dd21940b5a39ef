// Hands one envelope to the server and says in one word what came of it. Trying again is outbox.ts's.

import type { Envelope } from '@doorpost/protocol/envelope'
import { Refusal, type RefusalCode } from '@doorpost/protocol/errors'
import { acceptedSchema } from '@doorpost/protocol/messages/mailbox'
import { Trouble } from '../operations.ts'
import type { Line } from '../session/line.ts'

export type Announced =
  /** On the server's stable storage, now or since an earlier try. */
  | { readonly kind: 'accepted'; readonly at: string }
  /** It accepted nothing: the recipients' device lists are newer than those it was sealed for. */
  | { readonly kind: 'moved-on' }
  /** It may or may not have arrived, or the server wants it later: the same bytes again. */
  | { readonly kind: 'later'; readonly reason: string; readonly retryAfterMs?: number; readonly lineDown: boolean }
  | { readonly kind: 'refused'; readonly code: RefusalCode; readonly detail: string }

/** Rejects with the signal's reason alone. */
export async function announce(line: Line, envelope: Envelope, signal: AbortSignal): Promise<Announced> {
  try {
    const answer = await line.call('SEND', '/messages', { body: envelope, signal })
    const accepted = acceptedSchema.safeParse(answer.body)
    if (accepted.success && accepted.data.id === envelope.id) return { kind: 'accepted', at: accepted.data.acceptedAt }
    return { kind: 'later', reason: 'The server answered in a way that makes no sense.', lineDown: false }
  } catch (error) {
    if (signal.aborted) throw signal.reason
    if (error instanceof Refusal) return fromRefusal(error)
    if (error instanceof Trouble) return { kind: 'later', reason: heldBecause(error), lineDown: true }
    throw error
  }
}

/** A sentence on why something waits for the server. */
export function heldBecause(trouble: { readonly code: string; readonly message: string }): string {
  return trouble.code === 'server-unreachable'
    ? 'The server cannot be reached. It goes by itself when the server is back.'
    : trouble.message
}

function fromRefusal(refusal: Refusal): Announced {
  const { code, message: detail, problem } = refusal
  if (code === 'list-moved-on') return { kind: 'moved-on' }
  // A login that ran out is made again by the line.
  if (refusal.again !== 'never' || code === 'not-logged-in') {
    const { retryAfterMs } = problem
    return { kind: 'later', reason: detail, lineDown: false, ...(retryAfterMs !== undefined && { retryAfterMs }) }
  }
  return { kind: 'refused', code, detail }
}
