// Tokens for the range door (node/range-door.ts): each opens the ciphertext of one message for one device of one of its people, for
// a while. They live in memory alone, as hashes; the door of an earlier life opens to none of them.

import { sha256 } from '@noble/hashes/sha2.js'
import { fromBase64url, sameBytes, toBase64url } from '@doorpost/protocol/bytes'
import type { Clock } from '../clock.ts'
import type { Caller } from '../paths/path.ts'
import type { Random } from '../random.ts'

/** As hard to guess as a key. */
const TOKEN_BYTES = 32
/** Tokens that are open at once; the oldest goes first. */
const TOKENS_MAX = 1_000
/** How long a token opens, ms, where nothing else is said; and at most. */
export const TOKEN_MS_DEFAULT = 60 * 60_000
export const TOKEN_MS_MAX = 7 * 24 * 60 * 60_000

export interface RangeGrant {
  readonly caller: Caller
  readonly messageId: string
  /** Sizes by root. */
  readonly media: ReadonlyMap<string, number>
  /** Where else the same bytes are to be had: http or https. */
  readonly others: ReadonlyMap<string, readonly string[]>
  readonly endsAtMs: number
}

export interface RangeTokens {
  /** Where the door is, `http://127.0.0.1:4711`; undefined while it is closed. */
  base: string | undefined
  /** A new token; it is told once. */
  give(grant: RangeGrant): string
  /** What it opens now. Every token that is known is compared, each in the same time. */
  find(token: string): RangeGrant | undefined
}

export function createRangeTokens(clock: Clock, random: Random): RangeTokens {
  const grants: { readonly hash: Uint8Array; readonly grant: RangeGrant }[] = []
  return {
    base: undefined,
    give(grant) {
      const token = random(TOKEN_BYTES)
      if (grants.length >= TOKENS_MAX) grants.shift()
      grants.push({ hash: sha256(token), grant })
      return toBase64url(token)
    },
    find(token) {
      const hash = sha256(bytesOf(token))
      let found: RangeGrant | undefined
      for (const one of grants) if (sameBytes(one.hash, hash)) found = one.grant
      return found && found.endsAtMs > clock.nowMs() ? found : undefined
    },
  }
}

function bytesOf(token: string): Uint8Array {
  try {
    return fromBase64url(token)
  } catch {
    // No token at all: compared like one.
    return new Uint8Array(0)
  }
}
