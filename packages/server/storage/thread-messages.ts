// What passes between the server's thread and the storage's: calls in, outcomes out, each several at a time.

import type { DeviceAddress, UserAddress } from '@doorpost/protocol/address'
import type { Envelope } from '@doorpost/protocol/envelope'
import { type Problem, Refusal, type RefusalCode } from '@doorpost/protocol/errors'
import type { Stores } from './sqlite.ts'
import type { IncomingMail, MailQuota } from './storage.ts'

/** Operations that write. All others read, and are not sent to the other thread. */
export const WRITES = {
  accounts: ['create', 'replaceList', 'setShare', 'setStanding', 'seen', 'forget'],
  contacts: ['approve', 'withdraw', 'block', 'unblock', 'drop'],
  invitations: ['add', 'useForContact', 'revoke'],
  logins: ['add', 'end', 'endDevice'],
  mail: ['accept', 'remove', 'removeDevice', 'expire'],
  preferences: ['replace', 'drop'],
  grants: ['keep', 'revoke', 'move', 'expire'],
  figures: ['add'],
  limits: ['change'],
  tunnelDays: ['add'],
} as const satisfies { [Room in keyof Stores]: readonly (keyof Stores[Room])[] }

export type Room = keyof Stores

/** Its number, the room, the operation, and what that is given. */
export type Call = readonly [number: number, room: Room, operation: string, ...given: readonly unknown[]]

/** The call's number, what it answered, or why it failed. */
export type Outcome = readonly [number: number, value: unknown] | readonly [number: number, value: undefined, Failure]

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

/**
 * Mail for its way to the other thread: copying an array of texts takes a tenth of the time of copying the objects, and
 * the sealed keys are in it once. What no storage keeps of an envelope, its heads and list of keys, stays behind.
 */
export type PackedMail = readonly (string | number)[]

/** Texts and numbers of PackedMail before the deliveries, which take three each. */
const PACKED_HEAD = 12

export function packMail({ envelope, digest, acceptedAtMs, expiresAtMs, deliveries }: IncomingMail, quota: MailQuota) {
  const { id, class: kind, from, to, date, expires, sealed } = envelope
  const packed = [id, kind, from, to.join(' '), date, expires, sealed.body, digest, acceptedAtMs, expiresAtMs]
  packed.push(quota.messagesMax, quota.bytesMax)
  for (const { device, user, key } of deliveries) packed.push(device, user, key)
  return packed satisfies PackedMail
}

export function unpackMail(packed: PackedMail): [IncomingMail, MailQuota] {
  const [id, kind, from, to, date, expires, body, digest, acceptedAtMs, expiresAtMs, messagesMax, bytesMax] =
    packed as unknown as readonly [
      string,
      Envelope['class'],
      DeviceAddress,
      string,
      string,
      string,
      string,
      string,
      number,
      number,
      number,
      number,
    ]
  const deliveries: IncomingMail['deliveries'][number][] = []
  for (let at = PACKED_HEAD; at < packed.length; at += 3) {
    const [device, user, key] = packed.slice(at, at + 3) as [DeviceAddress, UserAddress, string]
    deliveries.push({ device, user, key })
  }
  const recipients = to.split(' ') as Envelope['to']
  const envelope = {
    v: 1 as const,
    id,
    class: kind,
    from,
    to: recipients,
    date,
    expires,
    heads: [],
    sealed: { keys: [], body },
  }
  return [
    { envelope, digest, acceptedAtMs, expiresAtMs, deliveries },
    { messagesMax, bytesMax },
  ]
}

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
