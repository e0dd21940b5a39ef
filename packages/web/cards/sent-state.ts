// What a card says of media that was sent: one line a recipient, and whether this tab is still needed. Pure.

import type { SentStatus } from '../device-connection.ts'

type Recipient = SentStatus['recipients'][number]

export type RecipientLine =
  /** Not handed to the server yet. */
  | { readonly kind: 'outbox' }
  /** In their mailbox, or on their device and not asked for. */
  | { readonly kind: 'waiting' }
  | { readonly kind: 'told' }
  /** `share` of it was given by this device; undefined where nothing was since it was opened. */
  | { readonly kind: 'fetching'; readonly share?: number }
  /** Their device signed that all of it is there and right. `at`: when. */
  | { readonly kind: 'has'; readonly at?: string }
  | { readonly kind: 'refused'; readonly at?: string }
  | { readonly kind: 'expired' }
  /** Taken back before they had it. */
  | { readonly kind: 'withdrawn' }

export function recipientLine(one: Recipient, status: Pick<SentStatus, 'sizeBytes' | 'gone'>): RecipientLine {
  const isWithdrawn = status.gone?.reason === 'withdrawn'
  switch (one.state) {
    case 'fetched':
      // Without a verified receipt nobody knows that they have it.
      return one.receipt === 'verified'
        ? { kind: 'has', ...(one.fetchedAt !== null && { at: one.fetchedAt }) }
        : { kind: 'fetching', share: 0.99 }
    case 'refused':
      return { kind: 'refused', ...(one.refusedAt !== undefined && { at: one.refusedAt }) }
    case 'expired':
      return { kind: isWithdrawn ? 'withdrawn' : 'expired' }
    case 'waiting':
      return { kind: isWithdrawn ? 'withdrawn' : 'outbox' }
    case 'accepted':
      return { kind: isWithdrawn ? 'withdrawn' : 'waiting' }
    case 'announced':
      return { kind: isWithdrawn ? 'withdrawn' : 'told' }
    case 'fetching': {
      if (isWithdrawn) return { kind: 'withdrawn' }
      const { givenBytes = 0 } = one
      // All of it is theirs when they say so, not when it was given out.
      const share = status.sizeBytes > 0 ? Math.min(0.99, givenBytes / status.sizeBytes) : 0
      return { kind: 'fetching', ...(share > 0 && { share }) }
    }
  }
}

/** Whom this tab has to stay open for: those who may still fetch from it, and from no other device of this user's. */
export function stillNeeded(status: SentStatus): number {
  if (status.gone || status.sizeBytes === 0 || status.handed?.state === 'has') return 0
  return status.recipients.filter(mayFetch).length
}

/** Whether those who have not fetched still may, from wherever. */
export function isOpen({ gone, sizeBytes, recipients }: SentStatus): boolean {
  return !gone && sizeBytes > 0 && recipients.some(mayFetch)
}

function mayFetch({ state }: Recipient): boolean {
  return state !== 'fetched' && state !== 'refused' && state !== 'expired'
}

/** Another device of this user's was asked to give it out, and has not all of it yet. */
export function isTakingOver({ handed }: SentStatus): boolean {
  return handed?.state === 'asked' || handed?.state === 'taken'
}

/** How much of it that device was given by this one; it has it when it says so. */
export function handedShare({ handed, sizeBytes }: SentStatus): number {
  return sizeBytes > 0 ? Math.min(0.99, (handed?.givenBytes ?? 0) / sizeBytes) : 0
}

/** Whether somebody who has it can give it to somebody who has not, without this tab. */
export function othersServe(status: SentStatus): boolean {
  return status.recipients.length > 1
}
