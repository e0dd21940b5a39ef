// Tells the server, where its user wants so, how much media came in a day: from the receipts this device signed, and from what those who
// have a link of its user's, and no account to say it themselves, told this device under their browser's signature. Once the day is over, in
// whole units rounded by chance: sums are right on average, and no film can be told by its size.

import { dayOf, dayText } from '@doorpost/protocol/day'
import { DELIVERED_DAYS_BACK, DELIVERED_UNIT_BYTES, DELIVERED_UNITS_MAX } from '@doorpost/protocol/messages/delivered'
import { CLOCK_SKEW_MS } from '@doorpost/protocol/limits'
import { openReceipt, type Receipt } from '@doorpost/protocol/receipt'
import { Refusal } from '@doorpost/protocol/errors'
import type { Signed } from '@doorpost/protocol/signature'
import { fromBase64url, fromUtf8, toBase64url } from '@doorpost/protocol/bytes'
import type { Clock } from '../clock.ts'
import type { Identity } from '../identity/identity-record.ts'
import type { Random } from '../random.ts'
import type { GrantRecord } from '../send/grant-record.ts'
import type { Line } from '../session/line.ts'
import type { Store } from '../store/store.ts'
import { GIVEN } from './receipt.ts'

/** Key in the room `settings`: the last day (since 1970, UTC) that was told of, or before which nothing is. */
const TOLD = 'received-told'

export interface TellReceivedOptions {
  readonly store: Store
  readonly line: Pick<Line, 'call' | 'state'>
  readonly me: Pick<Identity, 'deviceKey'>
  readonly clock: Pick<Clock, 'nowMs'>
  readonly random: Random
  wanted(): boolean
}

/** To be called now and then. Throws what the line throws; what was not told is told the next time. */
export async function tellReceived(options: TellReceivedOptions): Promise<void> {
  const { store, line, clock, random } = options
  const told = await store.get<number>('settings', TOLD)
  // A day that is not over by the server's clock cannot be told of.
  const today = dayOf(clock.nowMs() - CLOCK_SKEW_MS)
  const remember = (day: number) => store.write([{ put: 'settings', key: TOLD, value: day }])
  if (!options.wanted()) {
    if (told !== undefined) await store.write([{ drop: 'settings', key: TOLD }])
    return
  }
  // What came before its user said so is nobody's business.
  if (told === undefined) return await remember(today - 1)
  if (told >= today - 1 || line.state !== 'online') return
  const first = Math.max(told + 1, today - DELIVERED_DAYS_BACK)
  const days = await receivedSince(first, options)
  await addFetchedByLinks(days, first, store)
  for (let day = first; day < today; day++) {
    const units = Math.min(DELIVERED_UNITS_MAX, unitsOf(days.get(day) ?? 0, random))
    if (units > 0) await tell(line, day, units)
    await remember(day)
  }
}

async function tell(line: Pick<Line, 'call'>, day: number, units: number): Promise<void> {
  try {
    await line.call('SEND', '/delivered', { body: { day: dayText(day), units } })
  } catch (error) {
    // A server that does not count, or took it for too late by its clock: nothing is told of that day.
    if (!(error instanceof Refusal) || error.again !== 'never') throw error
  }
}

/** Bytes by day. Older receipts are not even verified: there may be thousands. */
async function receivedSince(first: number, { store, me }: TellReceivedOptions): Promise<Map<number, number>> {
  const own = toBase64url(me.deviceKey.public)
  const days = new Map<number, number>()
  for (const { value } of await store.all<Signed>('receipts', GIVEN)) {
    const { storedAt } = JSON.parse(fromUtf8(fromBase64url(value.body))) as Partial<Receipt>
    const day = dayOf(Date.parse(storedAt ?? ''))
    const receipt = day >= first ? openReceipt(value, own) : undefined
    if (!receipt) continue
    days.set(day, (days.get(day) ?? 0) + receipt.sizeBytes)
  }
  return days
}

async function addFetchedByLinks(days: Map<number, number>, first: number, store: Store): Promise<void> {
  for (const { value } of await store.all<GrantRecord>('grants')) {
    for (const { root, at } of value.stored) {
      const day = dayOf(Date.parse(at))
      const sizeBytes = value.media.find((one) => one.root === root)?.sizeBytes ?? 0
      if (day >= first) days.set(day, (days.get(day) ?? 0) + sizeBytes)
    }
  }
}

/** Whole units; what is left over makes one more as often as it is large. */
function unitsOf(bytes: number, random: Random): number {
  const whole = Math.floor(bytes / DELIVERED_UNIT_BYTES)
  const over = (bytes % DELIVERED_UNIT_BYTES) / DELIVERED_UNIT_BYTES
  const [a = 0, b = 0, c = 0] = random(3)
  return whole + ((a * 65_536 + b * 256 + c) / 2 ** 24 < over ? 1 : 0)
}
