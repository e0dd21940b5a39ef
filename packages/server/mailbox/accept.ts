// Takes an envelope in: checks what it says against who hands it in and whom it names, works out which device gets which
// copy, and keeps it. Nothing here looks at contacts or blocks: the answer and the work are the same whatever the
// recipient thinks of the sender (promise 6). Storage hides what must be hidden.

import { hash } from 'node:crypto'
import { type DeviceAddress, splitDevice, type UserAddress, userOf } from '@doorpost/protocol/address'
import type { Envelope } from '@doorpost/protocol/envelope'
import { CLOCK_AHEAD } from '@doorpost/protocol/clock-ahead'
import { Refusal } from '@doorpost/protocol/errors'
import { CLOCK_SKEW_MS, LIFETIME_MAX_MS } from '@doorpost/protocol/limits'
import { bytesOfBase64url } from '../storage/mail-quota.ts'
import type { IncomingMail, MailQuota, MailStore } from '../storage/storage.ts'
import { canonicalText } from './check-envelope.ts'
import type { Directory, DirectoryEntry } from './directory.ts'

/** What the operator's policy says about mail. */
export interface MailPolicy {
  mayWrite(from: UserAddress, to: UserAddress): boolean
  readonly quota: MailQuota
  /** Sealed body of one message, bytes. */
  readonly messageBytesMax: number
  readonly recipientsMax: number
}

export interface AcceptRoom {
  /** What stands behind the @ of this server's users. */
  readonly domain: string
  readonly store: Pick<MailStore, 'accept' | 'known'>
  readonly directory: Directory
  policy(): MailPolicy
}

export interface Acceptance {
  readonly acceptedAtMs: number
  /** True when the same bytes had been accepted before. */
  readonly already: boolean
  readonly mail: IncomingMail
}

/**
 * `envelope` has passed envelopeSchema. Resolves when it is on stable storage. Throws Refusal: malformed, not-allowed, expired, too-large, not-permitted-by-policy, other-domain,
 * no-such-user, list-moved-on, conflict, mailbox-full.
 */
export async function accept(
  room: AcceptRoom,
  from: DeviceAddress,
  envelope: Envelope,
  nowMs: number,
): Promise<Acceptance> {
  checkSender(envelope, from)
  checkShape(envelope)
  const digest = hash('sha256', canonicalText(envelope), 'base64url')
  const mail = { envelope, digest, acceptedAtMs: nowMs, expiresAtMs: Date.parse(envelope.expires), deliveries: [] }
  try {
    checkDates(envelope, nowMs)
    checkPolicy(room.policy(), envelope)
    checkDomains(room.domain, envelope)
    const deliveries = await deliveriesOf(room.directory, envelope)
    return await keep(room, { ...mail, deliveries })
  } catch (error) {
    // What was accepted once stays accepted, whatever has changed since: the answer may have been lost on its way.
    if (error instanceof Refusal) {
      const known = await room.store.known({ from, id: envelope.id })
      if (known?.digest === digest) return { acceptedAtMs: known.acceptedAtMs, already: true, mail }
      if (known) throw conflict(envelope)
    }
    throw error
  }
}

async function keep(room: AcceptRoom, mail: IncomingMail): Promise<Acceptance> {
  const outcome = await room.store.accept(mail, room.policy().quota)
  switch (outcome.kind) {
    case 'accepted':
    case 'already':
      return { acceptedAtMs: outcome.acceptedAtMs, already: outcome.kind === 'already', mail }
    case 'conflict':
      throw conflict(mail.envelope)
    case 'full':
      throw new Refusal('mailbox-full', { about: outcome.user, detail: 'This mailbox takes no more mail for now.' })
  }
}

function conflict({ id }: Envelope): Refusal {
  return new Refusal('conflict', { about: id, detail: 'Another message with this id was sent before.' })
}

function checkSender(envelope: Envelope, from: DeviceAddress): void {
  if (envelope.from !== from) {
    throw new Refusal('not-allowed', { about: envelope.from, detail: 'A device sends in its own name only.' })
  }
}

function checkShape({ to, heads, sealed }: Envelope): void {
  if (heads.length !== to.length) throw malformed('heads: one for each recipient in `to`')
  if (to.length > 1 && new Set(to).size !== to.length) throw malformed('to: the same recipient twice')
  const { keys } = sealed
  if (keys.length > 1 && new Set(keys.map(({ device }) => device)).size !== keys.length) {
    throw malformed('sealed.keys: the same device twice')
  }
}

/** The date may lie back: mail waits in an outbox while the server is away. The lifetime bounds how far. */
function checkDates({ date, expires }: Envelope, nowMs: number): void {
  const datedMs = Date.parse(date)
  const expiresMs = Date.parse(expires)
  if (datedMs > nowMs + CLOCK_SKEW_MS) throw malformed(CLOCK_AHEAD)
  if (expiresMs <= datedMs) throw malformed('expires: not after date')
  if (expiresMs - datedMs > LIFETIME_MAX_MS) {
    throw malformed(`expires: more than ${LIFETIME_MAX_MS / (24 * 3600_000)} days after date`)
  }
  if (expiresMs <= nowMs) throw new Refusal('expired', { detail: 'This message has expired before it was sent.' })
}

function checkPolicy(policy: MailPolicy, { from, to, sealed }: Envelope): void {
  if (bytesOfBase64url(sealed.body) > policy.messageBytesMax) {
    throw new Refusal('too-large', { detail: `A message here has at most ${policy.messageBytesMax} bytes.` })
  }
  if (to.length > policy.recipientsMax) {
    const detail = `A message here goes to at most ${policy.recipientsMax} recipients.`
    throw new Refusal('not-permitted-by-policy', { detail })
  }
  const sender = splitDevice(from).user
  // Between a user's own devices no rule is asked: it is nobody's mail.
  const others = to.filter((recipient) => userOf(recipient) !== sender)
  const refused = others.find((recipient) => !policy.mayWrite(sender, userOf(recipient)))
  if (refused === undefined) return
  const detail = "The server's policy does not let you write to this address."
  throw new Refusal('not-permitted-by-policy', { about: refused, detail })
}

function checkDomains(domain: string, { to }: Envelope): void {
  const elsewhere = to.find((recipient) => domainOf(userOf(recipient)) !== domain)
  if (elsewhere === undefined) return
  const detail = `This server delivers to addresses at ${domain} only.`
  throw new Refusal('other-domain', { about: elsewhere, detail })
}

/** Each active device of each recipient but the sending one once, with its key. */
async function deliveriesOf(directory: Directory, envelope: Envelope): Promise<IncomingMail['deliveries']> {
  const { to, heads, sealed } = envelope
  const entries: DirectoryEntry[] = []
  for (const recipient of to) {
    const entry = await directory.find(userOf(recipient))
    if (!entry) throw new Refusal('no-such-user', { about: recipient, detail: 'There is no such user here.' })
    entries.push(entry)
  }
  const keys = new Map(sealed.keys.map(({ device, key }) => [device, key]))
  const deliveries = new Map<DeviceAddress, IncomingMail['deliveries'][number]>()
  for (const [index, recipient] of to.entries()) {
    const { head, devices } = entries[index] as DirectoryEntry
    const named = heads[index]
    if (named?.sequence !== head.sequence || named.hash !== head.hash) throw movedOn(recipient)
    const user = userOf(recipient)
    // What a device writes to its own user is for the user's other devices.
    const addressed = devices.filter((device) => device !== envelope.from && [user, device].includes(recipient))
    // Somebody with one device who writes to others and to themselves has no copy of their own.
    if (addressed.length === 0 && user !== userOf(envelope.from)) throw movedOn(recipient)
    for (const device of addressed) {
      const key = keys.get(device)
      if (key === undefined) throw movedOn(recipient)
      deliveries.set(device, { device, user, key })
    }
  }
  if (deliveries.size === 0) throw movedOn(to[0] as UserAddress)
  return [...deliveries.values()]
}

function movedOn(recipient: UserAddress | DeviceAddress): Refusal {
  const detail = 'This user has other devices than the message was sealed for; ask for the new list and seal it again.'
  return new Refusal('list-moved-on', { about: recipient, detail })
}

function malformed(detail: string): Refusal {
  return new Refusal('malformed', { detail: `${detail}.` })
}

function domainOf(user: UserAddress): string {
  return user.slice(user.indexOf('@') + 1)
}
