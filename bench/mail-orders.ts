// What the mail benchmark asks of its client process (mail-caller.ts), and what that answers.

export type Order =
  | { readonly kind: 'send'; readonly door: 'session' | 'http'; readonly count: number }
  /** Messages to a device that is on-line, one after the other. */
  | { readonly kind: 'deliver'; readonly count: number }

export type Report =
  | { readonly kind: 'ready'; readonly messageBytes: number }
  | { readonly kind: 'sent'; readonly ms: number }
  /** From SEND to push. */
  | { readonly kind: 'delivered'; readonly delaysMs: readonly number[] }

/** As many as in the comparison: one SEND in flight on each of so many sessions, or connections. */
export const IN_FLIGHT = 64
