// The operator's policy: what one JSON file may say, and what holds where it says nothing. Every line can be left out.
// Reading the file is policy-file.ts's business, asking what it allows rules.ts's.

import { MESSAGE_BODY_BYTES_MAX, RECIPIENTS_MAX } from '@doorpost/protocol/limits'
import { TURN_URLS_MAX, turnUrlSchema } from '@doorpost/protocol/messages/ice'
import { z } from 'zod'

/** `*`, `*@example.org`, `alice@example.org`, `crew-*@example.org`, or `list:NAME`; `*` stands for any characters but @. */
const who = z
  .string()
  .max(400)
  .regex(/^(\*|list:[a-z0-9-]{1,64}|[a-z0-9._*-]{1,64}@[a-z0-9.:*[\]-]{1,262})$/, 'must be *, NAME@DOMAIN or list:NAME')
const namePattern = z
  .string()
  .max(64)
  .regex(/^[a-z0-9._*-]+$/, 'must be a name, in which * stands for any characters')
const address = z
  .string()
  .max(400)
  .regex(/^[a-z0-9._*-]{1,64}@[a-z0-9.:*[\]-]{1,262}$/, 'must be NAME@DOMAIN')

/** So many requests within so many seconds. */
const rate = z.strictObject({
  requests: z.int().min(1).max(100_000_000),
  seconds: z.int().min(1).max(86_400),
})
/** Counted per remote address (IPv6: per /64) and, where somebody is logged in, per user. */
const rates = z.strictObject({ perAddress: rate.optional(), perUser: rate.optional() })

/** More than any line carries, so that a slip in a figure is noticed: 100 GB/s. */
const BYTES_PER_SECOND_MAX = 100_000_000_000
/** What such a line carries in a day, and still an exact number. */
const BYTES_PER_DAY_MAX = 2 ** 53 - 1

export const policyFileSchema = z.strictObject({
  /** Whether newcomers may register: anybody, those with an invitation, nobody. */
  registration: z.enum(['open', 'invitation', 'closed']).optional(),
  /** Which names may be registered. `deny` wins over `allow`. */
  names: z
    .strictObject({
      allow: z.array(namePattern).min(1).max(1000).optional(),
      deny: z.array(namePattern).max(1000).optional(),
    })
    .optional(),
  /** Who may hand out invitations to register. */
  invite: z.enum(['members', 'admin']).optional(),
  /** Named lists of users for the rules of `send`. */
  lists: z.record(z.string().regex(/^[a-z0-9-]{1,64}$/), z.array(address).max(10_000)).optional(),
  /** Who may write to whom: the first rule that fits decides; where none does, everybody may. */
  send: z
    .array(z.strictObject({ rule: z.enum(['allow', 'deny']), from: who, to: who }))
    .max(1000)
    .optional(),
  /** Copies waiting for one user and their bytes; and how many users there may be. */
  quotas: z
    .strictObject({
      messages: z.int().min(1).max(10_000_000).optional(),
      bytes: z
        .int()
        .min(1024)
        .max(2 ** 40)
        .optional(),
      accounts: z.int().min(1).max(10_000_000).optional(),
    })
    .optional(),
  sizes: z
    .strictObject({
      /** Sealed body of one message, bytes. */
      messageBytes: z.int().min(1024).max(MESSAGE_BODY_BYTES_MAX).optional(),
      recipients: z.int().min(1).max(RECIPIENTS_MAX).optional(),
    })
    .optional(),
  rates: z
    .strictObject({
      authorization: rates.optional(),
      finger: rates.optional(),
      registration: rates.optional(),
      send: rates.optional(),
      /** Every other request of a logged-in user. */
      other: rates.optional(),
    })
    .optional(),
  /** What may go through the tunnel, for one user who asks and for all: bytes a second and a day, tunnels at once. */
  tunnel: z
    .strictObject({
      userBytesPerSecond: z.int().min(1024).max(BYTES_PER_SECOND_MAX).optional(),
      serverBytesPerSecond: z.int().min(1024).max(BYTES_PER_SECOND_MAX).optional(),
      userBytesPerDay: z.int().min(0).max(BYTES_PER_DAY_MAX).optional(),
      serverBytesPerDay: z.int().min(0).max(BYTES_PER_DAY_MAX).optional(),
      userTunnels: z.int().min(0).max(1000).optional(),
      serverTunnels: z.int().min(0).max(100_000).optional(),
    })
    .optional(),
  /** Live pictures over this server: bytes a second of all (0: peer to peer only), connections of viewers; for one broadcast viewers and its own bytes a second. */
  live: z
    .strictObject({
      bytesPerSecond: z.int().min(0).max(BYTES_PER_SECOND_MAX).optional(),
      connections: z.int().min(0).max(100_000).optional(),
      broadcastViewers: z.int().min(0).max(100_000).optional(),
      broadcastBytesPerSecond: z.int().min(1024).max(BYTES_PER_SECOND_MAX).optional(),
      userBroadcasts: z.int().min(0).max(1000).optional(),
      userWatches: z.int().min(0).max(1000).optional(),
    })
    .optional(),
  /** TURN relays beside this server, with the secret they share (coturn's use-auth-secret), and how long a credential is good. */
  turn: z
    .strictObject({
      urls: z.array(turnUrlSchema).min(1).max(TURN_URLS_MAX),
      /** Relative to this file. */
      secretFile: z.string().min(1).max(4096),
      ttlSeconds: z
        .int()
        .min(300)
        .max(7 * 86_400)
        .default(86_400),
    })
    .nullable()
    .optional(),
  /** Who may read /metrics: this machine alone, or anybody. */
  metrics: z.enum(['loopback', 'anybody']).optional(),
})
export type PolicyFile = z.infer<typeof policyFileSchema>

export type RateName = keyof NonNullable<PolicyFile['rates']>
export type Rate = z.infer<typeof rate>

/** The policy with nothing left out. */
export interface Policy {
  readonly registration: 'open' | 'invitation' | 'closed'
  readonly names: { readonly allow: readonly string[]; readonly deny: readonly string[] }
  readonly invite: 'members' | 'admin'
  readonly lists: Readonly<Record<string, readonly string[]>>
  readonly send: readonly { readonly rule: 'allow' | 'deny'; readonly from: string; readonly to: string }[]
  readonly quotas: { readonly messages: number; readonly bytes: number; readonly accounts: number }
  readonly sizes: { readonly messageBytes: number; readonly recipients: number }
  readonly rates: Readonly<Record<RateName, { readonly perAddress: Rate; readonly perUser: Rate }>>
  readonly tunnel: Readonly<Record<keyof NonNullable<PolicyFile['tunnel']>, number>>
  readonly live: Readonly<Record<keyof NonNullable<PolicyFile['live']>, number>>
  readonly turn: NonNullable<PolicyFile['turn']> | null
  readonly metrics: 'loopback' | 'anybody'
}

const minute = (requests: number): Rate => ({ requests, seconds: 60 })

/** A server that others can reach: a household or office behind one address, at work. */
const PUBLIC_RATES: Policy['rates'] = {
  authorization: { perAddress: minute(120), perUser: minute(60) },
  finger: { perAddress: minute(120), perUser: minute(600) },
  registration: { perAddress: { requests: 20, seconds: 3600 }, perUser: { requests: 20, seconds: 3600 } },
  send: { perAddress: minute(6_000), perUser: minute(1_200) },
  other: { perAddress: minute(30_000), perUser: minute(6_000) },
}

/** A server on loopback: everybody has one address, and nobody is a stranger. Enough for thousands of SENDs a second. */
const LOOPBACK_RATES: Policy['rates'] = {
  authorization: { perAddress: minute(60_000), perUser: minute(6_000) },
  finger: { perAddress: minute(6_000), perUser: minute(6_000) },
  registration: { perAddress: minute(6_000), perUser: minute(6_000) },
  send: { perAddress: minute(2_000_000), perUser: minute(2_000_000) },
  other: { perAddress: minute(2_000_000), perUser: minute(2_000_000) },
}

const MiB = 1024 * 1024
const GiB = 1024 * MiB

/** A small rented box: half of a gigabit line for all, a film or two a day for each; what it may cost in a month is known. */
const PUBLIC_TUNNEL: Policy['tunnel'] = {
  userBytesPerSecond: 16 * MiB,
  serverBytesPerSecond: 64 * MiB,
  userBytesPerDay: 50 * GiB,
  serverBytesPerDay: 500 * GiB,
  // Several fetches from several sources with three requests each; and windows of 256 KiB for all that come to 256 MiB.
  userTunnels: 64,
  serverTunnels: 1024,
}

/** On loopback nothing costs anything; the windows still take memory. */
const LOOPBACK_TUNNEL: Policy['tunnel'] = {
  userBytesPerSecond: BYTES_PER_SECOND_MAX,
  serverBytesPerSecond: BYTES_PER_SECOND_MAX,
  userBytesPerDay: BYTES_PER_DAY_MAX,
  serverBytesPerDay: BYTES_PER_DAY_MAX,
  userTunnels: 256,
  serverTunnels: 1024,
}

/** The same box: half of a gigabit line again, which is 500 viewers of a good picture; a broadcast as rich as a television's. */
const PUBLIC_LIVE: Policy['live'] = {
  bytesPerSecond: 64 * MiB,
  connections: 2_000,
  broadcastViewers: 1_000,
  broadcastBytesPerSecond: 2 * MiB,
  // A camera and a screen of two devices.
  userBroadcasts: 4,
  userWatches: 16,
}

const LOOPBACK_LIVE: Policy['live'] = {
  bytesPerSecond: BYTES_PER_SECOND_MAX,
  connections: 10_000,
  broadcastViewers: 10_000,
  broadcastBytesPerSecond: 64 * MiB,
  userBroadcasts: 16,
  userWatches: 64,
}

/** `onLoopback`: nobody but this machine can reach the server. */
export function policyOf(file: PolicyFile, onLoopback: boolean): Policy {
  const defaults = onLoopback ? LOOPBACK_RATES : PUBLIC_RATES
  const rateOf = (name: RateName) => ({
    perAddress: file.rates?.[name]?.perAddress ?? defaults[name].perAddress,
    perUser: file.rates?.[name]?.perUser ?? defaults[name].perUser,
  })
  return {
    registration: file.registration ?? (onLoopback ? 'open' : 'invitation'),
    names: { allow: file.names?.allow ?? ['*'], deny: file.names?.deny ?? [] },
    invite: file.invite ?? 'members',
    lists: file.lists ?? {},
    send: file.send ?? [],
    // 10,000 messages and 256 MiB: years of a busy mailbox, since no media is in it; 1,000 such users are 256 GiB.
    quotas: {
      messages: file.quotas?.messages ?? 10_000,
      bytes: file.quotas?.bytes ?? 256 * 1024 * 1024,
      // A large town on one box; what strangers can fill by registering stays under 10 GB of device lists.
      accounts: file.quotas?.accounts ?? 100_000,
    },
    sizes: {
      messageBytes: file.sizes?.messageBytes ?? MESSAGE_BODY_BYTES_MAX,
      recipients: file.sizes?.recipients ?? RECIPIENTS_MAX,
    },
    rates: {
      authorization: rateOf('authorization'),
      finger: rateOf('finger'),
      registration: rateOf('registration'),
      send: rateOf('send'),
      other: rateOf('other'),
    },
    tunnel: { ...(onLoopback ? LOOPBACK_TUNNEL : PUBLIC_TUNNEL), ...withoutGaps(file.tunnel) },
    live: { ...(onLoopback ? LOOPBACK_LIVE : PUBLIC_LIVE), ...withoutGaps(file.live) },
    turn: file.turn ?? null,
    metrics: file.metrics ?? 'loopback',
  }
}

function withoutGaps<Given extends object>(
  given: Given | undefined,
): { [Key in keyof Given]?: NonNullable<Given[Key]> } {
  return Object.fromEntries(Object.entries(given ?? {}).filter(([, value]) => value !== undefined)) as never
}
