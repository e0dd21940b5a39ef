// SEND /delivered: a device whose user wants it so adds what it received on a past day to its server's sum of that day. The server keeps
// the sum alone. Whole units, rounded up or down by chance so that sums are right and no film can be told by its size.

import { z } from 'zod'
import { daySchema } from './admin.ts'

/** A unit, bytes. */
export const DELIVERED_UNIT_BYTES = 64 * 1024 * 1024
/** Most a device can say of one day, units: 16 TiB, more than a line of 1 Gbit/s carries. */
export const DELIVERED_UNITS_MAX = 2 ** 18
/** A day can be told of as long as it is not further back, days. */
export const DELIVERED_DAYS_BACK = 7

export const deliveredSchema = z.strictObject({ day: daySchema, units: z.int().min(1).max(DELIVERED_UNITS_MAX) })
