// Who a message goes to: from what was typed to addresses, and from addresses to the devices to seal it for.

import {
  type DeviceAddress,
  deviceAddress,
  parseAddress,
  recipientKind,
  splitDevice,
  isDeviceAddress,
  type UserAddress,
  userAddress,
} from '@doorpost/protocol/address'
import { activeDevices } from '@doorpost/protocol/device-list'
import { Refusal } from '@doorpost/protocol/errors'
import { RECIPIENTS_MAX, SEALED_KEYS_MAX } from '@doorpost/protocol/limits'
import type { Identity } from '../identity/identity-record.ts'
import type { People } from '../identity/people.ts'
import type { Person, Resolved } from '../identity/person.ts'
import type { SealFor } from '../identity/seal.ts'
import { Trouble } from '../operations.ts'

/** One recipient whose keys are known. */
export interface Addressee {
  readonly address: UserAddress | DeviceAddress
  readonly person: Person
  readonly devices: readonly SealFor[]
}

export type Addressed =
  | { readonly kind: 'all'; readonly addressees: readonly Addressee[] }
  /** Somebody's keys are not known and there is no line to ask over. */
  | { readonly kind: 'unreachable'; readonly address: string }
  /** The user must look first (key-changed, list-withheld), or it can never be (no-such-user). */
  | { readonly kind: 'stopped'; readonly trouble: Trouble; readonly forGood: boolean }

/**
 * Full addresses in the order given, each once; a device whose user is named too is left out.
 * Throws Trouble `bad-address`, `mail-address`, `too-large`.
 */
export function parseRecipients(
  typed: readonly string[],
  me: { readonly user: UserAddress; readonly device?: string },
): (UserAddress | DeviceAddress)[] {
  const domain = me.user.slice(me.user.indexOf('@') + 1)
  const found = new Set<UserAddress | DeviceAddress>()
  for (const text of typed.map((one) => one.trim())) {
    const kind = recipientKind(text, [domain])
    if (kind === 'e-mail') throw mailAddress(text)
    const parsed = parseAddress(text)
    if (kind === 'neither' || !parsed.ok) throw new Trouble('bad-address', `"${shown(text)}" is no address.`)
    const user = userAddress(parsed.value, domain)
    if (user === me.user && parsed.value.device !== undefined && parsed.value.device === me.device) {
      throw new Trouble('bad-address', 'That is this very device.')
    }
    found.add(parsed.value.device === undefined ? user : deviceAddress(user, parsed.value.device))
  }
  if (found.size === 0) throw new Trouble('bad-address', 'A message needs somebody to go to.')
  if (found.size > RECIPIENTS_MAX)
    throw new Trouble('too-large', `A message goes to at most ${RECIPIENTS_MAX} recipients.`)
  return [...found].filter((one) => !isDeviceAddress(one) || !found.has(splitDevice(one).user))
}

/** A user with one device who answers to all is among them: whoever else is named is meant. Alone it stays, and is refused. */
export function withoutLonelySelf(
  to: readonly (UserAddress | DeviceAddress)[],
  { user, opened }: Pick<Identity, 'user' | 'opened'>,
): (UserAddress | DeviceAddress)[] {
  const hasOthers = activeDevices(opened.list).length > 1
  return hasOthers || to.length === 1 ? [...to] : to.filter((address) => address !== user)
}

/** Finds the keys of everybody, asking the server for those not known; anew for all when `fresh`. */
export async function addressAll(
  people: Pick<People, 'resolve'>,
  to: readonly (UserAddress | DeviceAddress)[],
  options: {
    readonly fresh?: boolean
    readonly signal?: AbortSignal
    /** The device that writes: mail to its own user is for the user's other devices. */
    readonly from?: DeviceAddress
  } = {},
): Promise<Addressed> {
  const addressees: Addressee[] = []
  let unreachable: string | undefined
  for (const address of to) {
    const { user, device } = isDeviceAddress(address) ? splitDevice(address) : { user: address, device: undefined }
    let resolved: Resolved
    try {
      resolved = await people.resolve(user, options)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      return {
        kind: 'stopped',
        forGood: error.again === 'never',
        trouble: new Trouble(error.code, error.message, { cause: error }),
      }
    }
    const person = personOf(resolved)
    if (resolved.kind !== 'unreachable' && !person) return stoppedBy(user, resolved)
    // Goes on: another recipient may show a trouble that the user should hear of now.
    if (!person) unreachable ??= user
    else {
      const devices = sealFor(person, device).filter((one) => one.device !== options.from)
      if (devices.length === 0) {
        if (options.from !== undefined && splitDevice(options.from).user === user && device === undefined) {
          return { kind: 'stopped', forGood: true, trouble: noOtherDevice() }
        }
        const detail = device === undefined ? `${user} has no device.` : `${user} has no device "${device}".`
        return { kind: 'stopped', forGood: true, trouble: new Trouble('no-such-user', detail) }
      }
      addressees.push({ address, person, devices })
    }
  }
  if (unreachable !== undefined) return { kind: 'unreachable', address: unreachable }
  const count = addressees.reduce((sum, { devices }) => sum + devices.length, 0)
  if (count > SEALED_KEYS_MAX) {
    const detail = `The recipients have ${count} devices together; a message is sealed for at most ${SEALED_KEYS_MAX}.`
    return { kind: 'stopped', forGood: true, trouble: new Trouble('too-large', detail) }
  }
  return { kind: 'all', addressees }
}

/** Why somebody cannot be written to, as a sentence. */
export function resolvedTrouble(user: UserAddress, resolved: Exclude<Resolved, { kind: 'known' }>): Trouble {
  switch (resolved.kind) {
    case 'unknown-user':
      return new Trouble('no-such-user', `Nobody is called ${user}.`)
    case 'key-changed':
      return new Trouble(
        'key-changed',
        `The key of ${user} is not the one you know. It may be a new start of theirs, or somebody else in their name.`,
        { todo: `Compare the fingerprint ${resolved.fingerprint} with them by another way, then accept it.` },
      )
    case 'list-withheld':
      return new Trouble('list-withheld', `The server shows an older list of ${user}'s devices than you have seen.`)
    case 'list-forked':
      return new Trouble('list-withheld', `The server shows another list of ${user}'s devices than you have seen.`)
    case 'unreachable':
      return new Trouble('server-unreachable', `The server cannot be asked about ${user} now.`)
  }
}

function stoppedBy(user: UserAddress, resolved: Resolved): Addressed {
  if (resolved.kind === 'known' || resolved.kind === 'unreachable') return { kind: 'unreachable', address: user }
  return { kind: 'stopped', trouble: resolvedTrouble(user, resolved), forGood: resolved.kind === 'unknown-user' }
}

/** Without a line what is remembered will do: a list that moved on is noticed by the server when the message goes. */
function personOf(resolved: Resolved): Person | undefined {
  if (resolved.kind === 'known') return resolved.person
  if (resolved.kind === 'unreachable' && resolved.person?.changedTo === undefined) return resolved.person
  return undefined
}

function sealFor(person: Person, device: string | undefined): SealFor[] {
  return activeDevices(person.opened.list)
    .filter(({ name }) => device === undefined || name === device)
    .map(({ name, recipient }) => ({ device: deviceAddress(person.address, name), recipient }))
}

function noOtherDevice(): Trouble {
  return new Trouble('bad-address', 'That is your own address, and you have no other device it could go to.', {
    todo: 'Link one first: doorpost devices add',
  })
}

function mailAddress(text: string): Trouble {
  return new Trouble(
    'mail-address',
    `"${shown(text)}" is an e-mail address. Mail to people who have not joined is not served yet.`,
    { todo: 'Ask them to join, and write to their address there.' },
  )
}

/** Typed by hand or by a program: shortened, and without characters that move the cursor. */
function shown(text: string): string {
  return text.replace(/\p{C}/gu, '').slice(0, 80)
}
