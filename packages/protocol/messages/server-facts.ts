// FINGER /: anybody asks what this server is before joining: its domain, the origins it answers to, who may register.

import { z } from 'zod'
import { parseDomain } from '../address.ts'
import { instantSchema } from '../dates.ts'

export const serverFactsSchema = z.strictObject({
  doorpost: z.literal(1),
  /** What stands behind the @ of its users. */
  domain: z.string().max(262).refine(isDomain, 'must be a domain in canonical form'),
  origins: z.array(z.string().max(300)).max(16),
  registration: z.enum(['open', 'invitation', 'closed']),
  /** When it answered, by its own clock: logins and tunnel requests hold for a minute, so clocks must agree. */
  time: instantSchema.optional(),
  /** What the tunnel carries for one user. */
  tunnel: z.strictObject({ bytesPerSecond: z.int().min(0), bytesPerDay: z.int().min(0) }).optional(),
})
export type ServerFacts = z.infer<typeof serverFactsSchema>

function isDomain(text: string): boolean {
  const parsed = parseDomain(text)
  return parsed.ok && parsed.value === text
}
