// Mail in SQLite: what devices read of it. Taking it in is sqlite-mail-accept.ts, ending it sqlite-mail-end.ts.

import { type DeviceAddress, splitDevice, type UserAddress } from '@doorpost/protocol/address'
import type { DeliveredEnvelope, ListedEnvelope } from '@doorpost/protocol/envelope'
import type { Database } from 'better-sqlite3'
import type { Writes } from './group-commit.ts'
import { mailAccept } from './sqlite-mail-accept.ts'
import { mailEnd } from './sqlite-mail-end.ts'
import type { MailStore } from './storage.ts'

interface HeadRow {
  position: number
  id: string
  class: 'message' | 'note'
  from_device: DeviceAddress
  recipients: string
  date: string
  expires: string
  accepted_at_ms: number
}
type ListedRow = HeadRow & { bytes: number }
type WholeRow = HeadRow & { body: string; sealed_key: string }

const HEAD = 'm.position, m.id, m.class, m.from_device, m.recipients, m.date, m.expires, m.accepted_at_ms'

/** What waits for a device and is not hidden. The two question marks: the device, and the time now. */
const VISIBLE = `
  from copies c join messages m on m.position = c.position
  where c.device = ? and c.sealed_key is not null and m.expires_at_ms > ?
    and not exists (select 1 from blocks b where b.owner = c.user and b.other = c.sender)`

export function sqliteMail(db: Database, writes: Writes): MailStore {
  const listed = db.prepare<[string, number, number, number, number], ListedRow>(
    `select ${HEAD}, c.bytes ${VISIBLE} and c.position > ? and m.accepted_at_ms >= ? order by c.position limit ?`,
  )
  const positionOf = db
    .prepare<[string, string, string], number>(
      'select position from messages where sender = ? and id = ? and from_device = ?',
    )
    .pluck()
  const whole = db.prepare<[string, number, string, string, string], WholeRow>(
    `select ${HEAD}, m.body, c.sealed_key ${VISIBLE} and m.sender = ? and m.id = ? and m.from_device = ?`,
  )
  const waiting = db.prepare<[string, number, number, number], WholeRow>(
    `select ${HEAD}, m.body, c.sealed_key ${VISIBLE} and c.position > ? order by c.position limit ?`,
  )
  const known = db.prepare<[string, string], { digest: string; acceptedAtMs: number }>(
    'select digest, accepted_at_ms as acceptedAtMs from messages where sender = ? and id = ?',
  )
  const parties = db.prepare<[string, string, string, number], { recipients: string }>(
    'select recipients from messages where sender = ? and id = ? and from_device = ? and expires_at_ms > ?',
  )
  const messages = db.prepare<[], number>('select count(*) from messages').pluck()
  const copies = db.prepare<[], number>('select count(*) from copies where sealed_key is not null').pluck()
  const occupied = db.prepare<[string], { copies: number; bytes: number }>(
    // Sender '' is a whole pool (schema.ts).
    "select total(copies) as copies, total(bytes) as bytes from fill where user = ? and sender = ''",
  )

  return {
    ...mailAccept(db, writes),
    ...mailEnd(db, writes),

    known: async ({ from, id }) => known.get(splitDevice(from).user, id),

    async list(device, { afterMs = 0, after, limit }, nowMs) {
      const start = after && positionOf.get(splitDevice(after.from).user, after.id, after.from)
      const rows = listed.all(device, nowMs, start ?? 0, start === undefined ? afterMs : 0, limit)
      return rows.map((row): ListedEnvelope => ({ ...headOf(row), sizeBytes: row.bytes }))
    },

    async retrieve(device, keys, nowMs) {
      return keys.flatMap(({ from, id }) => {
        const row = whole.get(device, nowMs, splitDevice(from).user, id, from)
        return row ? [delivered(row)] : []
      })
    },

    async waiting(device, { after, limit, bytesMax }, nowMs) {
      const found = []
      let characters = 0
      for (const row of waiting.iterate(device, nowMs, after, limit)) {
        found.push({ position: row.position, envelope: delivered(row) })
        characters += row.sealed_key.length + row.body.length
        if (characters >= bytesMax) break
      }
      return found
    },

    async parties({ from, id }, nowMs) {
      const row = parties.get(splitDevice(from).user, id, from, nowMs)
      return row && { from, to: recipientsOf(row.recipients) }
    },

    occupied: async (user) => occupied.get(user) ?? { copies: 0, bytes: 0 },

    counts: async () => ({ messages: messages.get() ?? 0, copies: copies.get() ?? 0 }),
  }
}

function headOf(row: HeadRow) {
  return {
    v: 1 as const,
    id: row.id,
    class: row.class,
    from: row.from_device,
    to: recipientsOf(row.recipients),
    date: row.date,
    expires: row.expires,
    acceptedAt: new Date(row.accepted_at_ms).toISOString(),
  }
}

function delivered(row: WholeRow): DeliveredEnvelope {
  return { ...headOf(row), sealed: { key: row.sealed_key, body: row.body } }
}

function recipientsOf(text: string): (UserAddress | DeviceAddress)[] {
  return JSON.parse(text) as (UserAddress | DeviceAddress)[]
}
