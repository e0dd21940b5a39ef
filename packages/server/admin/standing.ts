// How accounts stand, and what follows: a closed or removed one loses its logins and sessions at once; a removed one is forgotten when the
// time in which it can be put back is over.

import { deviceAddress, type UserAddress } from '@doorpost/protocol/address'
import { Refusal } from '@doorpost/protocol/errors'
import { devicesOf, knownList } from '../accounts/known-list.ts'
import type { Rooms } from '../rooms.ts'
import type { Account, Standing } from '../storage/storage.ts'

/** How long a removed account can be put back, ms: a week, for those who notice on Monday. */
export const REMOVED_KEPT_MS = 7 * 24 * 3600_000
/** How often those whose time is over are looked for, ms. */
export const FORGET_EVERY_MS = 3600_000
/** Forgotten in one go. */
const FORGET_STEP = 100
/** Invitations of one user: their bound (accounts/invitations.ts) with room. */
const INVITATIONS_STEP = 1000

type StandingRooms = Pick<Rooms, 'storage' | 'logins' | 'presence' | 'clock'>

/** False when there is no such account. */
export async function stand(rooms: StandingRooms, user: UserAddress, standing: Standing): Promise<boolean> {
  const account = await rooms.storage.accounts.get(user)
  if (!(await rooms.storage.accounts.setStanding(user, standing, rooms.clock.wallMs()))) return false
  if (account && standing !== 'open') await logOut(rooms, account)
  return true
}

/** Throws Refusal `not-allowed` for an account that is closed: asked when its owner has proven who they are. */
export async function checkStanding(rooms: Pick<Rooms, 'storage'>, user: UserAddress): Promise<void> {
  if ((await rooms.storage.accounts.standing(user)) !== 'closed') return
  throw new Refusal('not-allowed', {
    detail: 'Whoever runs this server has closed this account. What is sent to it waits.',
  })
}

/** Forgets accounts that were removed long enough ago; their names stay taken. Answers how many. */
export async function forgetRemoved(rooms: Pick<Rooms, 'storage' | 'clock'>): Promise<number> {
  const { storage } = rooms
  const nowMs = rooms.clock.wallMs()
  const due = await storage.accounts.removedBy(nowMs - REMOVED_KEPT_MS, FORGET_STEP)
  for (const account of due) {
    const { address } = account
    for (const { name } of devicesOf(account)) await storage.mail.removeDevice(deviceAddress(address, name))
    for (const { tokenHash } of await storage.invitations.list({ inviter: address }, nowMs, INVITATIONS_STEP)) {
      await storage.invitations.revoke(tokenHash)
    }
    await storage.contacts.drop(address)
    await storage.preferences.drop(address)
    // Last: what a crash leaves undone is found again.
    await storage.accounts.forget(address)
  }
  return due.length
}

async function logOut(rooms: StandingRooms, account: Account): Promise<void> {
  // Revoked devices have no logins, and asking costs nothing.
  for (const { name } of knownList(account).list.devices) {
    const device = deviceAddress(account.address, name)
    await rooms.logins.endDevice(device)
    rooms.presence.drop(device)
  }
}
