// What whoever runs a server asks of it: LIST /admin (figures), LIST and SEND /admin/users, LIST, SEND and REMOVE /admin/invitations,
// LIST and SEND /admin/limits. To everybody else these are targets that do not exist.

import { z } from 'zod'
import { instantSchema } from '../dates.ts'
import { hashSchema } from '../signature.ts'

/** Changes of limits, and hashes of invitations, in one request. */
export const ADMIN_CHANGES_MAX = 100
/** Users in one answer. */
export const ADMIN_USERS_MAX = 100
/** Invitations in one answer. */
export const ADMIN_INVITATIONS_SHOWN_MAX = 1000

/** A day in UTC: `2026-11-21`. */
export const daySchema = z.iso.date()
const count = z.int().min(0)
const counts = z.record(z.string().max(40), count)

const adminDaySchema = z.strictObject({
  day: daySchema,
  /** Bytes of media that people's devices said they received, each rounded to whole units of it (messages/delivered.ts). */
  deliveredBytes: count,
  /** Devices that said so. */
  tellingDevices: count,
  /** Bytes this server carried: tunnel, messages with what is around them, live pictures, files of the web app. */
  tunnelBytes: count,
  messageBytes: count,
  liveBytes: count,
  webBytes: count,
  /** Requests refused, by the code of the refusal. */
  refused: counts,
})
export type AdminDay = z.infer<typeof adminDaySchema>

export const adminFiguresSchema = z.strictObject({
  domain: z.string().max(262),
  /** Since when this process counts. */
  since: instantSchema,
  time: instantSchema,
  now: z.strictObject({
    accounts: count,
    connections: count,
    sessions: count,
    devicesOnline: count,
    tunnels: count,
    /** Of live pictures: how many are made, and who watches them through this server or not. */
    broadcasts: count,
    viewers: count,
    messagesKept: count,
    /** Carried in the last seconds. */
    bytesPerSecond: count,
  }),
  /** Oldest first, today last; days without figures are left out. */
  days: z.array(adminDaySchema).max(400),
})
export type AdminFigures = z.infer<typeof adminFiguresSchema>

const standingSchema = z.enum(['open', 'closed', 'removed'])
export type AdminStanding = z.infer<typeof standingSchema>

const adminUserSchema = z.strictObject({
  /** Before the @. */
  name: z.string().max(64),
  standing: standingSchema,
  /** When it came to stand so, where it ever stood otherwise. */
  standingSince: instantSchema.optional(),
  /** Of a removed one: when it is forgotten. */
  forgottenAt: instantSchema.optional(),
  createdAt: instantSchema,
  /** When one of its devices logged in last. */
  seen: daySchema.optional(),
  devices: count,
  /** What waits for them, as it counts against the quota. */
  messages: count,
  bytes: count,
  /** Runs this server: can be neither closed nor removed. */
  admin: z.boolean(),
})
export type AdminUser = z.infer<typeof adminUserSchema>

/** In order of name. `more`: ask again with `after` the last name. */
export const adminUsersSchema = z.strictObject({
  users: z.array(adminUserSchema).max(ADMIN_USERS_MAX),
  more: z.boolean(),
})
export type AdminUsers = z.infer<typeof adminUsersSchema>

/** closed: may not log in; mail waits. removed: gone to everybody, forgotten after a while. open: as before. */
export const standSchema = z.strictObject({ name: z.string().min(1).max(64), standing: standingSchema })
export const stoodSchema = z.strictObject({ user: adminUserSchema })

export const adminInvitationsSchema = z.strictObject({
  invitations: z
    .array(
      z.strictObject({
        tokenHash: hashSchema,
        expires: instantSchema,
        /** Name of the user who made it; absent: made by whoever runs the server. */
        by: z.string().max(64).optional(),
        used: z.boolean(),
      }),
    )
    .max(ADMIN_INVITATIONS_SHOWN_MAX),
  more: z.boolean(),
})
export type AdminInvitations = z.infer<typeof adminInvitationsSchema>

export const revokeSchema = z.strictObject({ tokenHashes: z.array(hashSchema).min(1).max(ADMIN_CHANGES_MAX) })

const limitValueSchema = z.union([z.int().min(0), z.string().max(40)])

const adminLimitSchema = z.strictObject({
  /** As in the policy file: `quotas.accounts`. */
  name: z.string().max(60),
  unit: z.enum([
    'choice',
    'users',
    'messages',
    'people',
    'tunnels',
    'viewers',
    'broadcasts',
    'bytes',
    'bytes/s',
    'bytes/day',
    'requests',
  ]),
  /** Of requests: within so many seconds. */
  perSeconds: count.optional(),
  value: limitValueSchema,
  /** What holds where nothing is set here: the policy file's, else the one built in. */
  unset: limitValueSchema,
  isSet: z.boolean(),
  choices: z.array(z.string().max(40)).max(10).optional(),
  min: count.optional(),
  max: count.optional(),
})
export type AdminLimit = z.infer<typeof adminLimitSchema>

export const adminLimitsSchema = z.strictObject({ limits: z.array(adminLimitSchema).max(ADMIN_CHANGES_MAX) })
export type AdminLimits = z.infer<typeof adminLimitsSchema>

/** Null: as where nothing is set. All changes hold, or none. */
export const limitChangesSchema = z.strictObject({
  changes: z.record(z.string().max(60), limitValueSchema.nullable()),
})
