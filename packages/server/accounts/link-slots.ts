// Slots for linking a device (protocol/link.ts): named by a hash of a code this server never sees, ten minutes, one word of
// each side. In memory: a server that starts anew forgets them, and people make another code.

import type { UserAddress } from '@doorpost/protocol/address'
import type { LinkPart } from '@doorpost/protocol/link'
import { LINK_LIFE_MS } from '@doorpost/protocol/link'
import type { Clock } from '../listen/clock.ts'

/** Slots of one user at once: a code that was mistyped and a few more. The oldest goes. */
const SLOTS_PER_USER_MAX = 4
/** Slots at once: 1,000 people linking within ten minutes; with full answers 1 GB, as they are 8 MB. */
const SLOTS_MAX = 1_000

export interface Slot {
  readonly user: UserAddress
  readonly offer: LinkPart
  readonly expiresAtMs: number
  request?: LinkPart
  answer?: LinkPart
}

export interface LinkSlots {
  /** `taken`: somebody else's slot has that name. `full`: too many are open. The same user's is made anew. */
  open(name: string, user: UserAddress, offer: LinkPart): Slot | 'taken' | 'full'
  /** Undefined when there is none, or its time is over. */
  get(name: string): Slot | undefined
  close(name: string): void
}

export function openLinkSlots(clock: Clock): LinkSlots {
  /** In the order they were opened, which is the order they end. */
  const slots = new Map<string, Slot>()

  function forget(): void {
    const nowMs = clock.wallMs()
    for (const [name, { expiresAtMs }] of slots) {
      if (expiresAtMs > nowMs) break
      slots.delete(name)
    }
  }

  return {
    open(name, user, offer) {
      forget()
      const before = slots.get(name)
      if (before && before.user !== user) return 'taken'
      slots.delete(name)
      const [oldest, ...others] = [...slots].filter(([, slot]) => slot.user === user)
      if (oldest && others.length + 1 >= SLOTS_PER_USER_MAX) slots.delete(oldest[0])
      if (slots.size >= SLOTS_MAX) return 'full'
      const slot: Slot = { user, offer, expiresAtMs: clock.wallMs() + LINK_LIFE_MS }
      slots.set(name, slot)
      return slot
    },
    get(name) {
      forget()
      return slots.get(name)
    },
    close: (name) => void slots.delete(name),
  }
}
