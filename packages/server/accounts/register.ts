// SEND /accounts: somebody without an account hands in the first device list of one, with an invitation where the policy
// asks for it. Handing in the same list again is answered the same, so a lost answer costs nothing.

import { createHash } from 'node:crypto'
import { parseAddress } from '@doorpost/protocol/address'
import { fromBase64url } from '@doorpost/protocol/bytes'
import { activeDevices, type OpenedDeviceList, openDeviceList } from '@doorpost/protocol/device-list'
import { Refusal } from '@doorpost/protocol/errors'
import { type Registered, registerSchema } from '@doorpost/protocol/messages/register'
import { json, readJson } from '../bodies.ts'
import type { Answer } from '../listen/exchange.ts'
import { mayRegister } from '../policy/rules.ts'
import type { Call, Rooms } from '../rooms.ts'
import { isReserved } from './names.ts'

/** A device list in JSON, bytes: 64 entries of 3 kB (hybrid recipient, two keys, countersignature) in base64url. */
export const LIST_BODY_BYTES_MAX = 320 * 1024
/** A first list, bytes: 16 devices. Strangers hand it in, and every entry in it costs a signature to verify. */
const FIRST_LIST_BODY_BYTES_MAX = 80 * 1024

export async function register(rooms: Rooms, { exchange }: Call): Promise<Answer> {
  const { registration, quotas } = rooms.policy()
  if (registration === 'closed') throw new Refusal('registration-closed')
  const { deviceList, invitation } = await readJson(exchange, registerSchema, FIRST_LIST_BODY_BYTES_MAX)
  if (registration === 'invitation' && invitation === undefined) throw new Refusal('invitation-needed')
  const opened = openDeviceList(deviceList)
  if (!opened) throw new Refusal('list-refused', { detail: 'The device list is not signed as it should be.' })
  checkFirst(rooms, opened)
  if ((await rooms.storage.accounts.count()) >= quotas.accounts) {
    throw new Refusal('no-room', { detail: 'This server has as many users as it may have.' })
  }
  const nowMs = rooms.clock.wallMs()
  const address = opened.list.user
  const isAdmin = await rooms.admins.has(address)
  const mustInvite = registration === 'invitation' || isAdmin
  if (mustInvite) await rooms.takeInvitations()
  if (isAdmin && !(await isFromOperator(rooms, invitation, nowMs))) throw adminsName(address)
  const outcome = await rooms.storage.accounts.create(
    { address, deviceList, head: opened.head, share: 'all', createdAtMs: nowMs },
    mustInvite && invitation !== undefined ? { tokenHash: hashOfInvitation(invitation), nowMs } : undefined,
  )
  if (outcome === 'created') rooms.log.info('an account was registered')
  else {
    // Handed in before, and the answer was lost: then the invitation is used up, and the name is its own.
    const holder = await rooms.storage.accounts.get(address)
    if (holder?.head.hash !== opened.head.hash) throw outcome === 'taken' ? taken(address) : voidInvitation()
  }
  return json(201, { address } satisfies Registered)
}

/** Made at the data folder, or by somebody who runs this server already; used up ones too: the answer may have been lost. */
async function isFromOperator(rooms: Rooms, invitation: string | undefined, nowMs: number): Promise<boolean> {
  if (invitation === undefined) return false
  const found = await rooms.storage.invitations.find(hashOfInvitation(invitation), nowMs)
  return found !== undefined && found.inviter === null
}

function adminsName(address: string): Refusal {
  return new Refusal('invitation-needed', {
    about: address,
    detail:
      'This name will run the server: it is registered with an invitation made on its own machine (doorpost invite).',
  })
}

/** What the server keeps of an invitation: SHA-256 of the token's bytes, base64url. */
export function hashOfInvitation(token: string): string {
  return createHash('sha256').update(fromBase64url(token)).digest('base64url')
}

function taken(address: string): Refusal {
  return new Refusal('name-taken', { about: address })
}

function voidInvitation(): Refusal {
  return new Refusal('invitation-needed', { detail: 'This invitation was used already, or its time is over.' })
}

function checkFirst(rooms: Rooms, { list, signedBy }: OpenedDeviceList): void {
  if (list.sequence !== 1 || signedBy !== 'account' || activeDevices(list).length === 0) {
    throw new Refusal('list-refused', { detail: 'An account begins with list number 1 and a device in it.' })
  }
  const parsed = parseAddress(list.user)
  if (!parsed.ok || parsed.value.domain !== rooms.domain) {
    throw new Refusal('other-domain', { about: list.user, detail: `Users of this server are NAME@${rooms.domain}.` })
  }
  const name = parsed.value.user
  if (isReserved(name)) {
    throw new Refusal('not-permitted-by-policy', { about: name, detail: 'This name is kept for the server itself.' })
  }
  if (!mayRegister(rooms.policy(), name)) {
    throw new Refusal('not-permitted-by-policy', { about: name, detail: 'This server does not give out this name.' })
  }
}
