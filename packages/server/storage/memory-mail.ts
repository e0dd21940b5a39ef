// Mail in memory.

import { type DeviceAddress, splitDevice, type UserAddress } from '@doorpost/protocol/address'
import type { DeliveredEnvelope } from '@doorpost/protocol/envelope'
import type { MailKey } from '@doorpost/protocol/messages/mailbox'
import { bytesOfBase64url, type Fill, hasRoom, type Pool } from './mail-quota.ts'
import type { MemoryContacts } from './memory-contacts.ts'
import type { IncomingMail, MailStore } from './storage.ts'

interface Kept {
  readonly position: number
  readonly mail: IncomingMail
  readonly sender: UserAddress
  readonly copies: readonly Copy[]
}

interface Copy {
  readonly device: DeviceAddress
  readonly user: UserAddress
  readonly key: string
  readonly pool: Pool
  readonly bytes: number
  waits: boolean
}

export function memoryMail(contacts: MemoryContacts): MailStore {
  /** By sender's user and id, in the order of acceptance. */
  const kept = new Map<string, Kept>()
  let lastPosition = 0

  function byKey({ from, id }: MailKey): Kept | undefined {
    const found = kept.get(`${splitDevice(from).user} ${id}`)
    return found?.mail.envelope.from === from ? found : undefined
  }

  function fill(user: UserAddress, pool: Pool, sender?: UserAddress): Fill {
    let copies = 0
    let bytes = 0
    for (const message of kept.values()) {
      if (sender !== undefined && message.sender !== sender) continue
      for (const copy of message.copies) {
        if (copy.user !== user || copy.pool !== pool || (pool === 'contacts' && !copy.waits)) continue
        copies++
        bytes += copy.bytes
      }
    }
    return { copies, bytes }
  }

  function* visible(device: DeviceAddress, nowMs: number): Generator<[Kept, Copy]> {
    for (const message of kept.values()) {
      const copy = message.copies.find((candidate) => candidate.device === device && candidate.waits)
      if (!copy || message.mail.expiresAtMs <= nowMs || contacts.isBlocked(copy.user, message.sender)) continue
      yield [message, copy]
    }
  }

  return {
    async accept(mail, quota) {
      const { envelope, digest, acceptedAtMs } = mail
      const sender = splitDevice(envelope.from).user
      const name = `${sender} ${envelope.id}`
      const before = kept.get(name)
      if (before?.mail.digest === digest) return { kind: 'already', acceptedAtMs: before.mail.acceptedAtMs }
      if (before) return { kind: 'conflict' }
      const poolOf = (user: UserAddress) =>
        user === sender || contacts.isMutual(sender, user) ? ('contacts' as const) : ('others' as const)
      const copies = mail.deliveries.map(({ device, user, key }) => {
        const bytes = bytesOfBase64url(key) + bytesOfBase64url(envelope.sealed.body)
        return { device, user, key, pool: poolOf(user), bytes, waits: true }
      })
      for (const { user, pool } of copies) {
        const mine = copies.filter((copy) => copy.user === user)
        const adding = { copies: mine.length, bytes: mine.reduce((sum, copy) => sum + copy.bytes, 0) }
        const occupied = { pool: fill(user, pool), sender: fill(user, pool, sender) }
        if (!hasRoom(pool, quota, occupied, adding)) return { kind: 'full', user }
      }
      kept.set(name, { position: ++lastPosition, mail, sender, copies })
      return { kind: 'accepted', acceptedAtMs }
    },

    async known({ from, id }) {
      const found = kept.get(`${splitDevice(from).user} ${id}`)
      return found && { digest: found.mail.digest, acceptedAtMs: found.mail.acceptedAtMs }
    },

    async list(device, { afterMs, after, limit }, nowMs) {
      const start = after && byKey(after)
      const listed = []
      for (const [message, copy] of visible(device, nowMs)) {
        const { mail, position } = message
        if (start ? position <= start.position : mail.acceptedAtMs < (afterMs ?? 0)) continue
        if (listed.push({ ...headOf(mail), sizeBytes: copy.bytes }) >= limit) break
      }
      return listed
    },

    async retrieve(device, keys, nowMs) {
      const all = new Map([...visible(device, nowMs)].map(([message, copy]) => [message, delivered(message, copy)]))
      return keys.flatMap((key) => all.get(byKey(key) as Kept) ?? [])
    },

    async waiting(device, { after, limit, bytesMax }, nowMs) {
      const found = []
      let characters = 0
      for (const [message, copy] of visible(device, nowMs)) {
        if (message.position <= after) continue
        found.push({ position: message.position, envelope: delivered(message, copy) })
        characters += copy.key.length + message.mail.envelope.sealed.body.length
        if (found.length >= limit || characters >= bytesMax) break
      }
      return found
    },

    remove: async (device, keys) =>
      keys.filter((key) => {
        const copy = byKey(key)?.copies.find((candidate) => candidate.device === device && candidate.waits)
        if (copy) copy.waits = false
        return copy !== undefined
      }),

    async removeDevice(device) {
      for (const { copies } of kept.values()) {
        for (const copy of copies) if (copy.device === device) copy.waits = false
      }
    },

    async parties(key, nowMs) {
      const found = byKey(key)
      if (!found || found.mail.expiresAtMs <= nowMs) return undefined
      return { from: found.mail.envelope.from, to: [...found.mail.envelope.to] }
    },

    async expire(nowMs, limit) {
      const expired = [...kept].filter(([, { mail }]) => mail.expiresAtMs <= nowMs)
      // The same ones as an index over the time of expiry gives.
      expired.sort(([, a], [, b]) => a.mail.expiresAtMs - b.mail.expiresAtMs || a.position - b.position)
      const going = expired.slice(0, limit)
      for (const [name] of going) kept.delete(name)
      return going.length
    },

    async occupied(user) {
      const [contacts, others] = [fill(user, 'contacts'), fill(user, 'others')]
      return { copies: contacts.copies + others.copies, bytes: contacts.bytes + others.bytes }
    },

    async counts() {
      const copies = [...kept.values()].flatMap((message) => message.copies.filter(({ waits }) => waits))
      return { messages: kept.size, copies: copies.length }
    },
  }
}

function headOf({ envelope, acceptedAtMs }: IncomingMail) {
  const { v, id, class: kind, from, to, date, expires } = envelope
  return { v, id, class: kind, from, to, date, expires, acceptedAt: new Date(acceptedAtMs).toISOString() }
}

function delivered({ mail }: Kept, { key }: Copy): DeliveredEnvelope {
  return { ...headOf(mail), sealed: { key, body: mail.envelope.sealed.body } }
}
