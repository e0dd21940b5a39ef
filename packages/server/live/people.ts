// Whom the broadcaster approved and kicked, as far as the server has to know: it lets in and keeps out by it.

import type { UserAddress } from '@doorpost/protocol/address'
import { Refusal } from '@doorpost/protocol/errors'
import { APPROVED_MAX } from '@doorpost/protocol/live/limits'

export interface People {
  /** Throws Refusal `no-room`, as `kick` does. Ends a kick. */
  approve(user: UserAddress): void
  withdraw(user: UserAddress): void
  /** Holds until `lift` or `approve`. */
  kick(user: UserAddress): void
  lift(user: UserAddress): void
  isApproved(user: UserAddress): boolean
  isKicked(user: UserAddress): boolean
}

export function openPeople(): People {
  const approved = new Set<UserAddress>()
  const kicked = new Set<UserAddress>()

  function add(set: Set<UserAddress>, user: UserAddress): void {
    if (set.size >= APPROVED_MAX && !set.has(user)) {
      throw new Refusal('no-room', { detail: `At most ${APPROVED_MAX} people can be named.` })
    }
    set.add(user)
  }

  return {
    approve(user) {
      add(approved, user)
      kicked.delete(user)
    },
    withdraw: (user) => void approved.delete(user),
    kick(user) {
      add(kicked, user)
      approved.delete(user)
    },
    lift: (user) => void kicked.delete(user),
    isApproved: (user) => approved.has(user),
    isKicked: (user) => kicked.has(user),
  }
}
