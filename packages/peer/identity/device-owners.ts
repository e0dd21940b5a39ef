// Whose a device is that comes to us, and whether it may: an active device in the pinned list of somebody who is known. The server is
// asked about an unknown device now and then, never as often as whoever dials likes.

import { type DeviceAddress, isDeviceAddress, splitDevice, type UserAddress } from '@doorpost/protocol/address'
import { fromBase64url, sameBytes } from '@doorpost/protocol/bytes'
import type { Clock } from '../clock.ts'
import type { KnownPeople } from './known-people.ts'
import { activeDevice, type Person, type StoredPerson } from './person.ts'

/** The server is asked about a contact's unknown device this often at most, ms: whoever dials could otherwise make us ask. */
const ASK_AGAIN_MS = 10_000

/** A device as it says it is; `deviceKey` (Ed25519) is proved already. */
export interface Comer {
  readonly address: string
  readonly deviceKey: Uint8Array
}

export interface DeviceOwners {
  /** Whether a device may reach us directly: an approved person's, active in the newest list. Asks the server about an unknown one now and then. */
  permitDevice(caller: Comer): Promise<boolean>
  /**
   * The person whose active device this is, with that device's own key in the pinned list; contact or not. The caller knows already
   * that this user is named in a message: the server is asked about an unknown device now and then. Undefined where it is not
   * theirs, or where nothing of theirs can be believed now.
   */
  ownerOf(caller: Comer): Promise<Person | undefined>
  /** The Ed25519 key of an active device, from what is remembered. */
  deviceKeyOf(address: DeviceAddress): Promise<Uint8Array | undefined>
}

export function createDeviceOwners(options: {
  readonly known: KnownPeople
  readonly clock: Clock
  /** Asks the server for the newest list. Throws what the line throws. */
  readonly lookUp: (user: UserAddress) => Promise<unknown>
  readonly onTrouble: (error: unknown) => void
}): DeviceOwners {
  const { known, clock } = options
  const askedAtMs = new Map<UserAddress, number>()

  function keyIn(stored: StoredPerson | undefined, device: string): Uint8Array | undefined {
    if (!stored || known.resolved(stored).kind !== 'known') return undefined
    const key = activeDevice(known.openedOf(stored), device)?.key
    return key === undefined ? undefined : fromBase64url(key)
  }

  async function ownerOf({ address, deviceKey }: Comer): Promise<Person | undefined> {
    if (!isDeviceAddress(address)) return undefined
    const { user, device } = splitDevice(address)
    const ownedBy = (stored: StoredPerson | undefined) => {
      const key = keyIn(stored, device)
      return stored && key && sameBytes(key, deviceKey) ? known.personOf(stored) : undefined
    }
    const remembered = ownedBy(await known.recall(user))
    if (remembered) return remembered
    if (clock.nowMs() - (askedAtMs.get(user) ?? -ASK_AGAIN_MS) < ASK_AGAIN_MS) return undefined
    askedAtMs.set(user, clock.nowMs())
    try {
      await options.lookUp(user)
    } catch (error) {
      options.onTrouble(error)
      return undefined
    }
    return ownedBy(await known.recall(user))
  }

  return {
    ownerOf,
    async permitDevice(caller) {
      if (!isDeviceAddress(caller.address)) return false
      const stored = await known.recall(splitDevice(caller.address).user)
      if (stored?.approvedAt === undefined || stored.blocked !== undefined) return false
      const after = await ownerOf(caller)
      return after !== undefined && after.approved && !after.blocked
    },
    async deviceKeyOf(address) {
      const { user, device } = splitDevice(address)
      return keyIn(await known.recall(user), device)
    },
  }
}
