// What the mail benchmark asks of its client process (mail-caller.ts), and what that answers.

export type Order =
  | { readonly kind: 'send'; readonly over: Over; readonly count: number }
  /** Messages to a device that is on-line, one after the other. */
  | { readonly kind: 'deliver'; readonly count: number }

export type Report =
  | { readonly kind: 'ready'; readonly messageBytes: number }
  | { readonly kind: 'sent'; readonly ms: number }
  /** From SEND to push. */
  | { readonly kind: 'delivered'; readonly delaysMs: readonly number[] }

/** SENDs in flight in every measurement. */
export const IN_FLIGHT = 64
/** Sessions that share them, in the measurement where a session has several in flight. */
export const SHARED_SESSIONS = 8

/** One SEND in flight on each of 64 sessions; eight on each of eight; one on each of 64 HTTP/1.1 connections. */
export type Over = 'sessions' | 'shared sessions' | 'http'
