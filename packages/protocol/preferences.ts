// What a user prefers, the same on all of their devices: who comes first, what is fetched by itself, what copies are given
// out, what becomes of sent ones. Kept with the account, sealed to the user's own devices, and enforced by them; the server
// cannot read it. The block list is apart, since the server enforces that one.

import { z } from 'zod'
import { isUserAddress, parseDomain, splitDevice, type DeviceAddress, type UserAddress } from './address.ts'
import { instantSchema } from './dates.ts'
import { headSchema } from './device-list.ts'
import { deviceAddressSchema } from './handle.ts'

/** Rules of one kind that one user may have. */
const RULES_MAX = 1000

/** A user (`bob@example.org`) or a whole domain (`example.org`). */
const whoSchema = z.string().refine((text) => isUserAddress(text) || isDomain(text), 'must be user@domain or a domain')

function isDomain(text: string): boolean {
  const parsed = parseDomain(text)
  return parsed.ok && parsed.value === text
}

/** `22:00`, in the device's own time zone. */
const clockTimeSchema = z.string().regex(/^([01][0-9]|2[0-3]):[0-5][0-9]$/)

/** One line of the fetching rules: the first whose conditions all hold decides. No condition: it always holds. */
const fetchRuleSchema = z.strictObject({
  /** Users or domains. */
  from: z.array(whoSchema).max(100).optional(),
  /** The whole message has at most this many bytes of media. */
  sizeBytesMax: z.int().min(0).optional(),
  /** Every media is of one of these: `video/*`, `image/jpeg`. */
  types: z
    .array(z.string().regex(/^[a-z0-9][a-z0-9!#$&^_.+-]{0,126}\/([a-z0-9][a-z0-9!#$&^_.+-]{0,126}|\*)$/))
    .max(100)
    .optional(),
  /** On which kind of network: `metered` is one that the system or the user calls so. */
  network: z.enum(['any', 'unmetered', 'local']).default('any'),
  decide: z.enum(['fetch', 'ask']),
})

export const preferencesSchema = z.strictObject({
  v: z.literal(1),
  /** Higher replaces lower; of two with one number the later `changedAt`. */
  sequence: z.int().min(0),
  changedAt: instantSchema,
  /** Their mail is fetched before everything else, and running fetches make room. */
  priority: z.array(whoSchema).max(RULES_MAX).default([]),
  /** Their mail is taken in, hidden and never fetched; they cannot tell. */
  junk: z.array(whoSchema).max(RULES_MAX).default([]),
  fetch: z.array(fetchRuleSchema).max(RULES_MAX).default([]),
  /** Requests of unknown senders kept a day; further ones of that day are hidden. */
  requestsPerDay: z.int().min(0).max(1000).default(20),
  /** Giving out copies of what was received to its other recipients. */
  serve: z
    .strictObject({
      copies: z.boolean().default(true),
      /** Of everything this device gives out, sent or received; 0 for no bound. */
      bytesPerSecond: z.int().min(0).default(0),
      /** Copies (not one's own sent media) are given out between these times alone; over midnight where `from` is later. */
      hours: z.strictObject({ from: clockTimeSchema, to: clockTimeSchema }).optional(),
    })
    .prefault({}),
  /** Co-recipients and others who are no mutual contacts, and may see this user's network address all the same. */
  openTo: z.array(whoSchema).max(RULES_MAX).default([]),
  /** Mutual contacts too are served through the tunnel alone: they never see a network address. */
  tunnelOnly: z.array(whoSchema).max(RULES_MAX).default([]),
  sent: z
    .strictObject({
      /** What becomes of the copy given out, when one device of every named recipient has receipted. */
      whenFetched: z.enum(['keep', 'archive', 'delete']).default('keep'),
      /** Recipients who have not fetched are reminded so many hours before the end; 0 for never. */
      remindHours: z.int().min(0).max(2160).default(48),
    })
    .prefault({}),
  /** Contacts are told what this user has read, and while they write; with `off` nobody is told, and nothing such is shown either. */
  marks: z.enum(['on', 'off']).default('on'),
  /** What came in a day is added, in whole units, to the server's sum of that day (messages/delivered.ts). */
  tellReceived: z.enum(['on', 'off']).default('off'),
})
export type Preferences = z.infer<typeof preferencesSchema>
export type PreferencesInput = z.input<typeof preferencesSchema>

/** What nobody has changed yet: the same on every device. */
export function firstPreferences(): Preferences {
  return preferencesSchema.parse({ v: 1, sequence: 0, changedAt: '1970-01-01T00:00:00.000Z' })
}

/** What a device signs (kind `preferences`) and seals for the user's active devices, itself included. */
export const signedPreferencesSchema = z.strictObject({
  v: z.literal(1),
  device: deviceAddressSchema,
  /** The list of devices it is sealed for: with a newer one it has to be sealed again. */
  head: headSchema,
  preferences: preferencesSchema,
})
export type SignedPreferences = z.infer<typeof signedPreferencesSchema>

/** Whether somebody is one of these users, or of one of these domains. */
export function isAmong(who: readonly string[], from: UserAddress | DeviceAddress): boolean {
  const user = isUserAddress(from) ? from : splitDevice(from).user
  const domain = user.slice(user.indexOf('@') + 1)
  return who.some((one) => one === user || one === domain)
}
