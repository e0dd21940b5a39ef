// Decides about one envelope that the server brought: what it says and who said it, or why it is not believed. Verifies in
// this order: sender known, sealed for us, signed by a device in the sender's pinned list, named to us, heads in order.
// Keeping it, answering the server and counting are collect.ts's.

import { deviceAddress, splitDevice, type UserAddress } from '@doorpost/protocol/address'
import { toBase64url } from '@doorpost/protocol/bytes'
import { activeDevices, type Head } from '@doorpost/protocol/device-list'
import type { DeliveredEnvelope } from '@doorpost/protocol/envelope'
import { Refusal } from '@doorpost/protocol/errors'
import { CLOCK_SKEW_MS, LIFETIME_MAX_MS } from '@doorpost/protocol/limits'
import { hashOfSigned, type Signed } from '@doorpost/protocol/signature'
import {
  agreesWith,
  openMessage,
  openNote,
  type SignedMessage,
  type SignedNote,
} from '@doorpost/protocol/signed-message'
import type { Identity } from '../identity/identity-record.ts'
import type { People } from '../identity/people.ts'
import type { Person, Resolved } from '../identity/person.ts'
import type { Unsealed } from '../identity/seal.ts'

/** Why mail is not believed; counted by these words and never shown. */
export type MailFault =
  | 'expired'
  | 'bad-dates'
  | 'unknown-sender'
  | 'unreadable'
  | 'unknown-device'
  | 'bad-signature'
  | 'disagrees'
  | 'own'

export type OpenedMail =
  | { readonly kind: 'message'; readonly message: SignedMessage; readonly messageHash: string; readonly person: Person }
  | { readonly kind: 'note'; readonly note: SignedNote; readonly person: Person }
  | { readonly kind: 'refused'; readonly fault: MailFault }
  /** Cannot be decided now: `line` until the sender can be asked about, `person` until the user has looked at them. */
  | { readonly kind: 'parked'; readonly waitsFor: 'line' | 'person' }

export interface OpenMailOptions {
  readonly me: Identity
  readonly people: Pick<People, 'resolve' | 'noteSeenHead'>
  readonly unseal: (envelope: DeliveredEnvelope, ageIdentity: string) => Promise<Unsealed>
  readonly nowMs: number
  readonly signal: AbortSignal
}

/** Throws the signal's reason, and what broke here (a store that cannot be read); never for what the mail holds. */
export async function openMail(envelope: DeliveredEnvelope, options: OpenMailOptions): Promise<OpenedMail> {
  const { me, people, nowMs, signal } = options
  const sender = splitDevice(envelope.from)
  if (envelope.from === me.address) return refused('own')
  const expiresMs = Date.parse(envelope.expires)
  if (expiresMs < nowMs) return refused('expired')
  if (expiresMs - Date.parse(envelope.date) > LIFETIME_MAX_MS + CLOCK_SKEW_MS) return refused('bad-dates')

  const found = await resolve(people, sender.user, { signal })
  if (!('person' in found)) return found
  const unsealed = await options.unseal(envelope, me.ageIdentity)
  if (unsealed.kind === 'unreadable') return refused('unreadable')
  const { signed } = unsealed

  let { person, certain } = found
  let deviceKey = keyOf(person, sender.device)
  if (deviceKey === undefined) {
    // It may be a device added since: ask once.
    const again = await resolve(people, sender.user, { fresh: true, signal })
    if (!('person' in again)) return again
    ;({ person, certain } = again)
    deviceKey = keyOf(person, sender.device)
    if (deviceKey === undefined) return certain ? refused('unknown-device') : { kind: 'parked', waitsFor: 'line' }
  }
  const opened = envelope.class === 'message' ? openMessage(signed, deviceKey) : openNote(signed, deviceKey)
  if (!opened) return refused('bad-signature')
  if (!saysWhatItShould(opened, envelope, me, person)) return refused('disagrees')

  await noteHeads(people, opened, envelope, me)
  if (isNewer(opened.head, person.head)) {
    // They signed under a newer list than the one we know: their device must stand in that one too.
    const again = await resolve(people, sender.user, { fresh: true, signal })
    if (!('person' in again)) return again
    person = again.person
    if (keyOf(person, sender.device) !== deviceKey) return refused('unknown-device')
  }
  if (person.blocked) return { kind: 'parked', waitsFor: 'person' }
  return result(opened, signed, envelope, person)
}

function result(
  opened: SignedMessage | SignedNote,
  signed: Signed,
  envelope: DeliveredEnvelope,
  person: Person,
): OpenedMail {
  return envelope.class === 'message'
    ? { kind: 'message', message: opened as SignedMessage, messageHash: hashOfSigned(signed), person }
    : { kind: 'note', note: opened as SignedNote, person }
}

type Found =
  | { readonly person: Person; readonly certain: boolean }
  | Extract<OpenedMail, { kind: 'refused' | 'parked' }>

async function resolve(
  people: Pick<People, 'resolve'>,
  user: UserAddress,
  options: { readonly fresh?: boolean; readonly signal: AbortSignal },
): Promise<Found> {
  let resolved: Resolved
  try {
    resolved = await people.resolve(user, options)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return error.again === 'never' ? refused('unknown-sender') : { kind: 'parked', waitsFor: 'line' }
  }
  switch (resolved.kind) {
    case 'known':
      return { person: resolved.person, certain: true }
    case 'unknown-user':
      return refused('unknown-sender')
    case 'unreachable':
      // What is remembered is enough to verify a device that stands in it.
      return resolved.person && resolved.person.changedTo === undefined
        ? { person: resolved.person, certain: false }
        : { kind: 'parked', waitsFor: 'line' }
    case 'key-changed':
    case 'list-withheld':
    case 'list-forked':
      return { kind: 'parked', waitsFor: 'person' }
  }
}

function keyOf(person: Person, device: string): string | undefined {
  return activeDevices(person.opened.list).find(({ name }) => name === device)?.key
}

function saysWhatItShould(
  opened: SignedMessage | SignedNote,
  envelope: DeliveredEnvelope,
  me: Identity,
  person: Person,
): boolean {
  return (
    opened.fromAccount === person.fingerprint &&
    agreesWith(opened, envelope, { user: me.user, device: me.device, accountKey: me.fingerprint })
  )
}

async function noteHeads(
  people: Pick<People, 'noteSeenHead'>,
  opened: SignedMessage | SignedNote,
  envelope: DeliveredEnvelope,
  me: Identity,
): Promise<void> {
  await people.noteSeenHead(splitDevice(envelope.from).user, opened.head, envelope.from)
  for (const { address, seen } of opened.to) {
    if (address === me.user || address === deviceAddress(me.user, me.device)) {
      await people.noteSeenHead(me.user, seen, envelope.from)
    }
  }
}

function isNewer(seen: Head, known: Head): boolean {
  return seen.sequence > known.sequence
}

function refused(fault: MailFault): Extract<OpenedMail, { kind: 'refused' }> {
  return { kind: 'refused', fault }
}

/** A key of an address as the store of the room `arrivals` can order it. */
export function mailKey(envelope: Pick<DeliveredEnvelope, 'from' | 'id'>): string {
  return `${splitDevice(envelope.from).user} ${envelope.id}`
}

/** What tells two editions under one id apart: everything but when and how the server delivered it. */
export function editionOf(envelope: DeliveredEnvelope, hash: (bytes: Uint8Array) => Uint8Array): string {
  const { from, to, date, expires, sealed } = envelope
  return toBase64url(hash(new TextEncoder().encode(JSON.stringify([from, to, date, expires, envelope.class, sealed]))))
}
