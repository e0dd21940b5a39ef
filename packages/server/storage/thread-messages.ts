// What passes between the server's thread and the storage's: calls in, outcomes out, each several at a time.

import { type Problem, Refusal, type RefusalCode } from '@doorpost/protocol/errors'
import type { Stores } from './sqlite.ts'

/** Operations that write. All others read, and are not sent to the other thread. */
export const WRITES = {
  accounts: ['create', 'replaceList', 'setShare'],
  contacts: ['approve', 'withdraw', 'block', 'unblock'],
  invitations: ['add', 'useForContact'],
  logins: ['add', 'end', 'endDevice'],
  mail: ['accept', 'remove', 'removeDevice', 'expire'],
} as const satisfies { [Room in keyof Stores]: readonly (keyof Stores[Room])[] }

export type Room = keyof Stores

export interface Call {
  readonly number: number
  readonly room: Room
  readonly operation: string
  readonly given: readonly unknown[]
}

export type Outcome =
  | { readonly number: number; readonly value: unknown }
  | { readonly number: number; readonly failure: Failure }

export interface Failure {
  readonly message: string
  readonly stack?: string | undefined
  /** For refusals, which callers are told. */
  readonly refusal?: { readonly code: RefusalCode; readonly problem: Problem }
}

/** The first thing the storage's thread says, and its only one when the data folder cannot be opened. */
export type Opened = { readonly opened: true } | { readonly opened: false; readonly message: string }

/** Calls, or the wish that it ends: commit what is due, close the file. */
export type ToStorage = readonly Call[] | 'close'

export function failureOf(error: unknown): Failure {
  const { message, stack } = error instanceof Error ? error : new Error(String(error))
  if (!(error instanceof Refusal)) return { message, stack }
  return { message, stack, refusal: { code: error.code, problem: error.problem } }
}

export function errorOf({ message, stack, refusal }: Failure): Error {
  const error = refusal ? new Refusal(refusal.code, optional(refusal.problem)) : new Error(message)
  if (stack !== undefined) error.stack = stack
  return error
}

function optional({ detail, retryAfterMs, about }: Problem) {
  return {
    ...(detail !== undefined && { detail }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(about !== undefined && { about }),
  }
}
