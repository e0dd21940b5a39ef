// Taking mail in. The hot path: seven statements for a message to one device, and a share of one sync.

import { splitDevice, type UserAddress } from '@doorpost/protocol/address'
import type { Database } from 'better-sqlite3'
import type { Writes } from './group-commit.ts'
import { bytesOfBase64url, type Fill, hasRoom, type Pool } from './mail-quota.ts'
import { MUTUAL } from './sqlite-contacts.ts'
import { copyNumber } from './sqlite-copies.ts'
import { fillCounters } from './sqlite-fill.ts'
import type { AcceptOutcome, IncomingMail, MailQuota, MailStore } from './storage.ts'

export function mailAccept(db: Database, writes: Writes): Pick<MailStore, 'accept'> {
  const fill = fillCounters(db)
  const before = db.prepare<[string, string], { digest: string; accepted_at_ms: number }>(
    'select digest, accepted_at_ms from messages where sender = ? and id = ?',
  )
  const mutual = db.prepare<{ a: string; b: string }, number>(`select ${MUTUAL}`).pluck()
  const insertMessage = db.prepare(
    `insert into messages (position, sender, id, from_device, class, recipients, date, expires, accepted_at_ms,
       expires_at_ms, digest, body) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const insertCopy = db.prepare(
    `insert into copies (number, position, device, user, sender, pool, bytes, sealed_key)
     values (?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const last = db.prepare<[], number>('select coalesce(max(position), 0) from messages').pluck()
  // Counted here rather than by SQLite, which gives the number of a newest message that expired away again.
  let lastPosition = last.get() ?? 0

  function poolOf(sender: UserAddress, user: UserAddress): Pool {
    return user === sender || mutual.get({ a: sender, b: user }) === 1 ? 'contacts' : 'others'
  }

  function accept(mail: IncomingMail, quota: MailQuota): AcceptOutcome {
    const { envelope, digest, acceptedAtMs, expiresAtMs, deliveries } = mail
    const { id, from, to, date, expires, sealed } = envelope
    const sender = splitDevice(from).user
    const known = before.get(sender, id)
    if (known) {
      return known.digest === digest ? { kind: 'already', acceptedAtMs: known.accepted_at_ms } : { kind: 'conflict' }
    }
    const pools = new Map<UserAddress, Pool>()
    const bodyBytes = bytesOfBase64url(sealed.body)
    const adding = perUser(mail, bodyBytes)
    for (const [user, added] of adding) {
      const pool = poolOf(sender, user)
      pools.set(user, pool)
      if (!hasRoom(pool, quota, fill.of(user, pool, sender), added)) return { kind: 'full', user }
    }
    const position = ++lastPosition
    insertMessage.run(
      position,
      sender,
      id,
      from,
      envelope.class,
      JSON.stringify(to),
      date,
      expires,
      acceptedAtMs,
      expiresAtMs,
      digest,
      sealed.body,
    )
    for (const [index, { device, user, key }] of deliveries.entries()) {
      insertCopy.run(
        copyNumber(position, index),
        position,
        device,
        user,
        sender,
        pools.get(user),
        bytesOfBase64url(key) + bodyBytes,
        key,
      )
    }
    for (const [user, added] of adding) fill.add(user, pools.get(user) as Pool, sender, added)
    return { kind: 'accepted', acceptedAtMs }
  }

  return { accept: (mail, quota) => writes.run(() => accept(mail, quota)) }
}

/** In the order of deliveries. */
function perUser({ deliveries }: IncomingMail, bodyBytes: number): Map<UserAddress, Fill> {
  const adding = new Map<UserAddress, Fill>()
  for (const { user, key } of deliveries) {
    const { copies, bytes } = adding.get(user) ?? { copies: 0, bytes: 0 }
    adding.set(user, { copies: copies + 1, bytes: bytes + bytesOfBase64url(key) + bodyBytes })
  }
  return adding
}
