// Dates as people and cameras write them, carried unchanged: RFC 3339 dates and times of the day.

import { z } from 'zod'

/** Instant in UTC with milliseconds, as every date of the protocol itself is written: 2026-11-21T12:00:00.000Z. */
export const instantSchema = z.iso.datetime({ precision: 3 })

/** RFC 3339 full-date, or date-time with zone. What a user sets comes back as it was set. */
export const instantOrDate = z.union([z.iso.date(), z.iso.datetime({ offset: true })])

/** RFC 3339 partial-time, to the minute at least, with or without zone: 14:02, 14:02:31, 14:02Z, 14:02:31.5+02:00. */
export const timeOfDay = z
  .string()
  .regex(/^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,9})?)?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])?$/)
