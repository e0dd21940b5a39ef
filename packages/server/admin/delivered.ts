// SEND /delivered: devices whose users want it so add what they received on a past day to that day's sum. Once a device and day, as far as
// this process remembers; who said what is written nowhere.

import { hash, randomBytes } from 'node:crypto'
import type { DeviceAddress } from '@doorpost/protocol/address'
import { DAY_MS, dayOf } from '@doorpost/protocol/day'
import { Refusal } from '@doorpost/protocol/errors'
import { DELIVERED_DAYS_BACK, DELIVERED_UNIT_BYTES, deliveredSchema } from '@doorpost/protocol/messages/delivered'
import type { Login } from '../accounts/logins.ts'
import { nothing, readJson } from '../bodies.ts'
import type { Answer } from '../listen/exchange.ts'
import type { Call, Rooms } from '../rooms.ts'

/** A day and a number in JSON, bytes. */
const DELIVERED_BYTES_MAX = 256
/** Devices remembered, about 100 bytes each; beyond it a day is not told of. */
const REMEMBERED_MAX = 200_000

export interface Told {
  /** False: it said so before. */
  note(device: DeviceAddress, day: number, today: number): boolean | 'full'
}

export function openTold(): Told {
  // A name in memory that nobody outside this process can look for.
  const secret = randomBytes(16).toString('hex')
  const days = new Map<number, Set<string>>()
  return {
    note(device, day, today) {
      for (const old of days.keys()) if (old < today - DELIVERED_DAYS_BACK) days.delete(old)
      const told = days.get(day) ?? new Set<string>()
      const who = hash('sha256', `${secret} ${device}`, 'base64url')
      if (told.has(who)) return false
      if ([...days.values()].reduce((all, { size }) => all + size, 0) >= REMEMBERED_MAX) return 'full'
      days.set(day, told.add(who))
      return true
    },
  }
}

export async function delivered(rooms: Rooms, { exchange }: Call, login: Login): Promise<Answer> {
  const { day: written, units } = await readJson(exchange, deliveredSchema, DELIVERED_BYTES_MAX)
  const [day, today] = [dayOf(Date.parse(written)), dayOf(rooms.clock.wallMs())]
  if (day >= today) throw new Refusal('malformed', { about: 'day', detail: 'That day is not over.' })
  if (day < today - DELIVERED_DAYS_BACK) throw new Refusal('expired')
  const noted = rooms.told.note(login.device, day, today)
  if (noted === 'full') throw new Refusal('too-many', { retryAfterMs: DAY_MS })
  if (noted) await rooms.days.delivered(day, units * DELIVERED_UNIT_BYTES)
  return nothing(204)
}
